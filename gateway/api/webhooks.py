"""The webhook of a subscription, for its subscriber and for operators."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from gateway.api import cursors, faults, parameters, reading, rendering
from gateway.api.context import office_of
from gateway.api.repetition import REPLAYED, accepted, once
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller
from gateway.domain.outgoing import Outgoing, OutgoingState
from gateway.services import webhooks
from gateway.services.once import Replay
from gateway.services.webhook_keys import LONGEST_ADDRESS
from gateway.services.webhooks import Webhook


class _Target(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    url: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_ADDRESS)]


async def read(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET …/webhook: where it goes; 404 when there is none."""
    return _json(_webhook(await webhooks.read(office_of(request), caller, _subscription(request))))


async def put(request: web.Request, caller: Caller) -> web.StreamResponse:
    """PUT …/webhook: sets `url`, and tells the secret that signs its calls."""
    subscription = _subscription(request)
    try:
        wanted = _Target.model_validate_json(await reading.read_json(request))
    except ValidationError as error:
        raise InvalidRequestError(*faults.sentences(error.errors(include_url=False))) from None
    return _json(_webhook(await webhooks.point(office_of(request), caller, subscription, wanted.url)))


async def delete(request: web.Request, caller: Caller) -> web.StreamResponse:
    """DELETE …/webhook: no further call is made."""
    await webhooks.drop(office_of(request), caller, _subscription(request))
    return rendering.no_content()


async def test(request: web.Request, caller: Caller) -> web.StreamResponse:
    """POST …/webhook/test: 202 with the id of a signed call that is under way."""
    answer = await webhooks.send_test(office_of(request), caller, _subscription(request), once(request, b"", _queued))
    return accepted(answer, _queued)


async def rotate(request: web.Request, caller: Caller) -> web.StreamResponse:
    """POST …/webhook/secret: a new secret; for 24 hours calls carry a signature by the old one too.

    Repeated under its key it tells the webhook without the secret, of which no copy is kept: PUT tells it again.
    """
    answer = await webhooks.rotate(office_of(request), caller, _subscription(request), once(request, b"", _unsecret))
    if isinstance(answer, Replay):
        return rendering.json_response(answer.text, headers=REPLAYED)
    return _json(_webhook(answer))


async def calls(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET …/webhook/calls: a page of calls, oldest first, of one `state` or all."""
    subscription, most = _subscription(request), cursors.limit(request)
    state, after = _state(request), cursors.position(request)
    found = await webhooks.calls(office_of(request), caller, subscription, state, after, most + 1)
    return _json(cursors.page([_call(one) for one in found], most, "id"))


async def replay(request: web.Request, caller: Caller) -> web.StreamResponse:
    """POST …/webhook/calls/{callId}/replay: 202; 409 with its state when the call is not dead."""
    subscription, call = parameters.path_ids(request, "subscriptionId", "callId")

    def again(_done: None) -> str:
        return rendering.json_text({"id": call, "state": OutgoingState.PENDING.lower()})

    answer = await webhooks.replay(office_of(request), caller, subscription, call, once(request, b"", again))
    return accepted(answer, again)


def _subscription(request: web.Request) -> str:
    (found,) = parameters.path_ids(request, "subscriptionId")
    return found


def _state(request: web.Request) -> OutgoingState | None:
    text = request.query.get("state")
    if text is None:
        return None
    if text.upper() not in OutgoingState.__members__:
        raise InvalidRequestError("@query.state: must be one of pending, sent, dead")
    return OutgoingState(text.upper())


def _queued(call_id: str) -> str:
    return rendering.json_text({"id": call_id})


def _unsecret(found: Webhook) -> str:
    return rendering.json_text(_webhook(replace(found, secret=None)))


def _webhook(found: Webhook) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "url": found.url,
        "generation": found.generation,
        "previousSecretUntil": rendering.date_time(found.previous_until),
    }
    return shown if found.secret is None else {**shown, "secret": found.secret}


def _call(found: Outgoing) -> dict[str, Any]:
    return {
        "id": found.id,
        "kind": found.kind,
        "state": found.state.lower(),
        "attempts": found.attempts,
        "createDateTime": rendering.date_time(found.created_at),
        "nextAttemptDateTime": rendering.date_time(found.next_at),
        "lastError": found.last_error,
    }


def _json(body: dict[str, Any], status: int = 200) -> web.Response:
    return rendering.json_response(rendering.json_text(body), status)
