"""When waves begin: their time, their pause and the window taken together, and what is told of those behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from gateway.domain.identity import Mode
from gateway.domain.moves import DualRun, Move, MoveState, Selection, Spec, Wave, WaveSize, WaveState
from gateway.domain.wave_times import LOOK_AGAIN, begins, upcoming, within
from gateway.domain.windows import Window

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MONDAY = datetime(2026, 12, 7, 8, tzinfo=UTC)  # 09:00 in Paris
MORNINGS = Window(frozenset({0, 1, 2, 3, 4}), time(6), time(12))
OPENING = datetime(2026, 12, 8, 5, tzinfo=UTC)
WAVES = (WaveSize(5), WaveSize(percent=100.0, pause=HOUR))
MOVE = Move(
    "m", "m", MoveState.RUNNING, Spec("m", Selection(), Mode.API, waves=WAVES, window=MORNINGS), "5e", 9, "me", MONDAY
)
FIRST, SECOND = Wave(1, 5, MONDAY), Wave(2, 4, MONDAY + HOUR)
REHEARSING = replace(MOVE, spec=replace(MOVE.spec, via=DualRun(14 * DAY, 10), window=Window()))


@pytest.mark.parametrize(
    ("earliest", "now", "at"),
    [
        (MONDAY, MONDAY - HOUR, MONDAY),
        (MONDAY, MONDAY + HOUR, MONDAY),  # due since then
        (MONDAY, MONDAY + 3 * HOUR, OPENING),  # missed: the window has shut
        (MONDAY, OPENING + HOUR, MONDAY),
        (MONDAY - 5 * HOUR, MONDAY, MONDAY - 3 * HOUR),
        (MONDAY + 5 * HOUR, MONDAY, OPENING),
    ],
)
def test_what_was_missed_waits_for_the_window_to_open_again(earliest: datetime, now: datetime, at: datetime) -> None:
    assert within(MORNINGS, earliest, now) == at


def test_a_wave_waits_for_the_one_before_and_then_for_its_pause_and_its_window() -> None:
    assert begins(MOVE, (FIRST, SECOND), FIRST, MONDAY) == MONDAY
    assert begins(MOVE, (FIRST, SECOND), SECOND, MONDAY + DAY) is None
    late = replace(FIRST, state=WaveState.DONE, ended_at=MONDAY + 2 * HOUR)
    assert begins(MOVE, (late, SECOND), SECOND, MONDAY + 2 * HOUR) == OPENING
    early = replace(late, ended_at=MONDAY + HOUR)
    assert begins(MOVE, (early, SECOND), SECOND, MONDAY + HOUR) == MONDAY + 2 * HOUR


def test_waves_behind_one_that_is_late_are_not_told_to_begin_as_planned() -> None:
    now = MONDAY + 4 * HOUR  # applied when the window had shut
    assert upcoming(MOVE, (FIRST, SECOND), {}, now) == {1: OPENING, 2: OPENING + HOUR}
    done = replace(FIRST, state=WaveState.DONE, started_at=OPENING, ended_at=OPENING + HOUR)
    assert upcoming(MOVE, (done, SECOND), {}, OPENING + HOUR) == {2: OPENING + 2 * HOUR}
    running = replace(FIRST, state=WaveState.RUNNING, started_at=MONDAY)
    assert upcoming(MOVE, (running, SECOND), {}, now) == {1: OPENING, 2: OPENING + HOUR}


def test_a_wave_that_rehearses_is_looked_at_next() -> None:
    first = replace(FIRST, state=WaveState.REHEARSE, started_at=MONDAY)
    looked = MONDAY + DAY
    found = upcoming(REHEARSING, (first, SECOND), {1: looked}, looked + HOUR)
    assert found == {1: looked + LOOK_AGAIN, 2: MONDAY + 14 * DAY + HOUR}
    assert upcoming(REHEARSING, (first, SECOND), {}, MONDAY)[1] == MONDAY


@pytest.mark.parametrize("state", [state for state in MoveState if state is not MoveState.RUNNING])
def test_nothing_comes_next_of_a_move_that_does_not_run(state: MoveState) -> None:
    assert upcoming(replace(MOVE, state=state), (FIRST, SECOND), {}, MONDAY) == {}
