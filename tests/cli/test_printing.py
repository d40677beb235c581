from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.cli.printing import console, moment, plain
from gateway.domain.identity import Mode


@dataclass
class Thing:
    mode: Mode
    at: datetime
    parts: tuple[frozenset[str], ...]
    wait: timedelta


def test_values_become_json() -> None:
    thing = Thing(Mode.SFTP, datetime(2026, 1, 2, tzinfo=UTC), (frozenset({"b", "a"}),), timedelta(seconds=2))
    assert plain({Mode.API: thing}) == {
        "API": {"mode": "SFTP", "at": "2026-01-02T00:00:00.000+00:00", "parts": [["a", "b"]], "wait": 2.0}
    }


def test_moments_are_local_and_say_so() -> None:
    assert moment(datetime(2026, 12, 7, 5, tzinfo=UTC)) == "2026-12-07 06:00+01:00"
    assert moment(datetime(2026, 7, 7, 5, 0, 7, tzinfo=UTC), "seconds") == "2026-07-07 07:00:07+02:00"


def test_without_a_terminal_lines_are_plain_and_whole() -> None:
    stream = io.StringIO()
    console(stream).print("[bold]" + "word " * 60 + "[/bold]")
    assert stream.getvalue() == "word " * 60 + "\n"
