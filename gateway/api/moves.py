"""Planned moves, for operators: watched, approved, applied, paused, resumed and taken back."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import StringConstraints

from gateway.api import bodies, conditions, cursors, rendering
from gateway.api.authentication import Operation
from gateway.api.bodies import Body
from gateway.api.context import office_of
from gateway.api.reading import read_json
from gateway.api.repetition import REPLAYED, once
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller
from gateway.domain.moves import Move, Row, RowState, Wave
from gateway.domain.specs import spec_value
from gateway.services import moves
from gateway.services.move_steps import BY_HAND, Status, Step, shown
from gateway.services.once import Replay

_POSITION: Final = re.compile("[0-9]{1,9}")
_NO_DIGEST: Final = (
    '@body: is missing: {step} the plan that you have seen by its digest, {{"digest": "…"}}, '
    "as GET /moves/{{moveName}} answers it"
)


class _Plan(Body):
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Reason(Body):
    reason: bodies.Line255 = BY_HAND


async def find(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /moves: a page in the order of their names; `next` is the cursor of the page behind it, or null."""
    most = cursors.limit(request)
    found = await moves.listing(office_of(request), caller, cursors.position(request), most + 1)
    page = cursors.page([_move(one) for one in found], most, "name")
    return conditions.answer(request, rendering.json_text(page))


async def read(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /moves/{moveName}: what it asks for, its waves, and how many subscriptions are in which state."""
    found = await moves.status(office_of(request), caller, _name(request))
    return conditions.answer(request, _render(found))


async def rows(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /moves/{moveName}/rows: a page of its subscriptions, in the order in which they are switched."""
    most, after, state = cursors.limit(request), _after(request), _state(request)
    found = await moves.rows(office_of(request), caller, _name(request), after, most + 1, state)
    page = cursors.page([_row(one) for one in found], most, "position")
    return conditions.answer(request, rendering.json_text(page))


def taking(step: Step) -> Operation:
    """POST /moves/{moveName}/…: the step is taken, once; 200 with the move after it."""

    async def take(request: web.Request, caller: Caller) -> web.StreamResponse:
        raw = await read_json(request) if request.body_exists else b""
        digest, reason = None, BY_HAND
        if step in (Step.APPROVE, Step.APPLY):
            if not raw:
                raise InvalidRequestError(_NO_DIGEST.format(step=step))
            digest = bodies.parse(_Plan, raw).digest
        elif step is Step.PAUSE and raw:
            reason = bodies.parse(_Reason, raw).reason
        done = await moves.take(
            office_of(request),
            caller,
            _name(request),
            step,
            digest=digest,
            reason=reason,
            expected=conditions.expected(request, _render),
            once=once(request, raw, _render),
        )
        if isinstance(done, Replay):
            return rendering.json_response(done.text, headers=REPLAYED)
        return rendering.json_response(_render(done))

    return take


def _name(request: web.Request) -> str:
    return request.match_info["moveName"]


def _after(request: web.Request) -> int:
    text = cursors.position(request)
    if text and _POSITION.fullmatch(text) is None:
        raise InvalidRequestError(cursors.WRONG)
    return int(text or 0)


def _state(request: web.Request) -> RowState | None:
    text = request.query.get("state")
    if text is not None and text not in RowState.__members__:
        raise InvalidRequestError(f"@query.state: must be one of {', '.join(RowState)}")
    return None if text is None else RowState(text)


def _render(found: Status) -> str:
    body: dict[str, Any] = {
        **_move(found.move),
        "spec": spec_value(found.move.spec),
        "rows": shown(found.totals),
        "waves": [_wave(one, found.next_at.get(one.number), found.counts.get(one.number, {})) for one in found.waves],
    }
    return rendering.json_text(body)


def _move(of: Move) -> rendering.Json:
    return {
        "name": of.name,
        "state": of.state,
        "to": of.spec.to,
        "size": of.size,
        "digest": of.plan_digest,
        "plannedBy": of.planned_by,
        "plannedAt": rendering.date_time(of.planned_at),
        "approvedBy": of.approved_by,
        "approvedAt": rendering.date_time(of.approved_at),
        "appliedBy": of.applied_by,
        "appliedAt": rendering.date_time(of.applied_at),
        "endedAt": rendering.date_time(of.ended_at),
        "reason": of.reason,
    }


def _wave(of: Wave, next_at: datetime | None, counts: dict[RowState, int]) -> rendering.Json:
    return {
        "number": of.number,
        "state": of.state,
        "size": of.size,
        "startsAt": rendering.date_time(of.starts_at),
        "startedAt": rendering.date_time(of.started_at),
        "endedAt": rendering.date_time(of.ended_at),
        "nextAt": rendering.date_time(next_at),
        "rows": shown(counts),
    }


def _row(of: Row) -> rendering.Json:
    return {
        "position": of.position,
        "subscriptionId": of.subscription_id,
        "wave": of.wave or None,
        "from": {"accessMode": of.from_mode, "transport": of.from_transport, "epoch": of.from_epoch},
        "inFlight": of.in_flight,
        "state": of.state,
        "reason": of.reason,
        "rehearsalId": of.rehearsal_id,
        "epoch": of.epoch,
        "changedAt": rendering.date_time(of.changed_at),
    }
