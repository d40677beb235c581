"""The row of a move applied: its arithmetic, and which subscriptions move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.identity import Mode
from gateway.domain.moves import Move, MoveState, Selection, Spec
from tests.databases import AnyStore
from tests.store.rows import BREST_API, NOW, referential
from tools.bench.applying import counted, department, organizations, rows
from tools.bench.plans import in_flight_of, moving
from tools.bench.traffic import Waits

BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_speed_and_cost_are_those_of_one_switch() -> None:
    move = Move(
        "m",
        "m",
        MoveState.DONE,
        Spec("m", Selection(), Mode.API),
        "ab" * 32,
        1000,
        "me",
        BEGAN - timedelta(days=1),
        applied_at=BEGAN,
        ended_at=BEGAN + timedelta(seconds=5),
    )
    waits = Waits(9.0, (0.1, 0.2), (0.02, 0.3))
    speed, cost, written, fetches, deposits = rows(move, 100_000, 0.5, 3.0, waits, waits)
    assert speed.measured == 200.0
    assert (cost.measured, written.measured) == (0.5, 3.0)
    assert (fetches.measured, fetches.verdict) == (0.3, "over")
    assert (deposits.measured, deposits.verdict) == (0.2, "")
    assert fetches.note == "median 20 ms, p99 300 ms of 2; alone median 20 ms, p99 300 ms of 2"


@pytest.mark.parametrize("declared", [8000, 800])
def test_the_branches_of_those_who_move_and_of_no_others_begin_alike(declared: int) -> None:
    count = organizations(moving(declared))
    assert count * 10 == moving(declared)
    branches = [str(10000 + number) for number in range(declared)]
    assert [one.startswith(department(count)) for one in branches] == [number < count for number in range(declared)]
    assert in_flight_of(declared) == 10 * moving(declared)


async def test_rows_that_are_written_are_counted_and_those_that_are_read_are_not(store: AnyStore) -> None:
    await store.write(referential)
    with counted() as wrote:
        await store.read(lambda tx: tx.subscriptions.get(BREST_API.id))
        assert wrote == []
        await store.write(lambda tx: tx.subscriptions.change(BREST_API, NOW))
        await store.write(lambda tx: tx.deliveries.next_sequence("EtatCivil", "A-1"))
    assert sum(wrote) == 2
    await store.write(lambda tx: tx.subscriptions.change(BREST_API, NOW))
    assert sum(wrote) == 2
