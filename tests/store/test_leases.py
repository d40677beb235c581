"""Leases: one holder at a time, and a number that only ever grows when they change hands."""

from __future__ import annotations

import asyncio

from gateway.domain.outgoing import Lease
from tests.databases import AnyStore, Database, opened
from tests.store.rows import NOW, SECOND


async def taken(store: AnyStore, holder: str, seconds: int = 0, name: str = "expiry") -> Lease | None:
    now = NOW + seconds * SECOND
    return await store.write(lambda tx: tx.leases.take(name, holder, now, now + 10 * SECOND))


async def released(store: AnyStore, holder: str) -> bool:
    return await store.write(lambda tx: tx.leases.release("expiry", holder))


async def test_another_holder_waits_for_the_end(store: AnyStore) -> None:
    assert await taken(store, "one") == Lease("expiry", "one", 1, NOW + 10 * SECOND)
    assert await taken(store, "two", 9) is None
    assert await taken(store, "two", 9, name="outbox") == Lease("outbox", "two", 1, NOW + 19 * SECOND)
    assert await taken(store, "two", 10) == Lease("expiry", "two", 2, NOW + 20 * SECOND)
    assert await taken(store, "one", 11) is None


async def test_prolonging_keeps_the_number(store: AnyStore) -> None:
    await taken(store, "one")
    assert await taken(store, "one", 5) == Lease("expiry", "one", 1, NOW + 15 * SECOND)
    assert await taken(store, "two", 14) is None


async def test_one_that_ran_out_comes_back_under_a_higher_number(store: AnyStore) -> None:
    """Its holder may have missed that the lease was over: what it began under the old number is stale."""
    await taken(store, "one")
    again = await taken(store, "one", 10)
    assert again is not None
    assert again.fence == 2


async def test_releasing_lets_the_next_one_in_under_a_higher_number(store: AnyStore) -> None:
    await taken(store, "one")
    assert not await released(store, "two")
    assert await released(store, "one")
    assert not await released(store, "one")
    lease = await taken(store, "two", 1)
    assert lease is not None
    assert lease.fence == 2
    assert not await released(store, "one")
    assert await taken(store, "one", 2) is None


async def test_of_many_at_once_on_two_nodes_one_gets_it(store: AnyStore, database: Database) -> None:
    async with opened(database) as other:
        found = await asyncio.gather(
            *(taken(node, f"holder {number}") for number, node in enumerate([store, other] * 6))
        )
    assert len([lease for lease in found if lease is not None]) == 1
