"""Processes: what their folders may hold and how they live."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from aiohttp import web

from gateway.api import bodies, conditions, listing, referential_rendering, rendering
from gateway.api.bodies import OrganizationBody
from gateway.api.context import office_of
from gateway.api.listing import PAGED, Query
from gateway.api.reading import read_json
from gateway.api.referential_bodies import ProcessBody, given
from gateway.api.repetition import created, once
from gateway.domain.identity import Caller
from gateway.domain.lists import PROCESS_ORDERS, ProcessFilter
from gateway.domain.referential import Process
from gateway.services import processes

_SAME: Final = (
    "code",
    "name",
    "description",
    "is_activated",
    "osl",
    "status_before_file_deletion",
    "time_before_file_deletion",
    "time_before_archiving",
    "time_before_folder_deletion",
    "message_to_transmitter",
    "message_with_status",
    "subscription_validation",
    "legal_justification",
)
_FIELDS: Final = {name: name for name in _SAME} | {
    "attachment_formats_enabled": "attachment_formats",
    "si_attachment_formats_enabled": "recipient_formats",
    "attachment_types_enabled": "attachment_types",
    "attachment_max_size_enabled": "attachment_max_size",
}
_NEVER_NULL: Final = (
    "is_activated",
    "attachment_formats_enabled",
    "si_attachment_formats_enabled",
    "attachment_types_enabled",
    "message_to_transmitter",
    "message_with_status",
    "subscription_validation",
)


async def create(request: web.Request, caller: Caller) -> web.StreamResponse:
    """POST /processes: 201 with the process."""
    raw = await read_json(request)
    body = bodies.parse(ProcessBody, raw)
    new = _changed(body, Process(body.code, body.name))
    answer = await processes.create_process(office_of(request), caller, new, once(request, raw, _render))
    return created(answer, _render)


async def find(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /processes: a page, filtered and ordered, with `Content-Range`."""
    query = Query(request, "osl", *PAGED)
    asked = ProcessFilter(osl=query.text("osl", 40))
    page = query.page(PROCESS_ORDERS)
    query.check()
    found = await processes.find_processes(office_of(request), caller, asked, page)
    text = rendering.json_text([referential_rendering.process(one) for one in found.items])
    return conditions.answer(request, text, listing.content_range("Processes", found))


async def read(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /processes/{code}."""
    found = await processes.read_process(office_of(request), caller, _code(request))
    return conditions.answer(request, _render(found))


async def update(request: web.Request, caller: Caller) -> web.StreamResponse:
    """PUT /processes/{code}: 200 with the process; what the body leaves out stays."""
    code = _code(request)
    expected = conditions.expected(request, _render)
    body = bodies.parse(ProcessBody, await read_json(request))
    found = await processes.change_process(office_of(request), caller, code, partial(_changed, body), expected)
    return rendering.json_response(_render(found))


def _render(found: Process) -> str:
    return rendering.json_text(referential_rendering.process(found))


def _code(request: web.Request) -> str:
    """The code of the path. What no process can be called is not found, as any other code that is none."""
    code = request.match_info["code"]
    return code if code.isprintable() else ""


def _changed(body: ProcessBody, known: Process) -> Process:
    changes = given(body, _FIELDS, _NEVER_NULL)
    if isinstance(body.osl, OrganizationBody):
        changes["osl"] = f"{body.osl.type}-{body.osl.company_register}-{body.osl.branch_code}"
    if body.authorized_awaiting is not None:
        changes["rules"] = replace(known.rules, awaiting=body.authorized_awaiting)
    return replace(known, **changes)
