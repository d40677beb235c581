"""Failed logins counted together by every node."""

from __future__ import annotations

import asyncio

from gateway.domain.identity import Door
from gateway.domain.penalties import Penalty, PenaltyName
from tests.databases import AnyStore, Database, opened
from tests.store.rows import HOUR, NOW

RENNES = PenaltyName(Door.SFTP, "192.0.2.1", "rennes")
BREST = PenaltyName(Door.SFTP, "192.0.2.1", "brest")


async def failed(store: AnyStore, name: PenaltyName = RENNES) -> int:
    return await store.write(lambda tx: tx.penalties.fail(name, NOW, NOW + HOUR))


async def test_failures_are_counted_by_address_and_account(store: AnyStore) -> None:
    assert [await failed(store) for _ in range(3)] == [1, 2, 3]
    assert await failed(store, BREST) == 1
    assert await store.read(lambda tx: tx.penalties.get(RENNES, NOW)) == Penalty(RENNES, 3, None)


async def test_two_nodes_count_together(store: AnyStore, database: Database) -> None:
    async with opened(database) as other:
        counted = await asyncio.gather(*(failed(one) for one in (store, other) for _ in range(10)))
    assert sorted(counted) == list(range(1, 21))


async def test_a_block_is_kept_while_failures_go_on(store: AnyStore) -> None:
    await failed(store)
    await store.write(lambda tx: tx.penalties.block(RENNES, NOW + HOUR, NOW + 2 * HOUR))
    await failed(store)
    assert await store.read(lambda tx: tx.penalties.get(RENNES, NOW)) == Penalty(RENNES, 2, NOW + HOUR)


async def test_counting_starts_anew_after_its_time(store: AnyStore) -> None:
    await failed(store)
    await store.write(lambda tx: tx.penalties.block(RENNES, NOW + HOUR / 2, NOW + HOUR))
    assert await store.read(lambda tx: tx.penalties.get(RENNES, NOW + HOUR)) is None
    assert await store.read(lambda tx: tx.penalties.after("", NOW + HOUR, 9)) == []
    assert await store.write(lambda tx: tx.penalties.fail(RENNES, NOW + HOUR, NOW + 2 * HOUR)) == 1
    found = await store.read(lambda tx: tx.penalties.get(RENNES, NOW + HOUR))
    assert found == Penalty(RENNES, 1, None)


async def test_all_of_them_are_found_page_by_page(store: AnyStore) -> None:
    for name in (RENNES, BREST):
        await failed(store, name)
    first = await store.read(lambda tx: tx.penalties.after("", NOW, 1))
    second = await store.read(lambda tx: tx.penalties.after(str(first[0].name), NOW, 9))
    assert [one.name for one in (*first, *second)] == [BREST, RENNES]


async def test_what_is_lifted_or_over_is_gone(store: AnyStore) -> None:
    await failed(store)
    await failed(store, BREST)
    assert await store.write(lambda tx: tx.penalties.lift(RENNES))
    assert not await store.write(lambda tx: tx.penalties.lift(RENNES))
    assert await store.write(lambda tx: tx.penalties.forget(NOW)) == 0
    assert await store.write(lambda tx: tx.penalties.forget(NOW + HOUR)) == 1


async def test_one_failure_less_ends_no_wait(store: AnyStore) -> None:
    for left in (1, None, None):
        if left:
            await failed(store)
            await failed(store)
        await store.write(lambda tx: tx.penalties.relent(RENNES))
        found = await store.read(lambda tx: tx.penalties.get(RENNES, NOW))
        assert found == (Penalty(RENNES, left, None) if left else None)
    await failed(store)
    await store.write(lambda tx: tx.penalties.block(RENNES, NOW + HOUR, NOW + 2 * HOUR))
    await store.write(lambda tx: tx.penalties.relent(RENNES))
    assert await store.read(lambda tx: tx.penalties.get(RENNES, NOW)) == Penalty(RENNES, 1, NOW + HOUR)
