"""The dual run of a subscription, for operators."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import Field

from gateway.api import bodies, parameters, rendering
from gateway.api.context import office_of
from gateway.api.reading import read_json
from gateway.api.repetition import created, once
from gateway.domain.identity import Caller, Mode
from gateway.domain.rehearsals import Comparison, Likeness, Rehearsal
from gateway.services import rehearsals

_LONGEST: Final = int(rehearsals.LONGEST.total_seconds()) // 3600


class RehearsalBody(bodies.Body):
    """Which door rehearses, and for how many hours."""

    mode: Mode
    hours: Annotated[int, Field(ge=1, le=_LONGEST)]


async def start(request: web.Request, caller: Caller) -> web.StreamResponse:
    """POST …/rehearsal: 201 with the dual run that has begun; 409 while another, or a drain, is under way."""
    raw = await read_json(request)
    body = bodies.parse(RehearsalBody, raw)
    lasting, subscription = timedelta(hours=body.hours), _subscription(request)
    key = once(request, raw, _text)
    return created(await rehearsals.start(office_of(request), caller, subscription, body.mode, lasting, key), _text)


async def read(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET …/rehearsal: the one that began last, compared so far or in the end; 404 when there never was one."""
    return _answer(await rehearsals.latest(office_of(request), caller, _subscription(request)))


async def end(request: web.Request, caller: Caller) -> web.StreamResponse:
    """DELETE …/rehearsal: 200 with the result; 404 when none is under way."""
    return _answer(await rehearsals.end(office_of(request), caller, _subscription(request)))


def _subscription(request: web.Request) -> str:
    (identifier,) = parameters.path_ids(request, "subscriptionId")
    return identifier


def _answer(found: Comparison) -> web.StreamResponse:
    differing = [
        {
            "id": one.delivery_id,
            "caseId": one.case_id,
            "archive": one.archive,
            "outcome": one.likeness,
            "differences": list(one.differences),
        }
        for one in found.rows
        if one.likeness is not Likeness.EQUAL
    ]
    shown = _shown(found.rehearsal) | {"owner": found.owner, "totals": found.totals, "deliveries": differing}
    return rendering.json_response(rendering.json_text(shown))


def _text(begun: Rehearsal) -> str:
    return rendering.json_text(_shown(begun))


def _shown(of: Rehearsal) -> dict[str, Any]:
    return {
        "id": of.id,
        "subscriptionId": of.subscription_id,
        "mode": of.mode,
        "epoch": of.epoch,
        "startedBy": of.started_by,
        "startDateTime": rendering.date_time(of.started_at),
        "endDateTime": rendering.date_time(of.ends_at),
        "endedDateTime": rendering.date_time(of.ended_at),
    }
