"""Coverage against the plainest thing it could be: a set of integers."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.coverage import MOST, Coverage

SIZES = st.integers(0, 40)
RANGES = st.lists(st.tuples(SIZES, SIZES), max_size=30)


@given(RANGES)
def test_it_holds_exactly_the_bytes_that_were_added(ranges: list[tuple[int, int]]) -> None:
    bytes_served = {byte for start, end in ranges for byte in range(start, end)}
    held = Coverage(ranges).ranges
    assert [byte for start, end in held for byte in range(start, end)] == sorted(bytes_served)


@given(RANGES)
def test_ranges_are_in_order_not_empty_and_apart_from_each_other(ranges: list[tuple[int, int]]) -> None:
    held = Coverage(ranges).ranges
    assert all(start < end for start, end in held)
    assert all(before[1] < after[0] for before, after in pairwise(held))


@given(RANGES, SIZES)
def test_it_covers_an_object_if_no_byte_is_missing(ranges: list[tuple[int, int]], size: int) -> None:
    bytes_served = {byte for start, end in ranges for byte in range(start, end)}
    assert Coverage(ranges).covers(size) is (set(range(size)) <= bytes_served)


@given(RANGES)
def test_the_order_of_reads_does_not_matter_and_what_is_kept_can_be_read_back(ranges: list[tuple[int, int]]) -> None:
    held = Coverage(ranges).ranges
    assert Coverage(reversed(ranges)).ranges == held
    assert Coverage(held).ranges == held


@given(RANGES, SIZES, SIZES)
def test_it_includes_what_adding_would_not_change(ranges: list[tuple[int, int]], start: int, end: int) -> None:
    held, more = Coverage(ranges), Coverage(ranges)
    more.add(start, end)
    assert held.includes(start, end) is (more.ranges == held.ranges)


def test_a_file_read_in_blocks_stays_one_range() -> None:
    coverage = Coverage()
    for start in range(0, 1 << 30, 1 << 20):
        coverage.add(start, start + (1 << 20))
    assert coverage.ranges == ((0, 1 << 30),)
    assert coverage.covers(1 << 30)
    assert not coverage.covers((1 << 30) + 1)


def test_an_empty_object_is_covered_by_nothing_at_all() -> None:
    assert Coverage().covers(0)
    assert not Coverage().covers(1)


def test_reading_every_other_byte_is_not_remembered_without_bound() -> None:
    coverage = Coverage()
    for offset in range(0, 4 * MOST, 2):
        coverage.add(offset, offset + 1)
    assert len(coverage.ranges) <= MOST
    for offset in range(0, 4 * MOST, 64):
        coverage.add(offset, offset + 64)
    assert coverage.covers(4 * MOST), "an honest reading afterwards counts"
