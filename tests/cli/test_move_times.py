"""The words for what a move does next, and for what a dual run waits for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from gateway.cli.move_times import as_json, dual_run, next_steps, sentences
from gateway.domain.identity import Mode, Transport
from gateway.domain.moves import DualRun, Move, MoveState, Row, RowState, Selection, Spec, Wave, WaveSize, WaveState
from gateway.domain.wave_times import upcoming
from gateway.domain.windows import Window
from gateway.services.dual_run_progress import Progress
from gateway.services.dual_runs import Verdict
from gateway.services.move_steps import Status

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = datetime(2026, 12, 5, 9, tzinfo=UTC)  # a Saturday
MORNINGS = Window(frozenset({0, 1, 2, 3, 4}), time(6), time(12))
OPENS = datetime(2026, 12, 7, 5, tzinfo=UTC)
SPEC = Spec("m", Selection(), Mode.API, waves=(WaveSize(1), WaveSize(percent=100.0, pause=DAY)))
FIRST, SECOND = Wave(1, 1, NOW), Wave(2, 4, NOW + DAY)
DONE = replace(FIRST, state=WaveState.DONE, started_at=NOW, ended_at=NOW)
ROW = Row(1, "s", 1, Mode.SFTP, Transport.PULL, 1, 0, RowState.REHEARSING, rehearsal_id="r", changed_at=NOW)
RUN = Progress(ROW, 1, 2, 1, 0, NOW + DAY, NOW + 30 * DAY, NOW + 37 * DAY, NOW + HOUR / 6, Verdict.WAIT, "")


def told(*waves: Wave, now: datetime = NOW, looks: dict[int, datetime] | None = None, **spec: Any) -> list[str]:
    move = Move("m", "m", MoveState.RUNNING, replace(SPEC, **spec), "5e", 5, "me", NOW)
    return next_steps(Status(move, waves, {}, upcoming(move, waves, looks or {}, now)), now)


def test_a_shut_window_is_told_with_when_it_opens() -> None:
    assert told(FIRST, SECOND, window=MORNINGS) == [
        "wave 1 begins on 2026-12-07 06:00 (Europe/Paris), when its window opens",
        "wave 2 begins when wave 1 is over, not before 2026-12-08 06:00 (Europe/Paris), when its window opens",
    ]
    assert told(DONE, SECOND, window=MORNINGS) == [
        "wave 2 begins on 2026-12-07 06:00 (Europe/Paris), when its window opens"
    ]
    running = replace(FIRST, state=WaveState.RUNNING, started_at=NOW - DAY)
    assert told(running, window=MORNINGS) == [
        "wave 1 continues on 2026-12-07 06:00 (Europe/Paris), when its window opens"
    ]


def test_a_pause_is_told_without_a_window() -> None:
    assert told(DONE, SECOND) == ["wave 2 begins on 2026-12-06 10:00 (Europe/Paris)"]
    assert told(DONE, SECOND, now=NOW + DAY) == [
        "wave 2 may begin: the processes that serve begin it at their next look"
    ]
    assert told(replace(FIRST, state=WaveState.RUNNING, started_at=NOW)) == ["wave 1 goes on"]
    assert told(DONE) == []


def test_a_wave_that_rehearses_is_told_with_its_next_look() -> None:
    first = replace(FIRST, state=WaveState.REHEARSE, started_at=NOW)
    via = DualRun(14 * DAY, 10)
    assert told(first, looks={1: NOW}, via=via) == [
        "wave 1 rehearses: each dual run is looked at every 10 min, next on 2026-12-05 10:10 (Europe/Paris)"
    ]
    assert told(first, looks={1: NOW}, now=NOW + HOUR, via=via, window=MORNINGS) == [
        "wave 1 rehearses: each dual run is looked at every 10 min, next at once; nobody is switched before "
        "2026-12-07 06:00 (Europe/Paris), when its window opens"
    ]


@pytest.mark.parametrize(
    ("changes", "window", "words"),
    [
        (
            {},
            Window(),
            "1 of 2 equal, 1 not at their end at both systems; lasts until 2026-12-06 10:00+01:00 at least; waits for "
            "1 more; those that there are suffice from 2027-01-04 10:00+01:00 on, all of them equal; given up on "
            "2027-01-11 10:00+01:00",
        ),
        (
            {"equal": 2, "pending": 0, "all_at": None},
            Window(),
            "2 of 2 equal; lasts until 2026-12-06 10:00+01:00 at least; given up on 2027-01-11 10:00+01:00",
        ),
        (
            {"equal": 2, "pending": 0, "verdict": Verdict.GO},
            MORNINGS,
            "2 of 2 equal; switched at the next look, on 2026-12-07 06:00 (Europe/Paris), when its window opens",
        ),
        ({"equal": 2, "pending": 0, "verdict": Verdict.GO}, Window(), "2 of 2 equal; switched at the next look"),
        (
            {"different": 1, "pending": 0, "verdict": Verdict.NO_GO, "reason": "the two systems differed"},
            Window(),
            "1 of 2 equal, 1 different; not switched: the two systems differed",
        ),
    ],
    ids=["waits", "lasts", "window", "equal", "different"],
)
def test_what_a_dual_run_waits_for(changes: dict[str, Any], window: Window, words: str) -> None:
    assert dual_run(replace(RUN, **changes), window, NOW) == words


def test_scripts_are_told_the_same() -> None:
    found = as_json(RUN, None)
    assert (found["subscription"], found["equal"], found["wanted"], found["reason"]) == ("s", 1, 2, None)
    assert (found["nextLookAt"], found["organization"]) == (NOW + HOUR / 6, None)


def test_lines_are_sentences_below_the_move() -> None:
    assert sentences(["a", "b"]) == "  a.\n  b.\n"
    assert sentences([]) == ""
