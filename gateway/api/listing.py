"""What a list is asked for in its query, and how a page says where it stands. Every fault of the query is listed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from gateway.domain.errors import InvalidRequestError
from gateway.domain.lists import Page, Paged

DEFAULT: Final = 25
MOST: Final = 1000
PAGED: Final = ("orderBy", "offSet", "maxResult")
"""The parameters that every list of the referential has."""
_ORDER: Final = re.compile(r"(asc|desc)\(([a-z_]+)\)")
_ORDER_LENGTH: Final = 40
_CODE_LENGTH: Final = 30
_SHOWN: Final = 60


class Query:
    """A query read field by field; `check` raises what was found wrong with all of them."""

    def __init__(self, request: web.Request, *known: str) -> None:
        """`known`: the names that the operation has; others are faults."""
        self._query = request.query
        path = "/" + request.path.split("/", 3)[-1]  # below /<base>/<version>
        self._faults = [
            f"@query.{name[:_SHOWN]}: Query parameter '{name[:_SHOWN]}' is unexpected on path \"{path}\""
            for name in dict.fromkeys(request.query)
            if name not in known
        ]

    def text(self, name: str, longest: int, pattern: str | None = None) -> str | None:
        """A string of at most `longest` printable characters, matching the pattern as a whole."""
        value = self._query.get(name)
        if value is None:
            return None
        if len(value) > longest:
            self._fault(name, f"String is too long (length: {len(value)}, maximum allowed: {longest})")
        elif not value.isprintable():
            self._fault(name, "String holds a control character")
        elif pattern is not None and re.fullmatch(pattern, value) is None:
            self._fault(name, f"String does not match the pattern {pattern}")
        return value

    def codes(self, name: str) -> tuple[str, ...]:
        """A list of process codes, repeated or comma-joined."""
        codes = [code.strip() for text in self._query.getall(name, ()) for code in text.split(",")]
        if any(len(code) > _CODE_LENGTH or not code.isprintable() for code in codes):
            self._fault(name, f"a process code has at most {_CODE_LENGTH} printable characters")
        return tuple(dict.fromkeys(code for code in codes if code))

    def number(self, name: str, default: int, least: int) -> int:
        """A whole number."""
        text = self._query.get(name)
        if text is None:
            return default
        if re.fullmatch(r"[0-9]{1,18}", text) is None or int(text) < least:
            self._fault(name, f"must be a whole number from {least} upwards")
            return default
        return int(text)

    def page(self, orders: Sequence[str]) -> Page:
        """`offSet`, `maxResult` (25 when it is not given, never more than MOST) and `orderBy`."""
        offset = self.number("offSet", 0, 0)
        most = min(self.number("maxResult", DEFAULT, 1), MOST)
        text = self.text("orderBy", _ORDER_LENGTH)
        if text is None:
            return Page(offset, most)
        found = _ORDER.fullmatch(text)
        if found is None or found[2] not in orders:
            self._fault("orderBy", f"must be asc(field) or desc(field) with a field of: {', '.join(orders)}")
            return Page(offset, most)
        return Page(offset, most, found[2], found[1] == "desc")

    def refuse(self, name: str, fault: str) -> None:
        """Notes a fault that the operation itself found."""
        self._fault(name, fault)

    def check(self) -> None:
        """Raises InvalidRequestError with every fault there is."""
        if self._faults:
            raise InvalidRequestError(*self._faults)

    def _fault(self, name: str, fault: str) -> None:
        self._faults.append(f"@query.{name}: {fault}")


def content_range(noun: str, page: Paged[Any]) -> dict[str, str]:
    """The header `Content-Range: <noun> <first>-<last>/<total>`, counted from 0; an empty page ends where it begins."""
    last = page.offset + max(len(page.items) - 1, 0)
    return {"Content-Range": f"{noun} {page.offset}-{last}/{page.total}"}
