"""A subscriber's own webhook: its address, its secrets, its calls."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller
from gateway.domain.ids import new_id
from gateway.domain.outgoing import OutgoingState
from gateway.services import outgoing, webhooks
from gateway.services.office import Office
from gateway.services.webhook_keys import signing_key, webhook_key
from gateway.services.webhooks import Webhook
from tests.journeys.offices import Clock, api_client, depositor
from tests.journeys.world import BREST, OTHER_PROCESS, subscription_id
from tests.services.scene import ADMIN, MOMENT

pytestmark = pytest.mark.usefixtures("declared")

HOOK = "https://brest.example.org/hook"
OWN = subscription_id(BREST)
BREST_CLIENT = api_client("brest")


async def entries(office: Office) -> list[str]:
    return [line.entry for line in await office.store.read(lambda tx: tx.journal.after(0)) if line.subscription_id]


def signed(call: outgoing.Call, key: bytes) -> str:
    text = f"{call.outgoing.id}.{call.headers['webhook-timestamp']}.".encode() + call.body
    return "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


async def test_a_webhook_is_set_read_and_dropped(office: Office) -> None:
    with pytest.raises(NotFoundError):
        await webhooks.read(office, BREST_CLIENT, OWN)
    made = await webhooks.point(office, BREST_CLIENT, OWN, HOOK)
    assert (made.url, made.secret) == (HOOK, webhook_key(office, OWN))
    assert "whsec_" not in repr(made)
    assert await webhooks.read(office, ADMIN, OWN) == replace(made, secret=None)
    assert await webhooks.point(office, BREST_CLIENT, OWN, HOOK) == made
    await webhooks.drop(office, BREST_CLIENT, OWN)
    with pytest.raises(NotFoundError):
        await webhooks.drop(office, BREST_CLIENT, OWN)
    assert await entries(office) == ["subscription.changed", "subscription.changed"]


@pytest.mark.parametrize(
    "url",
    [
        "http://brest.example.org/",
        "https://user:word@brest.example.org/",
        "https://@brest.example.org/",
        "https:///x",
        "https://a b.example.org/",
        "ftp://localhost/",
        "https://brest.example.org/\n",
        "https://brest.example.org/" + "x" * 2000,
    ],
)
async def test_an_address_must_be_usable(office: Office, url: str) -> None:
    with pytest.raises(InvalidRequestError):
        await webhooks.point(office, BREST_CLIENT, OWN, url)


async def test_two_secrets_sign_for_a_day_after_a_rotation(office: Office, clock: Clock) -> None:
    first = await webhooks.point(office, BREST_CLIENT, OWN, HOOK)
    second = await webhooks.rotate(office, BREST_CLIENT, OWN)
    assert isinstance(second, Webhook)
    assert second.generation == 2
    assert second.secret not in (None, first.secret)
    assert second.previous_until == clock.now + webhooks.OVERLAP
    await webhooks.send_test(office, BREST_CLIENT, OWN)
    (call,) = await outgoing.claim(office)
    new, old = signing_key(office, OWN, 2), signing_key(office, OWN)
    assert call.headers["webhook-signature"].split(" ") == [signed(call, new), signed(call, old)]
    clock.pass_by(webhooks.OVERLAP)
    assert (await webhooks.read(office, BREST_CLIENT, OWN)).previous_until is None
    (call,) = await outgoing.claim(office)
    assert call.headers["webhook-signature"] == signed(call, new)
    third = await webhooks.rotate(office, BREST_CLIENT, OWN)
    assert isinstance(third, Webhook)
    assert third.generation == 3
    assert "webhook.rotated" in await entries(office)


async def test_a_test_call_says_what_it_is_and_names_nobody(office: Office) -> None:
    await webhooks.point(office, BREST_CLIENT, OWN, HOOK)
    identifier = await webhooks.send_test(office, BREST_CLIENT, OWN)
    assert isinstance(identifier, str)
    (call,) = await outgoing.claim(office)
    assert (call.outgoing.id, call.url) == (identifier, HOOK)
    said = json.loads(call.body)
    assert said["type"] == "webhook.test"
    assert said["data"] == {"subscriptionId": OWN, "processCode": "EtatCivil", "subscriber": BREST}
    assert call.headers["webhook-signature"] == signed(call, signing_key(office, OWN))
    assert "webhook.tested" in await entries(office)


async def test_a_dead_call_is_seen_and_made_again_by_its_subscriber(office: Office, clock: Clock) -> None:
    await webhooks.point(office, BREST_CLIENT, OWN, HOOK)
    identifier = await webhooks.send_test(office, BREST_CLIENT, OWN)
    assert isinstance(identifier, str)
    with pytest.raises(ConflictError) as raised:
        await webhooks.replay(office, BREST_CLIENT, OWN, identifier)
    assert raised.value.state == {"state": "PENDING"}
    while call := next(iter(await outgoing.claim(office)), None):
        await outgoing.settle(office, call, "answered 500")
        clock.pass_by(timedelta(hours=2))
    (dead,) = await webhooks.calls(office, BREST_CLIENT, OWN, OutgoingState.DEAD, "", 5)
    assert (dead.id, dead.last_error) == (identifier, "answered 500")
    assert await webhooks.calls(office, BREST_CLIENT, OWN, None, dead.id, 5) == []
    await webhooks.replay(office, BREST_CLIENT, OWN, identifier)
    clock.pass_by(MOMENT)
    assert [call.outgoing.id for call in await outgoing.claim(office)] == [identifier]
    with pytest.raises(NotFoundError):
        await webhooks.replay(office, BREST_CLIENT, OWN, new_id())
    with pytest.raises(NotFoundError):
        await webhooks.replay(office, ADMIN, subscription_id(BREST, OTHER_PROCESS), identifier)


VERBS: list[Callable[[Office, Caller, str], Awaitable[Any]]] = [
    webhooks.read,
    webhooks.drop,
    webhooks.rotate,
    webhooks.send_test,
    lambda office, caller, one: webhooks.point(office, caller, one, HOOK),
    lambda office, caller, one: webhooks.calls(office, caller, one, None, "", 5),
    lambda office, caller, one: webhooks.replay(office, caller, one, new_id()),
]


@pytest.mark.parametrize("verb", VERBS)
async def test_a_webhook_is_its_subscribers_alone(
    office: Office, verb: Callable[[Office, Caller, str], Awaitable[Any]]
) -> None:
    await webhooks.point(office, BREST_CLIENT, OWN, HOOK)
    for caller in (api_client("rennes"), depositor(), replace(BREST_CLIENT, process=OTHER_PROCESS)):
        with pytest.raises(ForbiddenError):
            await verb(office, caller, OWN)
    with pytest.raises(NotFoundError):
        await verb(office, BREST_CLIENT, new_id())
