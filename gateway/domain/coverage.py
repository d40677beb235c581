"""Which bytes were served: sets of half-open ranges `(start, end)`, sorted, apart from each other."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Final

Ranges = tuple[tuple[int, int], ...]

MOST: Final = 4096
"""Ranges that are kept apart. Whoever reads every other byte makes us forget the shortest, and reads them again."""


class Coverage:
    """A growing set of byte ranges. Reading a file from start to end keeps it at one range, whatever the block size."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in ranges:
            self.add(start, end)

    def add(self, start: int, end: int) -> None:
        """Adds the bytes from `start` up to, not including, `end`."""
        if end <= start:
            return
        first = bisect_left(self._ends, start)  # the first range that touches the new one, or lies behind it
        last = bisect_right(self._starts, end)
        if first < last:
            start = min(start, self._starts[first])
            end = max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]
        if len(self._starts) > MOST:
            self._forget()

    def _forget(self) -> None:
        """Drops the shortest quarter."""
        by_length = sorted(range(len(self._starts)), key=lambda at: self._ends[at] - self._starts[at])
        kept = sorted(by_length[len(by_length) // 4 :])
        self._starts = [self._starts[at] for at in kept]
        self._ends = [self._ends[at] for at in kept]

    @property
    def ranges(self) -> Ranges:
        """The ranges held, in order."""
        return tuple(zip(self._starts, self._ends, strict=True))

    def includes(self, start: int, end: int) -> bool:
        """Whether every byte from `start` up to, not including, `end` is in the set."""
        position = bisect_right(self._starts, start) - 1
        return end <= start or (position >= 0 and self._ends[position] >= end)

    def covers(self, size: int) -> bool:
        """Whether every byte of an object of `size` bytes is in the set."""
        return size == 0 or (len(self._starts) == 1 and self._starts[0] <= 0 and self._ends[0] >= size)
