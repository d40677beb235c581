"""Ages in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.domain.ages import age


@pytest.mark.parametrize(
    ("time", "told"),
    [
        (timedelta(minutes=-5), "0 min"),
        (timedelta(seconds=59), "0 min"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=23, minutes=59), "23 h"),
        (timedelta(days=1), "1 d"),
        (timedelta(days=91, hours=5), "91 d"),
    ],
)
def test_an_age_is_told_in_the_largest_unit_that_it_fills(time: timedelta, told: str) -> None:
    assert age(time) == told
