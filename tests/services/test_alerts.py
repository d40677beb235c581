"""Alerts: queued with what they tell of, told once while it lasts, tried again, given up, replayed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.alerts import Alert, AlertChannel, AlertKind
from gateway.domain.errors import ConflictError, ForbiddenError
from gateway.domain.outgoing import OutgoingState
from gateway.domain.retry import RetryPolicy
from gateway.services import alerts
from gateway.services.ports import Transaction
from tests.services.people import DEPOSITOR, HOUR, OPERATOR
from tests.services.town import Town

BOTH = (AlertChannel.WEBHOOK, AlertChannel.EMAIL)
RETRY = RetryPolicy(first=timedelta(seconds=10), ceiling=timedelta(seconds=30), attempts=2)


def listening(town: Town, *channels: AlertChannel) -> Town:
    town.office = replace(town.office, policy=replace(town.office.policy, alert_channels=channels or BOTH, retry=RETRY))
    return town


async def waiting(town: Town) -> list[Alert]:
    return await town.store.read(lambda tx: tx.alerts.in_state(OutgoingState.PENDING, 100))


async def test_each_channel_gets_its_own(town: Town) -> None:
    listening(town)
    assert await alerts.raise_alert(town.office, AlertKind.MOVE_PAUSED, "bretagne", {"rule": "error_rate_over"})
    queued = await waiting(town)
    assert sorted(one.channel for one in queued) == ["email", "webhook"]
    assert {json.loads(one.payload)["data"]["text"] for one in queued} == {"bretagne"}


async def test_nothing_is_kept_where_nobody_listens(town: Town) -> None:
    assert not await alerts.raise_alert(town.office, AlertKind.MOVE_PAUSED, "bretagne")
    assert await waiting(town) == []


async def test_an_alert_is_undone_with_what_it_tells_of(town: Town) -> None:
    listening(town)

    def verb(tx: Transaction) -> None:
        assert alerts.alert(tx, town.office, AlertKind.MOVE_ENDED, "bretagne", town.clock())
        raise ConflictError("no")

    with pytest.raises(ConflictError):
        await town.store.write(verb)
    assert await waiting(town) == []


async def test_what_lasts_is_told_again_after_a_time_only(town: Town) -> None:
    listening(town, AlertChannel.WEBHOOK)
    told = []
    for _ in range(5):
        told.append(await alerts.raise_alert(town.office, AlertKind.PUSH_FAILING, "host", about="host"))
        town.clock.pass_by(HOUR / 2)
    assert told == [True, False, True, False, True]
    assert await alerts.raise_alert(town.office, AlertKind.PUSH_FAILING, "other", about="other")
    assert [await alerts.raise_alert(town.office, AlertKind.MOVE_PAUSED, "x") for _ in range(2)] == [True, True]


async def test_a_failure_is_tried_again_then_given_up_then_replayed(town: Town) -> None:
    listening(town, AlertChannel.EMAIL)
    await alerts.raise_alert(town.office, AlertKind.MOVE_PAUSED, "bretagne")
    (first,) = await alerts.claim(town.office)
    await alerts.settle(town.office, first, "timed out")
    assert await alerts.claim(town.office) == []
    town.clock.pass_by(RETRY.first)
    (second,) = await alerts.claim(town.office)
    await alerts.settle(town.office, second, "timed out")
    town.clock.pass_by(HOUR)
    assert await alerts.claim(town.office) == []
    (dead,) = await alerts.dead(town.office, OPERATOR)
    assert (dead.id, dead.last_error) == (first.id, "timed out")
    await alerts.replay(town.office, OPERATOR, dead.id)
    (third,) = await alerts.claim(town.office)
    await alerts.settle(town.office, third, None)
    assert await waiting(town) == []
    with pytest.raises(ConflictError):
        await alerts.replay(town.office, OPERATOR, dead.id)


async def test_dead_ones_are_for_operators(town: Town) -> None:
    with pytest.raises(ForbiddenError):
        await alerts.dead(town.office, DEPOSITOR)
    with pytest.raises(ForbiddenError):
        await alerts.replay(town.office, DEPOSITOR, "x")


def test_the_signature_is_the_one_of_the_specification(town: Town) -> None:
    key = alerts.signing_key(town.office, "whsec_" + base64.b64encode(b"k" * 32).decode())
    assert key == b"k" * 32
    alert = alerts.unkept(town.office, AlertKind.TEST, "test", AlertChannel.WEBHOOK)
    said = alerts.headers(key, alert, town.clock())
    signed = f"{alert.id}.{said['webhook-timestamp']}.{alert.payload}".encode()
    assert said["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert said["webhook-id"] == said["Idempotency-Key"] == alert.id


def test_without_a_secret_of_its_own_the_key_is_derived(town: Town) -> None:
    assert alerts.signing_key(town.office) == town.office.secrets.derive("alerts")
    with pytest.raises(ValueError):
        alerts.signing_key(town.office, "whsec_not base64")
