"""Seals as they are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.domain.seals import GENESIS, Seal
from tests.databases import AnyStore

NOW = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)


def seal(
    first: int, last: int, *, missing: tuple[int, ...] = (), late: tuple[int, ...] = (), previous: bytes = GENESIS
) -> Seal:
    return Seal(
        first,
        last,
        missing=missing,
        late=late,
        digests=b"d" * 32,
        previous=previous,
        digest=b"s" * 32,
        key_id="k",
        signature=b"g" * 64,
        sealed_at=NOW,
    )


async def test_they_come_back_as_they_were_in_their_order(store: AnyStore) -> None:
    assert await store.read(lambda tx: tx.seals.last()) is None
    first, second = seal(1, 3), seal(4, 9, missing=(5, 7), late=(2,), previous=b"s" * 32)
    for one in (first, second):
        await store.write(lambda tx, one=one: tx.seals.add(one))  # type: ignore[misc]  # mypy gives a default of a lambda no type
    assert await store.read(lambda tx: tx.seals.last()) == second
    both = await store.read(lambda tx: tx.seals.after(0, 10))
    assert both == [first, second]
    assert await store.read(lambda tx: tx.seals.after(both[0].number, 10)) == [second]
    assert await store.read(lambda tx: tx.seals.after(0, 1)) == [first]


async def test_missing_numbers_are_known_until_a_seal_holds_them(store: AnyStore) -> None:
    for one in (seal(1, 9, missing=(2, 5)), seal(10, 12, missing=(11,), late=(5,), previous=b"s" * 32)):
        await store.write(lambda tx, one=one: tx.seals.add(one))  # type: ignore[misc]  # mypy gives a default of a lambda no type
    assert await store.read(lambda tx: tx.seals.missing(NOW - timedelta(hours=1))) == {2, 11}
    assert await store.read(lambda tx: tx.seals.missing(NOW)) == set()


async def test_of_two_that_follow_the_same_one_the_first_is_kept(store: AnyStore) -> None:
    assert await store.write(lambda tx: tx.seals.add(seal(1, 3)))
    assert not await store.write(lambda tx: tx.seals.add(seal(1, 4)))
    assert await store.read(lambda tx: tx.seals.after(0, 10)) == [seal(1, 3)]
