"""The outbox: a call is claimed by one node at a time and settled under the number of its claim."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from gateway.domain.outgoing import Outgoing, OutgoingState
from gateway.store.transaction import Transaction
from tests.databases import AnyStore, Database, opened
from tests.store.rows import HOUR, NOW, SECOND, outgoing

PENDING, SENT, DEAD = OutgoingState.PENDING, OutgoingState.SENT, OutgoingState.DEAD


async def added(store: AnyStore, *calls: Outgoing) -> None:
    def add(tx: Transaction) -> None:
        for call in calls:
            tx.outbox.add(call)

    await store.write(add)


async def claimed(store: AnyStore, most: int = 10, seconds: int = 0) -> list[Outgoing]:
    now = NOW + seconds * SECOND
    return await store.write(lambda tx: tx.outbox.claim(now, now + 30 * SECOND, most))


async def settled(
    store: AnyStore, call: Outgoing, state: OutgoingState, again: int | None = None, error: str | None = None
) -> bool:
    again_at = None if again is None else NOW + again * SECOND
    return await store.write(lambda tx: tx.outbox.settle(call, state, NOW, again_at=again_at, error=error))


async def test_a_claim_takes_what_is_due_the_longest_first(seeded: AnyStore) -> None:
    due, overdue, later = outgoing(), outgoing(next_at=NOW - HOUR, payload='{"é":1}'), outgoing(next_at=NOW + SECOND)
    await added(seeded, due, overdue, later)
    until = NOW + 30 * SECOND
    assert await claimed(seeded, most=1) == [replace(overdue, attempts=1, fence=1, next_at=until)]
    assert [call.id for call in await claimed(seeded)] == [due.id]
    assert await claimed(seeded) == []


async def test_a_claim_that_ran_out_is_claimed_again_and_settles_nothing(seeded: AnyStore) -> None:
    await added(seeded, outgoing())
    (lost,) = await claimed(seeded)
    assert await claimed(seeded, seconds=29) == []
    (second,) = await claimed(seeded, seconds=30)
    assert (second.fence, second.attempts) == (2, 2)
    assert not await settled(seeded, lost, SENT)
    assert await settled(seeded, second, SENT)
    assert not await settled(seeded, second, DEAD)
    assert await claimed(seeded, seconds=9999) == []


async def test_a_failure_waits_for_its_next_attempt(seeded: AnyStore) -> None:
    await added(seeded, outgoing())
    (call,) = await claimed(seeded)
    assert await settled(seeded, call, PENDING, again=60, error="HTTP 503")
    assert await claimed(seeded, seconds=59) == []
    (again,) = await claimed(seeded, seconds=60)
    assert (again.attempts, again.last_error) == (2, "HTTP 503")


async def test_a_dead_one_stays_until_it_is_replayed_with_all_its_attempts(seeded: AnyStore) -> None:
    call, younger = outgoing(), outgoing(created_at=NOW + HOUR)
    await added(seeded, younger, call)
    for each in await claimed(seeded):
        assert await settled(seeded, each, DEAD, error="gone")
    dead = await seeded.read(lambda tx: tx.outbox.in_state(DEAD, 10))
    assert [each.id for each in dead] == [call.id, younger.id]
    assert len(await seeded.read(lambda tx: tx.outbox.in_state(DEAD, 1))) == 1
    assert await claimed(seeded, seconds=9999) == []
    assert await seeded.write(lambda tx: tx.outbox.replay(call.id, NOW))
    assert not await seeded.write(lambda tx: tx.outbox.replay(call.id, NOW))
    (again,) = await claimed(seeded)
    assert (again.id, again.attempts, again.fence, again.last_error) == (call.id, 1, 2, "gone")
    assert [each.id for each in await seeded.read(lambda tx: tx.outbox.in_state(PENDING, 10))] == [call.id]


async def test_one_that_is_sent_is_not_replayed(seeded: AnyStore) -> None:
    call = outgoing()
    await added(seeded, call)
    assert not await seeded.write(lambda tx: tx.outbox.replay(call.id, NOW))
    (taken,) = await claimed(seeded)
    await settled(seeded, taken, SENT)
    assert not await seeded.write(lambda tx: tx.outbox.replay(call.id, NOW))


async def test_two_nodes_never_claim_one_call_together(seeded: AnyStore, database: Database) -> None:
    calls = [outgoing() for _ in range(40)]
    await added(seeded, *calls)
    async with opened(database) as other:
        batches = await asyncio.gather(*(claimed(node, most=7) for node in [seeded, other] * 10))
    given = [call.id for batch in batches for call in batch]
    assert len(given) == len(set(given))
    rest = await claimed(seeded, most=100)
    assert {*given, *(call.id for call in rest)} == {call.id for call in calls}
