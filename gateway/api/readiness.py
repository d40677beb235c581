"""Whether a subscription may be switched to another door, for operators."""

from __future__ import annotations

from aiohttp import web

from gateway.api import conditions, parameters, rendering
from gateway.api.context import office_of
from gateway.api.listing import Query
from gateway.domain.identity import Caller, Mode, Transport
from gateway.services import readiness


async def read(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /subscriptions/{subscriptionId}/readiness: every point with its reason, and whether nothing speaks against.

    `to` is the new access mode, `transport` for SFTP who moves the files (pull when it is not given).
    """
    (identifier,) = parameters.path_ids(request, "subscriptionId")
    query = Query(request, "to", "transport")
    to, transport = query.text("to", 7) or "", query.text("transport", 4) or Transport.PULL
    if to not in list(Mode):
        query.refuse("to", f"must be one of {', '.join(Mode)}")
    if transport not in list(Transport):
        query.refuse("transport", f"must be one of {', '.join(Transport)}")
    query.check()
    mode, way = Mode(to), Transport(transport)
    found = await readiness.readiness(office_of(request), caller, identifier, mode, way)
    body: rendering.Json = {
        "subscriptionId": identifier,
        "to": mode,
        "transport": way if mode is Mode.SFTP else None,
        "go": found.go,
        "points": [{"name": point.name, "go": point.ok, "reason": point.reason} for point in found.points],
    }
    return conditions.answer(request, rendering.json_text(body))
