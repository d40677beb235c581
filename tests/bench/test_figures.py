"""The arithmetic of the bench."""

import pytest

from tools.bench.figures import Row, Series, percentile


def test_a_series_is_its_median_and_half_its_range() -> None:
    series = Series((3.0, 1.0, 2.0))
    assert series.median == 2.0
    assert series.spread == 0.5
    assert series.times(1000).values == (3000.0, 1000.0, 2000.0)


def test_a_series_of_nothings_has_no_spread() -> None:
    assert Series((0.0, 0.0)).spread == 0.0


def test_the_ratio_is_taken_round_by_round() -> None:
    row = Row("work", "s", Series((10.0, 40.0, 60.0)), 3.0, "peer", Series((5.0, 10.0, 20.0)))
    assert row.ratio == 3.0
    assert row.verdict == "ok"


def test_above_the_budget_is_over() -> None:
    assert Row("work", "s", Series((3.1,)), 3.0).verdict == "over"


def test_a_floor_must_be_reached() -> None:
    assert Row("work", "/s", Series((100.0,)), 100.0, at_least=True).verdict == "ok"
    assert Row("work", "/s", Series((99.0,)), 100.0, at_least=True).verdict == "over"


def test_without_a_budget_there_is_no_verdict() -> None:
    assert Row("work", "ms", Series((1.0,)), None).verdict == ""


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert percentile(values, 0.99) == 99.0
    assert percentile(values, 0.5) == 50.0
    assert percentile(values, 1) == 100.0
    assert percentile([7.0], 0.01) == 7.0


@pytest.mark.parametrize(("values", "part"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.1)])
def test_a_percentile_of_nothing_is_refused(values: list[float], part: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, part)
