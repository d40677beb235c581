"""Outgoing webhooks, against a receiver of our own."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.bridge.webhooks import Webhooks
from gateway.domain.outgoing import Outgoing
from gateway.domain.retry import RetryPolicy
from gateway.services import outgoing
from gateway.services.office import Office, Policy, gateway_caller
from gateway.services.ports import Transaction
from gateway.services.webhook_keys import signing_key
from tests.databases import Database
from tests.journeys.offices import Clock, Tally, deposited, office_on
from tests.journeys.receiver import Receiver, receiving
from tests.journeys.world import BREST, PROCESS, declare, subscription_id

RETRY = RetryPolicy(first=timedelta(seconds=10), ceiling=timedelta(seconds=30), attempts=4)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def office(database: Database, tmp_path: Path, clock: Clock, receiver: Receiver) -> AsyncIterator[Office]:
    policy = Policy(retry=RETRY, outgoing_timeout=timedelta(seconds=5))
    async with office_on(database, tmp_path / "blobs", clock, policy) as office:
        await office.store.write(lambda tx: declare(tx, webhook=receiver.url))
        yield office


@pytest.fixture
async def webhooks(office: Office) -> AsyncIterator[Webhooks]:
    webhooks = Webhooks(office, private_targets=True)
    yield webhooks
    await webhooks.close()


async def change_webhook(office: Office, url: str | None) -> None:
    def verb(tx: Transaction) -> None:
        subscription = tx.subscriptions.get(subscription_id(BREST))
        assert subscription is not None
        tx.subscriptions.change(replace(subscription, webhook=url), office.clock())

    await office.store.write(verb)


async def waits(office: Office, clock: Clock) -> list[Outgoing]:
    """The calls that a claim finds once every delay has passed."""
    clock.pass_by(RETRY.ceiling)
    return [call.outgoing for call in await outgoing.claim(office)]


async def test_a_delivery_is_told_of_signed_and_without_personal_data(
    office: Office, webhooks: Webhooks, receiver: Receiver
) -> None:
    view = await deposited(office, "A-9-1", "brest")
    assert await webhooks.send_due() == 1
    (call,) = receiver.calls
    assert call.signed_by(signing_key(office, subscription_id(BREST)))
    assert call.headers["idempotency-key"] == call.id
    said = json.loads(call.body)
    assert said["type"] == "delivery.published"
    assert said["data"]["caseId"] == view.cases[0].id
    assert said["data"]["processCode"] == PROCESS
    assert b"ngstr" not in call.body
    assert b"zoe@" not in call.body


async def test_what_was_sent_is_not_sent_again(
    office: Office, webhooks: Webhooks, receiver: Receiver, clock: Clock
) -> None:
    await deposited(office, "A-9-1", "brest", "rennes")
    assert await webhooks.send_due() == 1
    assert await waits(office, clock) == []
    assert await webhooks.send_due() == 0
    assert len(receiver.calls) == 1
    assert isinstance(office.meter, Tally)
    assert office.meter.counts["outgoing_total"] == 1


@pytest.mark.parametrize("status", [302, 400, 404, 500, 503])
async def test_any_other_answer_is_tried_again_later_under_the_same_id(
    office: Office, webhooks: Webhooks, receiver: Receiver, clock: Clock, status: int
) -> None:
    receiver.answers.append(status)
    await deposited(office, "A-9-1", "brest")
    await webhooks.send_due()
    assert await webhooks.send_due() == 0
    clock.pass_by(RETRY.first)
    assert await webhooks.send_due() == 1
    assert [call.id for call in receiver.calls] == [receiver.calls[0].id] * 2
    assert await waits(office, clock) == []


async def test_delays_grow_to_a_ceiling_then_the_call_is_dead_until_replayed(
    office: Office, webhooks: Webhooks, receiver: Receiver, clock: Clock
) -> None:
    receiver.always = 500
    await deposited(office, "A-9-1", "brest")
    sent_at = []
    for _ in range(200):
        if await webhooks.send_due():
            sent_at.append(clock.now)
        clock.pass_by(timedelta(seconds=1))
    gaps = [(after - before).total_seconds() for before, after in itertools.pairwise(sent_at)]
    assert len(sent_at) == RETRY.attempts
    for gap, longest in zip(gaps, (10, 20, 30), strict=True):
        assert longest / 2 <= gap <= longest + 1
    (dead,) = await outgoing.dead(office)
    assert dead.last_error == "answered 500"
    receiver.always = 204
    await outgoing.replay(office, gateway_caller(office, "test"), dead.id)
    assert await webhooks.send_due() == 1
    assert await outgoing.dead(office) == []
    assert {call.id for call in receiver.calls} == {dead.id}


async def test_nobody_there_is_a_failure_like_any_other(office: Office, webhooks: Webhooks, clock: Clock) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        await change_webhook(office, f"http://127.0.0.1:{taken.getsockname()[1]}/hook")
        await deposited(office, "A-9-1", "brest")
        assert await webhooks.send_due() == 1
        (failed,) = await waits(office, clock)
        assert failed.last_error is not None
        assert failed.last_error.startswith("failed: ")
        assert "127.0.0.1" not in failed.last_error


async def test_a_receiver_that_does_not_answer_times_out(office: Office, receiver: Receiver, clock: Clock) -> None:
    receiver.hold = asyncio.Event()
    hasty = replace(office, policy=replace(office.policy, outgoing_timeout=timedelta(seconds=0.2)))
    webhooks = Webhooks(hasty, private_targets=True)
    await deposited(office, "A-9-1", "brest")
    assert await webhooks.send_due() == 1
    await webhooks.close()
    (failed,) = await waits(office, clock)
    assert failed.last_error == "timed out"


@pytest.mark.parametrize("url", ["not an address", "ftp://127.0.0.1/x", "http://"])
async def test_an_address_that_is_none_is_a_failure_not_a_crash(
    office: Office, webhooks: Webhooks, clock: Clock, url: str
) -> None:
    await change_webhook(office, url)
    await deposited(office, "A-9-1", "brest")
    assert await webhooks.send_due() == 1
    (failed,) = await waits(office, clock)
    assert failed.last_error is not None
    assert failed.last_error.startswith("failed: ")


async def test_a_subscription_without_webhook_any_more_is_dead_at_once(office: Office, webhooks: Webhooks) -> None:
    await deposited(office, "A-9-1", "brest")
    await change_webhook(office, None)
    assert await webhooks.send_due() == 1
    (dead,) = await outgoing.dead(office)
    assert dead.last_error == "the subscription has no webhook any more"


async def test_one_slow_receiver_does_not_hold_up_the_others(office: Office, receiver: Receiver) -> None:
    receiver.hold = asyncio.Event()
    webhooks = Webhooks(office, private_targets=True)
    for number in range(3):
        await deposited(office, f"A-9-{number}", "brest")
    sending = asyncio.create_task(webhooks.send_due())
    await receiver.came(3)
    receiver.hold.set()
    assert await sending == 3
    await webhooks.close()


async def test_two_processes_send_each_call_once(office: Office, receiver: Receiver) -> None:
    for number in range(10):
        await deposited(office, f"A-9-{number}", "brest")
    both = (Webhooks(office, private_targets=True), Webhooks(office, private_targets=True))
    sent = await asyncio.gather(*(one.send_due() for one in both))
    for one in both:
        await one.close()
    assert sum(sent) == 10
    assert len({call.id for call in receiver.calls}) == len(receiver.calls) == 10


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "127.1", "[::ffff:127.0.0.1]", "[::1]"])
async def test_an_address_of_the_inside_is_not_called_however_it_is_spelt(
    office: Office, receiver: Receiver, clock: Clock, host: str
) -> None:
    await change_webhook(office, receiver.url.replace("127.0.0.1", host))
    await deposited(office, "A-9-1", "brest")
    webhooks = Webhooks(office)
    assert await webhooks.send_due() == 1
    await webhooks.close()
    assert receiver.calls == []
    (failed,) = await waits(office, clock)
    spelt_strangely = host in ("2130706433", "127.1")
    assert failed.last_error == (
        "failed: InvalidUrlClientError" if spelt_strangely else "refused: the address is not a public one"
    )
