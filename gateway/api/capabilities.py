"""Which organizations take which process now, for depositors."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from gateway.api import conditions, cursors, referential_rendering, rendering
from gateway.api.context import office_of
from gateway.api.listing import MOST, Query
from gateway.domain.identity import Caller
from gateway.domain.lists import CapabilityFilter
from gateway.services import capabilities
from gateway.services.capabilities import Position

_DEFAULT: Final = 100
_BETWEEN: Final = "\n"
_KNOWN: Final = ("processCode", "companyRegister", "branchCode", "postalCode", "cursor", "limit")


async def find(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /capabilities: `items`, and `next`, the cursor of the next page or null. 100 a page unless `limit` says."""
    query = Query(request, *_KNOWN)
    asked = CapabilityFilter(
        processes=query.codes("processCode"),
        company_register=query.text("companyRegister", 14, "[0-9]{14}"),
        branch_code=query.text("branchCode", 10),
        postal_code=query.text("postalCode", 10),
    )
    most = min(query.number("limit", _DEFAULT, 1), MOST)
    cursor = request.query.get("cursor")
    after = None if cursor is None else position(cursor)
    if cursor is not None and after is None:
        query.refuse("cursor", cursors.WRONG.partition(": ")[2])
    query.check()
    found = await capabilities.find_capabilities(office_of(request), caller, asked, after, most)
    body: rendering.Json = {
        "items": [referential_rendering.capability(one) for one in found.items],
        "next": None if found.after is None else cursor_of(found.after),
    }
    return conditions.answer(request, rendering.json_text(body))


def cursor_of(after: Position) -> str:
    """The cursor behind a position. It holds nothing that the page did not show."""
    return cursors.cursor(_BETWEEN.join(after))


def position(cursor: str) -> Position | None:
    """The position that a cursor stands for, or None when it is none of this list."""
    found = (cursors.decoded(cursor) or "").split(_BETWEEN)
    if len(found) != 2 or not all(part.isprintable() for part in found):
        return None
    return found[0], found[1]
