"""What others do beside a measurement: each waits from the moment when it was due."""

from __future__ import annotations

import pytest

from tools.bench.traffic import in_time, told


class Clock:
    """Time that passes when somebody sleeps or works."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr("tools.bench.traffic.time", self)

    def perf_counter(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pass_(seconds)

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def run(clock: Clock, works: list[float], every: float = 1.0) -> list[float]:
    left, moments = iter(works), iter(number * every for number in range(1000))
    end = len(works) * every + sum(works)
    return in_time(lambda: next(moments), lambda: clock.pass_(next(left, 0.0)), lambda: clock.now >= end)


def test_nothing_begins_before_it_is_due(clock: Clock) -> None:
    assert run(clock, [0.25, 0.5])[:2] == pytest.approx([0.25, 0.5])


def test_what_begins_late_has_waited_since_it_was_due(clock: Clock) -> None:
    assert run(clock, [2.5, 0.25, 0.25])[:3] == pytest.approx([2.5, 1.75, 1.0])


def test_what_is_not_due_before_the_end_is_not_done(clock: Clock) -> None:
    done: list[float] = []
    moments = iter([0.0, 100.0])
    in_time(lambda: next(moments), lambda: done.append(clock.now), lambda: clock.now >= 1.0)
    assert done == [0.0]


def test_waits_are_told_in_milliseconds() -> None:
    assert told([0.001 * number for number in range(1, 101)]) == "median 50 ms, p99 99 ms of 100"
