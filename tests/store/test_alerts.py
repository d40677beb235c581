"""Alerts: claimed by one node at a time, settled under the number of the claim, forgotten when they are settled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.domain.alerts import Alert, AlertChannel, AlertKind
from gateway.domain.ids import new_id
from gateway.domain.outgoing import OutgoingState
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store.rows import HOUR, NOW, SECOND

PENDING, SENT, DEAD = OutgoingState.PENDING, OutgoingState.SENT, OutgoingState.DEAD


def made(**changes: Any) -> Alert:
    whole = Alert(new_id(), AlertKind.DISK_FULL, AlertChannel.WEBHOOK, '{"é":1}', NOW, about="disk", next_at=NOW)
    return replace(whole, **changes)


async def added(store: AnyStore, *alerts: Alert) -> None:
    def add(tx: Transaction) -> None:
        for one in alerts:
            tx.alerts.add(one)

    await store.write(add)


async def claimed(store: AnyStore, most: int = 10, seconds: int = 0) -> list[Alert]:
    now = NOW + seconds * SECOND
    return await store.write(lambda tx: tx.alerts.claim(now, now + 30 * SECOND, most))


async def settled(store: AnyStore, alert: Alert, state: OutgoingState, again: int | None = None) -> bool:
    again_at = None if again is None else NOW + again * SECOND
    return await store.write(lambda tx: tx.alerts.settle(alert, state, NOW, again_at=again_at, error="why"))


async def test_a_claim_takes_what_is_due_the_longest_first(store: AnyStore) -> None:
    due, overdue, later = made(), made(next_at=NOW - HOUR), made(next_at=NOW + SECOND)
    await added(store, due, overdue, later)
    until = NOW + 30 * SECOND
    assert await claimed(store, most=1) == [replace(overdue, attempts=1, fence=1, next_at=until)]
    assert [one.id for one in await claimed(store)] == [due.id]
    assert await claimed(store) == []


async def test_a_claim_that_ran_out_settles_nothing(store: AnyStore) -> None:
    await added(store, made())
    (lost,) = await claimed(store)
    (second,) = await claimed(store, seconds=30)
    assert not await settled(store, lost, SENT)
    assert await settled(store, second, PENDING, again=60)
    assert await claimed(store, seconds=59) == []
    (again,) = await claimed(store, seconds=60)
    assert (again.attempts, again.last_error) == (3, "why")


async def test_a_dead_one_is_replayed_with_all_its_attempts(store: AnyStore) -> None:
    await added(store, made())
    (taken,) = await claimed(store)
    assert await settled(store, taken, DEAD)
    assert [one.id for one in await store.read(lambda tx: tx.alerts.in_state(DEAD, 10))] == [taken.id]
    assert await store.write(lambda tx: tx.alerts.replay(taken.id, NOW))
    assert not await store.write(lambda tx: tx.alerts.replay(taken.id, NOW))
    (again,) = await claimed(store)
    assert (again.id, again.attempts, again.fence) == (taken.id, 1, 2)


async def test_the_same_is_known_to_have_been_told(store: AnyStore) -> None:
    await added(store, made())

    async def told(kind: AlertKind, about: str, seconds: int) -> bool:
        return await store.read(lambda tx: tx.alerts.told_since(kind, about, NOW + seconds * SECOND))

    assert await told(AlertKind.DISK_FULL, "disk", -1)
    assert not await told(AlertKind.DISK_FULL, "disk", 0)
    assert not await told(AlertKind.DISK_FULL, "another", -1)
    assert not await told(AlertKind.TEST, "disk", -1)


async def test_what_is_settled_is_forgotten_and_what_waits_is_not(store: AnyStore) -> None:
    waiting, sent, dead, young = made(), made(), made(), made(created_at=NOW + HOUR)
    await added(store, sent, dead, young)
    for one, state in zip(await claimed(store), (SENT, DEAD, SENT), strict=True):
        assert await settled(store, one, state)
    await added(store, waiting)
    assert await store.write(lambda tx: tx.alerts.forget(NOW + SECOND)) == 2
    assert [one.id for one in await store.read(lambda tx: tx.alerts.in_state(PENDING, 10))] == [waiting.id]
    assert [one.id for one in await store.read(lambda tx: tx.alerts.in_state(SENT, 10))] == [young.id]
