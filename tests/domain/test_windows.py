"""Windows: local hours on some days of the week, over changes of summer time too."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.windows import ZONE, Window

MORNINGS = Window(frozenset({0, 1, 2, 3}), time(6), time(12))


def paris(day: int, hour: int, minute: int = 0, month: int = 12) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (paris(7, 6), paris(7, 6)),  # a Monday
        (paris(7, 11, 59), paris(7, 11, 59)),
        (paris(7, 12), paris(8, 6)),
        (paris(7, 5, 59), paris(7, 6)),
        (paris(10, 12), paris(14, 6)),  # Thursday noon: Monday
        (paris(11, 9), paris(14, 6)),
        (paris(25, 13, month=3), paris(26, 6, month=3)),
        (paris(26, 13, month=3), paris(30, 6, month=3)),  # over the change to summer time
    ],
)
def test_it_opens_at_its_hour_on_its_days(now: datetime, opens: datetime) -> None:
    assert MORNINGS.opens(now) == opens
    assert MORNINGS.is_open(opens)


def test_without_anything_given_it_is_open() -> None:
    assert Window().opens(paris(7, 3)) == paris(7, 3)


@given(
    st.integers(0, 366 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.times(),
)
def test_the_moment_it_names_is_open_and_within_eight_days(now: datetime, days: frozenset[int], begins: time) -> None:
    window = Window(days, begins.replace(microsecond=0, fold=0))
    opens = window.opens(now)
    assert now <= opens <= now + timedelta(days=8)
    assert opens == now or opens.astimezone(ZONE).weekday() in days
