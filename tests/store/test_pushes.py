"""Pushes: whose server may be tried, what is due for it, and what nobody has queued yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.domain.deliveries import DeliveryState
from gateway.domain.identity import Mode, Transport
from gateway.domain.outgoing import Outgoing, OutgoingState
from gateway.domain.pushing import Breaker, PushTarget
from gateway.domain.referential import Subscription, SubscriptionStatus
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store.rows import BREST_API, HOUR, NOW, RENNES_SFTP, SECOND, add_case, add_delivery, outgoing

TARGET = PushTarget("sftp.example.org", "hub", ("ssh-ed25519 AAAA",))
PUSHED = replace(RENNES_SFTP, transport=Transport.PUSH, push=TARGET)


def pushed(**changes: Any) -> Outgoing:
    return replace(outgoing(kind="push", subscription_id=PUSHED.id, payload=""), **changes)


async def changed(store: AnyStore, subscription: Subscription = PUSHED, *calls: Outgoing) -> None:
    def verb(tx: Transaction) -> None:
        tx.subscriptions.change(subscription, NOW)
        for call in calls:
            tx.outbox.add(call)

    await store.write(verb)


async def waiting(store: AnyStore, now: datetime = NOW) -> list[tuple[str, int]]:
    return await store.read(lambda tx: tx.pushes.waiting(now, 10))


async def begun(store: AnyStore, now: datetime = NOW) -> Outgoing:
    call = await store.write(lambda tx: tx.pushes.begin(PUSHED.id, now))
    assert call is not None
    return call


async def test_a_server_waits_while_it_may_be_tried_and_something_is_due(seeded: AnyStore) -> None:
    call = pushed(next_at=NOW + SECOND)
    await changed(seeded, PUSHED, call)
    assert await waiting(seeded) == []
    assert await waiting(seeded, NOW + SECOND) == [(PUSHED.id, 0)]
    await seeded.write(lambda tx: tx.breakers.put(PUSHED.id, Breaker(3, NOW + HOUR, "refused")))
    assert await waiting(seeded, NOW + SECOND) == []
    assert await waiting(seeded, NOW + HOUR) == [(PUSHED.id, 3)]
    for other in (
        replace(PUSHED, status=SubscriptionStatus.SUSPENDED),
        replace(PUSHED, transport=Transport.PULL),
        replace(PUSHED, push=None),
    ):
        await changed(seeded, other)
        assert await waiting(seeded, NOW + HOUR) == []


async def test_calls_of_one_kind_do_not_see_those_of_the_other(seeded: AnyStore) -> None:
    webhook = outgoing(subscription_id=PUSHED.id)
    await changed(seeded, PUSHED, webhook, pushed())
    claimed = await seeded.write(lambda tx: tx.outbox.claim(NOW, NOW + HOUR, 10))
    assert [call.id for call in claimed] == [webhook.id]
    listed = await seeded.read(lambda tx: tx.outbox.of_subscription(PUSHED.id, None, "", 10))
    assert [call.id for call in listed] == [webhook.id]
    assert (await begun(seeded)).kind == "push"


async def test_what_is_begun_again_settles_nothing_under_the_earlier_number(seeded: AnyStore) -> None:
    later, first = pushed(next_at=NOW), pushed(next_at=NOW - HOUR)
    await changed(seeded, PUSHED, later, first)
    lost = await begun(seeded)
    again = await begun(seeded)
    assert (lost.id, again.id, again.attempts, again.fence) == (first.id, first.id, 2, 2)
    await seeded.write(lambda tx: tx.pushes.drop(lost))
    sent = OutgoingState.SENT
    assert not await seeded.write(lambda tx: tx.outbox.settle(lost, sent, NOW, again_at=None, error=None))
    assert await seeded.write(lambda tx: tx.outbox.settle(again, sent, NOW, again_at=None, error=None))
    other = await begun(seeded)
    assert other.id == later.id
    await seeded.write(lambda tx: tx.pushes.drop(other))
    assert await seeded.write(lambda tx: tx.pushes.begin(PUSHED.id, NOW)) is None
    assert await seeded.read(lambda tx: tx.outbox.get(later.id)) is None


async def test_open_deliveries_that_nothing_was_queued_for_are_found(seeded: AnyStore) -> None:
    def publish(tx: Transaction) -> list[str]:
        case = add_case(tx, publication=1)
        add_delivery(tx, case, 3, state=DeliveryState.EXPIRED)
        pinned = add_delivery(tx, case, 2, pinned_mode=Mode.API, pinned_until=NOW + HOUR)
        return [add_delivery(tx, case).id, pinned.id]

    free, pinned = await seeded.write(publish)

    async def missing(now: datetime = NOW) -> list[str]:
        found = await seeded.read(lambda tx: tx.pushes.missing(now, 10))
        return sorted(identifier for identifier, _, _ in found)

    assert await missing() == []
    await changed(seeded)
    assert await missing() == [free]
    assert await missing(NOW + HOUR) == sorted([free, pinned])
    await changed(seeded, PUSHED, pushed(id=free, state=OutgoingState.DEAD, next_at=None))
    assert await missing() == []
    await changed(seeded, replace(PUSHED, access_mode=Mode.API))
    assert await missing(NOW + HOUR) == []


async def test_what_waits_for_nobody_any_more_is_forgotten(seeded: AnyStore) -> None:
    await changed(seeded, PUSHED, pushed())
    assert await seeded.write(lambda tx: tx.pushes.sweep()) == 0
    await changed(seeded, replace(PUSHED, transport=Transport.PULL), outgoing())
    assert await seeded.write(lambda tx: tx.pushes.sweep()) == 1
    assert len(await seeded.write(lambda tx: tx.outbox.claim(NOW, NOW + HOUR, 10))) == 1


async def test_operators_see_how_it_stands_and_try_again(seeded: AnyStore) -> None:
    dead = pushed(state=OutgoingState.DEAD, attempts=12, next_at=None, created_at=NOW - HOUR)
    await changed(seeded, PUSHED, dead, pushed(), outgoing())
    breaker = Breaker(2, NOW + HOUR, "the host key is another one")
    await seeded.write(lambda tx: tx.breakers.put(PUSHED.id, breaker))
    (state,) = await seeded.read(lambda tx: tx.pushes.states())
    assert (state.organization, state.process, state.host) == (PUSHED.organization, PUSHED.process, TARGET.host)
    assert (state.waiting, state.dead, state.oldest) == (1, 1, NOW - HOUR)
    assert (state.breaker, state.last_error) == (breaker, breaker.last_error)
    assert await seeded.write(lambda tx: tx.pushes.retry(PUSHED.id, NOW)) == 2
    assert {(await begun(seeded)).attempts} == {1}
    assert await seeded.write(lambda tx: tx.pushes.retry(BREST_API.id, NOW)) == 0


async def test_servers_with_a_directory_of_answers_are_looked_through(seeded: AnyStore) -> None:
    await changed(seeded)
    assert await seeded.read(lambda tx: tx.pushes.answering(NOW)) == []
    await changed(seeded, replace(PUSHED, push=replace(TARGET, answers="out")))
    assert await seeded.read(lambda tx: tx.pushes.answering(NOW)) == [PUSHED.id]
    await seeded.write(lambda tx: tx.breakers.put(PUSHED.id, Breaker(1, NOW + SECOND, "")))
    assert await seeded.read(lambda tx: tx.pushes.answering(NOW)) == []
