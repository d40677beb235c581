"""Switching one subscription to another door, for operators."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from aiohttp import web
from pydantic import Field

from gateway.api import bodies, parameters, rendering
from gateway.api.bodies import Body
from gateway.api.context import office_of
from gateway.api.reading import read_json
from gateway.api.repetition import REPLAYED, once
from gateway.domain.identity import Caller, Mode, Transport
from gateway.domain.switches import InFlight, Switch, Switched
from gateway.services import switching
from gateway.services.once import Replay

_TEN_YEARS = 315_360_000


class _Switch(Body):
    access_mode: Mode
    transport: Transport = Transport.PULL
    in_flight: InFlight = InFlight.CARRY
    drain_for: Annotated[int, Field(ge=1, le=_TEN_YEARS)] | None = None
    epoch: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


async def switch(request: web.Request, caller: Caller) -> web.StreamResponse:
    """POST /subscriptions/{subscriptionId}/switch: 200 with what was switched and what was open.

    `drainFor` in seconds. `epoch`: the one that the client saw; 409 when the subscription was switched since.
    """
    (identifier,) = parameters.path_ids(request, "subscriptionId")
    raw = await read_json(request)
    body = bodies.parse(_Switch, raw)
    drain = None if body.drain_for is None else timedelta(seconds=body.drain_for)
    wanted = Switch(body.access_mode, body.transport, body.in_flight, drain, body.epoch)
    done = await switching.switch_once(office_of(request), caller, identifier, wanted, once(request, raw, _render))
    if isinstance(done, Replay):
        return rendering.json_response(done.text, headers=REPLAYED)
    return rendering.json_response(_render(done))


def _render(done: Switched) -> str:
    opened = done.open
    body: rendering.Json = {
        "subscriptionId": done.subscription_id,
        "subscriber": rendering.organization(done.organization),
        "processCode": done.process,
        "from": {"accessMode": done.before[0], "transport": done.before[1]},
        "to": {"accessMode": done.after[0], "transport": done.after[1]},
        "epoch": done.epoch,
        "open": {"ready": opened.ready, "fetched": opened.fetched, "pinned": opened.pinned},
        "pinnedUntil": rendering.date_time(done.pinned_until),
    }
    return rendering.json_text(body)
