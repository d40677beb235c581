"""When a failed call is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.retry import RetryPolicy

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
POLICY = RetryPolicy(first=timedelta(seconds=10), ceiling=timedelta(minutes=10), attempts=9)


@pytest.mark.parametrize(
    ("failures", "jitter", "seconds"),
    [
        (1, 1.0, 10),
        (1, 0.0, 5),
        (1, 0.5, 7.5),
        (2, 1.0, 20),
        (3, 1.0, 40),
        (4, 1.0, 80),
        (5, 1.0, 160),
        (6, 1.0, 320),
        (7, 1.0, 600),  # 640 is past the ceiling
        (7, 0.0, 300),
        (8, 1.0, 600),
        (9, 1.0, None),
        (10, 0.0, None),
    ],
)
def test_the_table_of_delays(failures: int, jitter: float, seconds: float | None) -> None:
    expected = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert POLICY.next_attempt(failures, NOW, jitter) == expected


def test_one_attempt_means_no_second_one() -> None:
    assert RetryPolicy(attempts=1).next_attempt(1, NOW, 0.5) is None


def test_very_many_failures_do_not_overflow() -> None:
    policy = RetryPolicy(attempts=10**6)
    assert policy.next_attempt(10**5, NOW, 1.0) == NOW + policy.ceiling


@given(st.integers(1, 11), st.floats(0, 1))
def test_the_delay_lies_between_half_and_the_whole_of_a_back_off_that_never_shrinks(
    failures: int, jitter: float
) -> None:
    policy = RetryPolicy()
    whole = policy.next_attempt(failures, NOW, 1.0)
    at = policy.next_attempt(failures, NOW, jitter)
    earliest = policy.next_attempt(failures, NOW, 0.0)
    assert whole is not None
    assert at is not None
    assert earliest is not None
    assert NOW < earliest <= at <= whole <= NOW + policy.ceiling
    assert (whole - NOW) == 2 * (earliest - NOW)
    further = policy.next_attempt(failures + 1, NOW, 1.0)
    assert further is None or further >= whole
