"""The rows of moves as they are kept; what became of their deliveries is counted with `services.waves`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.domain.identity import Mode, Transport
from gateway.domain.moves import Move, MoveState, Row, RowState, Selection, Spec
from tests.databases import AnyStore
from tests.store.rows import RENNES_SFTP

NOW = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)
MOVE = Move("m", "m", MoveState.PLANNED, Spec("m", Selection(), Mode.API), "ab" * 32, 3, "me", NOW)


SUBSCRIPTION = RENNES_SFTP.id


async def rows_of(store: AnyStore, count: int) -> list[Row]:
    rows = [
        Row(position, SUBSCRIPTION, 1 + position % 2, Mode.SFTP, Transport.PUSH, 3, position)
        for position in range(1, count + 1)
    ]
    await store.write(lambda tx: tx.moves.begin(MOVE, ()))
    await store.write(lambda tx: tx.move_rows.add("m", rows))
    return rows


async def test_many_rows_come_back_page_by_page_as_they_were(seeded: AnyStore) -> None:
    rows = await rows_of(seeded, 250)
    assert await seeded.read(lambda tx: tx.move_rows.page("m", 0, 1000)) == rows
    assert await seeded.read(lambda tx: tx.move_rows.page("m", 120, 5)) == rows[120:125]
    found = await seeded.read(lambda tx: tx.move_rows.of_wave("m", 2, RowState.WAITING, 3, 2))
    assert [row.position for row in found] == [5, 7]
    assert await seeded.read(lambda tx: tx.move_rows.counts("m")) == {
        1: {RowState.WAITING: 125},
        2: {RowState.WAITING: 125},
    }
    assert await seeded.read(lambda tx: tx.move_rows.of_subscription("m", SUBSCRIPTION)) == rows


async def test_a_row_is_moved_on_once(seeded: AnyStore) -> None:
    first, second, _ = await rows_of(seeded, 3)
    done = replace(first, state=RowState.SWITCHED, epoch=4, rehearsal_id="r", reason="because", changed_at=NOW)
    assert await seeded.write(lambda tx: tx.move_rows.change("m", done, RowState.WAITING, NOW))
    assert not await seeded.write(lambda tx: tx.move_rows.change("m", done, RowState.WAITING, NOW))
    other = replace(second, state=RowState.SWITCHED, epoch=4)
    assert await seeded.write(lambda tx: tx.move_rows.change("m", other, RowState.WAITING, NOW))
    assert await seeded.read(lambda tx: tx.move_rows.page("m", 0, 1, RowState.SWITCHED)) == [done]
    latest = await seeded.read(lambda tx: tx.move_rows.latest("m", RowState.SWITCHED, 3, 9))
    assert [row.position for row in latest] == [2, 1]
    latest = await seeded.read(lambda tx: tx.move_rows.latest("m", RowState.SWITCHED, 2, 9))
    assert [row.position for row in latest] == [1]


async def test_what_was_looked_at_a_moment_ago_rests(seeded: AnyStore) -> None:
    first, second, _ = await rows_of(seeded, 3)
    for row, at in ((first, NOW), (second, NOW + timedelta(hours=1))):
        looked = replace(row, state=RowState.REHEARSING)
        assert await seeded.write(lambda tx, new=looked, at=at: tx.move_rows.change("m", new, RowState.WAITING, at))  # type: ignore[misc]  # a lambda has no types

    async def rested(wave: int, before: datetime) -> list[int]:
        found = await seeded.read(lambda tx: tx.move_rows.rested("m", wave, RowState.REHEARSING, before, 9))
        return [row.position for row in found]

    assert await seeded.read(lambda tx: tx.move_rows.looked_at("m", first.wave)) == NOW
    assert await seeded.read(lambda tx: tx.move_rows.looked_at("m", second.wave)) == NOW + timedelta(hours=1)
    assert await seeded.read(lambda tx: tx.move_rows.looked_at("m", 3)) is None
    assert await rested(first.wave, NOW) == [1]
    assert await rested(second.wave, NOW) == []
    assert await rested(second.wave, NOW + timedelta(hours=1)) == [2]


async def test_rows_are_found_by_their_positions(seeded: AnyStore) -> None:
    rows = await rows_of(seeded, 120)
    wanted = [*range(1, 100, 2), 120, 400]
    found = await seeded.read(lambda tx: tx.move_rows.at("m", wanted))
    assert sorted(found, key=lambda one: one.position) == [*rows[0:100:2], rows[119]]
    assert await seeded.read(lambda tx: tx.move_rows.at("m", [])) == []
    assert await seeded.read(lambda tx: tx.move_rows.at("other", [1])) == []
