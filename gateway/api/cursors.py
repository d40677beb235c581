"""Pages of a native list: `limit` and `cursor` in, `items` and `next` out. A cursor is opaque to its client."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

from aiohttp import web

from gateway.domain.errors import InvalidRequestError

DEFAULT: Final = 50
MOST: Final = 1000
WRONG: Final = "@query.cursor: must be the `next` of a page of this list"
"""What is said of a cursor that none of the list's pages had."""
_LONGEST: Final = 2048


def limit(request: web.Request) -> int:
    """How many objects a page has at most: `limit` of the query, DEFAULT when it is not given."""
    text = request.query.get("limit", str(DEFAULT))
    if re.fullmatch("[0-9]{1,9}", text) is None or not 1 <= int(text) <= MOST:
        raise InvalidRequestError(f"@query.limit: must be a whole number from 1 to {MOST}")
    return int(text)


def position(request: web.Request) -> str:
    """Behind what the page begins, as `page` had it; empty for the first page."""
    found = decoded(request.query.get("cursor", ""))
    if found is None:
        raise InvalidRequestError(WRONG)
    return found


def decoded(cursor: str) -> str | None:
    """The position that a cursor stands for, or None when it is no cursor."""
    try:
        if len(cursor) > _LONGEST:
            return None
        found = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return None if "\0" in found else found


def cursor(position: str) -> str:
    """The cursor of the page behind a position."""
    return base64.urlsafe_b64encode(position.encode()).decode()


def page(items: list[dict[str, Any]], most: int, key: str) -> dict[str, Any]:
    """The page of `items`, of which one more than `most` was looked for; `key` is the field that orders them."""
    shown = items[:most]
    following = cursor(str(shown[-1][key])) if len(items) > most else None
    return {"items": shown, "next": following}
