"""Dates to the millisecond, JSON without losses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store.values import at, from_json, from_ms, to_json, to_ms

dates = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.timezones())  # noqa: DTZ001 (hypothesis wants bare limits)


@given(dates)
def test_a_date_comes_back_cut_to_the_millisecond(when: datetime) -> None:
    stored = to_ms(when)
    assert stored is not None
    exact = when.astimezone(UTC)
    assert at(stored) == exact - timedelta(microseconds=exact.microsecond % 1000)
    assert from_ms(stored) == at(stored)


def test_an_offset_is_part_of_the_moment() -> None:
    summer = datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Europe/Paris"))
    assert to_ms(summer) == to_ms(datetime(2026, 7, 1, 10, tzinfo=UTC))
    assert to_ms(datetime(1970, 1, 1, tzinfo=timezone(timedelta(hours=-1)))) == 3_600_000


def test_a_date_without_an_offset_is_refused() -> None:
    with pytest.raises(TypeError):
        to_ms(datetime(2026, 7, 1, 12))  # noqa: DTZ001 (that is what is refused)


def test_nothing_stays_nothing() -> None:
    assert [to_ms(None), from_ms(None), from_json(None)] == [None] * 3


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=8))
def test_json_comes_back(value: object) -> None:
    assert from_json(to_json(value)) == value


def test_json_is_compact_and_readable() -> None:
    assert to_json({"b": "é", "a": [1, 2]}) == '{"b":"é","a":[1,2]}'
