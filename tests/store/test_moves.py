"""Moves and their waves as they are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.domain.identity import Mode
from gateway.domain.moves import Move, MoveState, Selection, Spec, Wave, WaveState
from tests.databases import AnyStore

NOW = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WAVES = (Wave(1, 5, NOW), Wave(2, 7, NOW + HOUR))


def move(name: str, at: datetime = NOW) -> Move:
    return Move(f"id-{name}", name, MoveState.PLANNED, Spec(name, Selection(), Mode.API), "ab" * 32, 12, "me", at)


async def kept(store: AnyStore, new: Move) -> Move:
    await store.write(lambda tx: tx.moves.begin(new, WAVES))
    assert await store.write(lambda tx: tx.moves.name(new.id, new.name))
    return new


async def test_a_move_is_seen_once_it_has_its_name(store: AnyStore) -> None:
    new = move("one")
    await store.write(lambda tx: tx.moves.begin(new, WAVES))
    assert await store.read(lambda tx: tx.moves.named("one")) is None
    assert await store.read(lambda tx: tx.moves.after("", 9)) == []
    assert await store.read(lambda tx: tx.moves.stale(NOW + HOUR)) == [new.id]
    assert await store.read(lambda tx: tx.moves.stale(NOW)) == []
    assert await store.write(lambda tx: tx.moves.name(new.id, "one"))
    assert not await store.write(lambda tx: tx.moves.name(new.id, "other"))
    assert await store.read(lambda tx: tx.moves.named("one")) == new
    assert await store.read(lambda tx: tx.moves.get(new.id)) == new
    assert await store.write(lambda tx: tx.moves.hold("one")) == new
    assert tuple(await store.read(lambda tx: tx.moves.waves(new.id))) == WAVES


async def test_they_are_listed_by_name(store: AnyStore) -> None:
    names = [(await kept(store, move(name))).name for name in ("c", "a", "b")]
    found = await store.read(lambda tx: tx.moves.after("", 2))
    assert [one.name for one in found] == sorted(names)[:2]
    assert [one.name for one in await store.read(lambda tx: tx.moves.after("b", 2))] == ["c"]


async def test_a_step_is_guarded_by_the_state_it_comes_from(store: AnyStore) -> None:
    new = await kept(store, move("one"))
    running = replace(
        new,
        state=MoveState.RUNNING,
        approved_by="you",
        approved_at=NOW,
        applied_by="they",
        applied_at=NOW,
        resumed_at=NOW + HOUR,
        reason="long " * 200,
    )
    assert not await store.write(lambda tx: tx.moves.change(running, MoveState.APPROVED))
    assert await store.write(lambda tx: tx.moves.change(running, MoveState.PLANNED))
    (found,) = await store.read(lambda tx: tx.moves.under_way())
    assert found == replace(running, reason=("long " * 200)[:500])
    assert (await store.read(lambda tx: tx.figures.snapshot())).moves == {"RUNNING": 1}
    assert not await store.write(lambda tx: tx.moves.abandon(new.id))


async def test_waves_go_on_and_keep_when_they_began(store: AnyStore) -> None:
    new = await kept(store, move("one"))

    async def change(before: WaveState, after: WaveState, at: datetime) -> bool:
        return await store.write(lambda tx: tx.moves.change_wave(new.id, 1, before, after, at))

    assert await change(WaveState.WAITING, WaveState.REHEARSE, NOW)
    assert not await change(WaveState.WAITING, WaveState.RUNNING, NOW)
    assert await change(WaveState.REHEARSE, WaveState.DONE, NOW + HOUR)
    first, second = await store.read(lambda tx: tx.moves.waves(new.id))
    assert (first.state, first.started_at, first.ended_at) == (WaveState.DONE, NOW, NOW + HOUR)
    assert second == WAVES[1]


async def test_one_that_is_given_up_frees_its_name_and_goes_with_all_it_has(store: AnyStore) -> None:
    new = await kept(store, move("one"))
    assert await store.write(lambda tx: tx.moves.abandon(new.id))
    assert await store.read(lambda tx: tx.moves.named("one")) is None
    await store.write(lambda tx: tx.moves.delete(new.id))
    assert await store.read(lambda tx: tx.moves.get(new.id)) is None
    assert await store.read(lambda tx: tx.moves.waves(new.id)) == []
