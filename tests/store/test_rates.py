"""Shared allowances."""

from __future__ import annotations

import asyncio

from tests.databases import AnyStore, Database, opened
from tests.store.rows import HOUR, NOW


async def took(
    store: AnyStore, share: int, limit: int = 10, name: str = "client:a", period: int = 1
) -> tuple[int, int]:
    return await store.write(lambda tx: tx.rates.take(name, period, share, limit, NOW + HOUR))


async def test_an_allowance_is_given_out_once(store: AnyStore) -> None:
    assert await took(store, 4) == (4, 6)
    assert await took(store, 4) == (4, 2)
    assert await took(store, 4) == (2, 0)
    assert await took(store, 4) == (0, 0)
    assert await took(store, 4, period=2) == (4, 6)
    assert await took(store, 4, name="client:b") == (4, 6)


async def test_two_nodes_share_it(store: AnyStore, database: Database) -> None:
    async with opened(database) as other:
        had = await asyncio.gather(*(took(one, 3, 50) for one in (store, other) for _ in range(12)))
    assert sum(own for own, _ in had) == 50


async def test_periods_that_are_over_are_forgotten(store: AnyStore) -> None:
    await took(store, 10)
    assert await store.write(lambda tx: tx.rates.forget(NOW)) == 0
    assert await store.write(lambda tx: tx.rates.forget(NOW + HOUR)) == 1
    assert await took(store, 4) == (4, 6)
