"""Alerts on their way out, against a receiver and a mail server of our own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.bridge.alerts import Alerts
from gateway.domain.alerts import AlertChannel, AlertKind, Mailing
from gateway.domain.errors import UnavailableError
from gateway.domain.retry import RetryPolicy
from gateway.services import alerts
from gateway.services.office import Office, Policy, gateway_caller
from tests.bridge.mailbox import Mailbox, mailbox
from tests.databases import Database
from tests.journeys.offices import Clock, office_on
from tests.journeys.receiver import Receiver, receiving

RETRY = RetryPolicy(first=timedelta(seconds=10), ceiling=timedelta(seconds=30), attempts=3)
KEY = b"k" * 32
BOTH = (AlertChannel.WEBHOOK, AlertChannel.EMAIL)


@pytest.fixture
async def office(database: Database, tmp_path: Path, clock: Clock) -> AsyncIterator[Office]:
    policy = Policy(retry=RETRY, outgoing_timeout=timedelta(seconds=20), alert_channels=BOTH)
    async with office_on(database, tmp_path / "blobs", clock, policy) as office:
        yield office


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Mailbox]:
    async with mailbox(tmp_path) as box:
        yield box


def sender(office: Office, receiver: Receiver, box: Mailbox) -> Alerts:
    mailing = Mailing("127.0.0.1", box.port, "starttls", "", "", "gateway@example.org", ("ops@example.org",))
    return Alerts(office, receiver.url, KEY, mailing, trusted=box.trusted)


async def test_an_alert_goes_out_over_each_channel_once(
    office: Office, receiver: Receiver, box: Mailbox, clock: Clock
) -> None:
    out = sender(office, receiver, box)
    await alerts.raise_alert(office, AlertKind.MOVE_PAUSED, "bretagne", {"rule": "error_rate_over"})
    assert await out.send_due() == 2
    (call,), (said,) = receiver.calls, box.messages
    assert call.signed_by(KEY)
    assert json.loads(call.body)["data"]["detail"] == {"rule": "error_rate_over"}
    assert said["Subject"].endswith("A move is paused: bretagne")
    clock.pass_by(timedelta(hours=2))
    assert await out.send_due() == 0


async def test_a_channel_that_fails_is_tried_again_by_itself_until_it_is_given_up(
    office: Office, receiver: Receiver, box: Mailbox, clock: Clock
) -> None:
    out = sender(office, receiver, box)
    receiver.always = 500
    await alerts.raise_alert(office, AlertKind.MOVE_ENDED, "bretagne")
    sent = []
    for _ in range(5):
        sent.append(await out.send_due())
        clock.pass_by(RETRY.ceiling)
    assert sent == [2, 1, 1, 0, 0]
    assert len(box.messages) == 1
    assert {call.id for call in receiver.calls} == {receiver.calls[0].id}
    operator = gateway_caller(office, "test")
    (dead,) = await alerts.dead(office, operator)
    assert (dead.channel, dead.last_error) == ("webhook", "answered 500")
    receiver.always = 204
    await alerts.replay(office, operator, dead.id)
    assert await out.send_due() == 1
    assert await alerts.dead(office, operator) == []


@pytest.mark.parametrize("status", [302, 404, 503])
async def test_any_other_answer_is_a_failure(office: Office, receiver: Receiver, box: Mailbox, status: int) -> None:
    receiver.answers.append(status)
    of = alerts.unkept(office, AlertKind.TEST, "test", AlertChannel.WEBHOOK)
    assert await sender(office, receiver, box).deliver(of) == f"answered {status}"


async def test_what_is_no_longer_configured_is_a_failure(office: Office) -> None:
    out = Alerts(office, "", KEY, None)
    said = [await out.deliver(alerts.unkept(office, AlertKind.TEST, "test", channel)) for channel in BOTH]
    assert said == ["no webhook is configured any more", "no mail is configured any more"]
    nowhere = Alerts(office, "http://127.0.0.1:9/nothing", KEY, None)
    failure = await nowhere.deliver(alerts.unkept(office, AlertKind.TEST, "test", AlertChannel.WEBHOOK))
    assert failure == "failed: ClientConnectorError"


async def test_a_store_that_is_away_is_told_of_without_it(
    office: Office, receiver: Receiver, box: Mailbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: Office) -> None:
        raise UnavailableError("The store is away", timedelta(seconds=5))

    out = sender(office, receiver, box)
    monkeypatch.setattr(alerts, "claim", away)
    for _ in range(3):
        with pytest.raises(UnavailableError):
            await out.send_due()
    assert [json.loads(call.body)["type"] for call in receiver.calls] == ["store.away"]
    assert len(box.messages) == 1
    clock.pass_by(office.policy.alert_again)
    with pytest.raises(UnavailableError):
        await out.send_due()
    assert len(receiver.calls) == 2


async def test_where_nobody_listens_the_store_is_not_asked(office: Office, clock: Clock) -> None:
    silent = replace(office, policy=replace(office.policy, alert_channels=()))
    await alerts.raise_alert(office, AlertKind.MOVE_ENDED, "bretagne")
    assert await Alerts(silent, "", KEY, None).send_due() == 0
