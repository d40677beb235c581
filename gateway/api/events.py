"""Events of a case: posted, read, acknowledged, and taken back while in progress."""

from __future__ import annotations

from aiohttp import web

from gateway.api import bodies, conditions, drafts, parameters, rendering
from gateway.api.context import office_of
from gateway.api.reading import read_json
from gateway.api.repetition import created, done, once, silent
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller
from gateway.services import events
from gateway.services.cases import EventView
from gateway.services.deposit import NewAttachment


async def create(request: web.Request, caller: Caller) -> web.StreamResponse:
    """POST /cases/{caseId}/events: 201 with the event."""
    (case_id,) = parameters.path_ids(request, "caseId")
    raw = await read_json(request)
    body, faults = bodies.understood(bodies.EventBody, raw)
    if body is None:
        faults += tuple(await events.check_event(office_of(request), caller, case_id, drafts.event(raw)))
        raise InvalidRequestError(*faults)
    new = _new_event(body)
    answer = await events.post_event(office_of(request), caller, case_id, new, once(request, raw, _render))
    return created(answer, _render)


async def read(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /cases/{caseId}/events/{eventId}."""
    case_id, event_id = parameters.path_ids(request, "caseId", "eventId")
    return conditions.answer(request, _render(await events.read_event(office_of(request), caller, case_id, event_id)))


async def update(request: web.Request, caller: Caller) -> web.StreamResponse:
    """PATCH /cases/{caseId}/events/{eventId}: `status`, SENT by its author or RECEIVED by the other side."""
    case_id, event_id = parameters.path_ids(request, "caseId", "eventId")
    expected, raw = conditions.expected(request, _render), await read_json(request)
    change = bodies.parse(bodies.EventChange, raw)
    only = once(request, raw, silent)
    office = office_of(request)
    return done(
        await events.set_event_status(office, caller, case_id, event_id, change.status, expected=expected, once=only)
    )


async def delete(request: web.Request, caller: Caller) -> web.StreamResponse:
    """DELETE /cases/{caseId}/events/{eventId}."""
    case_id, event_id = parameters.path_ids(request, "caseId", "eventId")
    await events.delete_event(office_of(request), caller, case_id, event_id)
    return rendering.no_content()


def _render(view: EventView) -> str:
    return rendering.json_text(rendering.event(view))


def _new_event(body: bodies.EventBody) -> events.NewEvent:
    return events.NewEvent(
        action=body.action_type,
        author=body.author,
        message=body.message,
        comment=body.comment,
        notification=body.notification,
        current_status=body.case_current_status,
        new_status=body.case_new_status,
        partner_attributes=body.partner_attributes,
        attachments=tuple(
            NewAttachment(one.file_name, one.type, one.size, one.mime_type) for one in body.attachments or ()
        ),
    )
