"""Cases: read, and moved from status to status."""

from __future__ import annotations

from aiohttp import web

from gateway.api import bodies, conditions, parameters, rendering
from gateway.api.context import office_of
from gateway.api.reading import read_json
from gateway.api.repetition import done, once, silent
from gateway.domain.identity import Caller
from gateway.services import cases


async def read(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /cases/{caseId}; with `lite=true` without attachments and events."""
    (case_id,) = parameters.path_ids(request, "caseId")
    lite = parameters.flag(request, "lite")
    view = await cases.read_case(office_of(request), caller, case_id, lite=lite)
    return conditions.answer(request, _lite(view) if lite else _render(view))


async def update(request: web.Request, caller: Caller) -> web.StreamResponse:
    """PATCH /cases/{caseId}: `status`."""
    (case_id,) = parameters.path_ids(request, "caseId")
    expected, raw = conditions.expected(request, _render, _lite), await read_json(request)
    change = bodies.parse(bodies.CaseChange, raw)
    only = once(request, raw, silent)
    return done(
        await cases.set_status(office_of(request), caller, case_id, change.status, expected=expected, once=only)
    )


def _render(view: cases.CaseView) -> str:
    return rendering.json_text(rendering.case(view))


def _lite(view: cases.CaseView) -> str:
    return rendering.json_text(rendering.case(view, lite=True))
