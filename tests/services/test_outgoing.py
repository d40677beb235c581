"""Outgoing calls: claimed once, signed, tried again, given up, replayed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.domain.alerts import AlertChannel
from gateway.domain.errors import ConflictError
from gateway.domain.outgoing import OutgoingState
from gateway.services import outgoing
from gateway.services.office import Office, gateway_caller
from gateway.services.webhook_keys import signing_key
from tests.databases import Database
from tests.journeys.offices import Clock, deposited, office_on
from tests.journeys.world import BREST, PROCESS
from tests.services.scene import HOUR, MOMENT, NUMBER, change_subscription, deliveries_of

pytestmark = pytest.mark.usefixtures("declared")

HOOK = "https://brest.example.org/hook"


async def called(office: Office) -> outgoing.Call:
    await change_subscription(office, "brest", webhook=HOOK)
    await deposited(office, NUMBER, "brest")
    (call,) = await outgoing.claim(office)
    return call


async def lines(office: Office) -> list[str]:
    found = await office.store.read(lambda tx: tx.journal.after(0))
    return [one.entry for one in found if one.entry.startswith("outgoing.")]


async def test_a_call_is_signed_and_names_nobody(office: Office) -> None:
    call = await called(office)
    assert call.url == HOOK
    data = json.loads(call.body)["data"]
    (delivery,) = await deliveries_of(office, data["caseId"])
    assert (data["notificationId"], data["processCode"], data["subscriber"]) == (delivery.id, PROCESS, BREST)
    assert b"zoe@" not in call.body
    assert call.headers["Idempotency-Key"] == call.headers["webhook-id"] == call.outgoing.id
    signed = f"{call.outgoing.id}.{call.headers['webhook-timestamp']}.".encode() + call.body
    digest = hmac.new(signing_key(office, call.outgoing.subscription_id), signed, hashlib.sha256).digest()
    assert call.headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


async def test_a_claim_is_one_processs_until_it_ends(office: Office, database: Database, tmp_path: Path) -> None:
    clock = Clock()
    async with office_on(database, tmp_path / "blobs", clock) as other:
        slow = await called(office)
        assert await outgoing.claim(other) == []
        clock.pass_by(office.policy.outgoing_timeout * 3)
        (again,) = await outgoing.claim(other)
        assert again.outgoing.id == slow.outgoing.id
        await outgoing.settle(office, slow, None)  # too late: the other's claim decides
        assert await lines(office) == []
        await outgoing.settle(other, again, None)
        assert await lines(office) == ["outgoing.sent"]


async def test_a_failure_is_tried_again_later_and_later_and_then_given_up(office: Office, clock: Clock) -> None:
    call = await called(office)
    attempts = 1
    while True:
        await outgoing.settle(office, call, "503")
        if await outgoing.dead(office):
            break
        assert await outgoing.claim(office) == []
        clock.pass_by(HOUR)
        (call,) = await outgoing.claim(office)
        attempts += 1
    assert attempts == office.policy.retry.attempts
    (dead,) = await outgoing.dead(office)
    assert (dead.id, dead.state, dead.last_error) == (call.outgoing.id, OutgoingState.DEAD, "503")
    clock.pass_by(HOUR)
    assert await outgoing.claim(office) == []
    await outgoing.replay(office, gateway_caller(office, "replay"), dead.id)
    clock.pass_by(MOMENT)
    (again,) = await outgoing.claim(office)
    await outgoing.settle(office, again, None)
    assert await lines(office) == ["outgoing.dead", "outgoing.replayed", "outgoing.sent"]


async def test_only_a_dead_call_is_replayed(office: Office) -> None:
    call = await called(office)
    with pytest.raises(ConflictError, match="no dead call"):
        await outgoing.replay(office, gateway_caller(office, "replay"), call.outgoing.id)


async def test_without_an_address_there_is_no_second_attempt(office: Office) -> None:
    await change_subscription(office, "brest", webhook=HOOK)
    await deposited(office, NUMBER, "brest")
    await change_subscription(office, "brest", webhook=None)
    (call,) = await outgoing.claim(office)
    assert call.url is None
    await outgoing.settle(office, call, "no webhook")
    assert len(await outgoing.dead(office)) == 1


async def test_calls_of_a_subscription_that_are_given_up_are_told_of_once(office: Office) -> None:
    told = replace(office, policy=replace(office.policy, alert_channels=(AlertChannel.WEBHOOK,)))
    for number in ("A-1", "A-2"):
        await deposited(told, number, "brest")
    await change_subscription(told, "brest", webhook=HOOK)
    for number in ("A-3", "A-4"):
        await deposited(told, number, "brest")
    await change_subscription(told, "brest", webhook=None)
    for call in await outgoing.claim(told):
        await outgoing.settle(told, call, "no webhook any more")
    assert len(await outgoing.dead(told)) == 2
    (alert,) = await told.store.read(lambda tx: tx.alerts.in_state(OutgoingState.PENDING, 10))
    assert (alert.kind, json.loads(alert.payload)["data"]["text"]) == (
        "outgoing.dead",
        f"webhook to {BREST} for {PROCESS}",
    )
