"""Pages of a native list: `limit` and `cursor` in, `items` and `next` out. A cursor is opaque to its client."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

from aiohttp import web

from gateway.domain.errors import InvalidRequestError

DEFAULT: Final = 50
MOST: Final = 200
_LONGEST: Final = 2048


def limit(request: web.Request) -> int:
    """How many objects a page has at most: `limit` of the query, DEFAULT when it is not given."""
    text = request.query.get("limit", str(DEFAULT))
    if re.fullmatch("[0-9]{1,9}", text) is None or not 1 <= int(text) <= MOST:
        raise InvalidRequestError(f"@query.limit: must be a whole number from 1 to {MOST}")
    return int(text)


def position(request: web.Request) -> str:
    """Behind what the page begins, as `page` had it; empty for the first page."""
    text = request.query.get("cursor", "")
    try:
        if len(text) > _LONGEST:
            raise ValueError("too long")
        found = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidRequestError("@query.cursor: must be the `next` of a page of this list") from None
    if "\0" in found:
        raise InvalidRequestError("@query.cursor: must be the `next` of a page of this list")
    return found


def page(items: list[dict[str, Any]], most: int, key: str) -> dict[str, Any]:
    """The page of `items`, of which one more than `most` was looked for; `key` is the field that orders them."""
    shown = items[:most]
    following = base64.urlsafe_b64encode(str(shown[-1][key]).encode()).decode() if len(items) > most else None
    return {"items": shown, "next": following}
