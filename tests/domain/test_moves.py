"""Waves: how large, and when; and who a move is about."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.identity import OrganizationId
from gateway.domain.moves import DualRun, Subscriber, WaveSize, sizes, starts
from gateway.domain.windows import Window

DAY = timedelta(days=1)
MONDAY = datetime(2026, 12, 7, 9, tzinfo=UTC)
THREE = (WaveSize(count=5), WaveSize(percent=10.0), WaveSize(percent=100.0, pause=2 * DAY))


@pytest.mark.parametrize(
    ("total", "found"), [(100, [5, 10, 85]), (7, [5, 1, 1]), (4, [4, 0, 0]), (0, [0, 0, 0]), (101, [5, 11, 85])]
)
def test_percentages_are_of_all_and_the_last_wave_takes_the_rest(total: int, found: list[int]) -> None:
    assert sizes(total, THREE) == found


def test_nobody_is_left_out_without_a_word() -> None:
    with pytest.raises(ValueError, match="leave 85 of 100 subscriptions out: end with size: 100%"):
        sizes(100, THREE[:2])


@given(st.integers(0, 300_000), st.lists(st.integers(1, 1000), max_size=4), st.lists(st.floats(0.1, 100), max_size=4))
def test_every_subscription_is_in_one_wave(total: int, counts: list[int], percents: list[float]) -> None:
    waves = [*(WaveSize(count=one) for one in counts), *(WaveSize(percent=one) for one in percents)]
    found = sizes(total, [*waves, WaveSize(percent=100.0)])
    assert sum(found) == total
    assert min(found) >= 0


def test_waves_begin_in_the_window_after_their_pause_and_the_rehearsal_before() -> None:
    mornings = Window(frozenset({0, 1, 2, 3}), time(6), time(12))
    assert starts(MONDAY, THREE, mornings, None) == [MONDAY, MONDAY, MONDAY + 2 * DAY]
    late = starts(MONDAY, THREE, mornings, DualRun(14 * DAY, 20))
    assert late == [MONDAY, MONDAY + 14 * DAY, MONDAY + 30 * DAY]


def test_a_subscriber_is_named_by_siret_or_with_its_branch() -> None:
    rennes = OrganizationId("SI", "21350238800019", "35238")
    assert Subscriber("21350238800019").names(rennes)
    assert Subscriber("21350238800019", "35238").names(rennes)
    assert not Subscriber("21350238800019", "35000").names(rennes)
    assert not Subscriber("21350238800018").names(rennes)
