"""Periods and shares of an allowance."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.rates import Rate

NOW = datetime(2026, 3, 2, 9, 0, 30, tzinfo=UTC)


def test_periods_follow_each_other_without_gap() -> None:
    rate = Rate(100)
    number = rate.number(NOW)
    assert rate.end(number) == datetime(2026, 3, 2, 9, 1, tzinfo=UTC)
    assert rate.number(rate.end(number)) == number + 1
    assert rate.number(rate.end(number) - timedelta(microseconds=1)) == number


@pytest.mark.parametrize(("limit", "share"), [(1, 1), (19, 1), (40, 2), (120_000, 6_000)])
def test_a_share_is_a_twentieth_and_at_least_one(limit: int, share: int) -> None:
    assert Rate(limit).share == share
