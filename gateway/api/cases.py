"""Cases: read, and moved from status to status."""

from __future__ import annotations

from aiohttp import web

from gateway.api import bodies, parameters, rendering
from gateway.api.context import office_of
from gateway.api.reading import read_json
from gateway.domain.identity import Caller
from gateway.services import cases


async def read(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /cases/{caseId}; with `lite=true` without attachments and events."""
    (case_id,) = parameters.path_ids(request, "caseId")
    lite = parameters.flag(request, "lite")
    view = await cases.read_case(office_of(request), caller, case_id, lite=lite)
    return rendering.json_response(rendering.json_text(rendering.case(view, lite=lite)))


async def update(request: web.Request, caller: Caller) -> web.StreamResponse:
    """PATCH /cases/{caseId}: `status`."""
    (case_id,) = parameters.path_ids(request, "caseId")
    change = bodies.parse(bodies.CaseChange, await read_json(request))
    await cases.set_status(office_of(request), caller, case_id, change.status)
    return rendering.no_content()
