"""The arithmetic of a measurement: medians of rounds, their spread, ratios to a peer, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tools.bench.load import Load


@dataclass(frozen=True, slots=True)
class Series:
    """One figure over several rounds, at least one."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return median(self.values)

    @property
    def spread(self) -> float:
        """Half the distance between the lowest and the highest round, as a part of the median; 0 when that is 0."""
        return (max(self.values) - min(self.values)) / 2 / self.median if self.median else 0.0

    def times(self, factor: float) -> Series:
        """The same in another unit."""
        return Series(tuple(value * factor for value in self.values))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was measured, by whom, and the budget.

    `budget` bounds `measured`, from above unless `at_least`; None: shown for comparison. `peer` has the same unit as
    `gateway`. Without a peer `measured` is the gateway's median itself. `load`: of the machine, meanwhile.
    """

    work: str
    unit: str
    gateway: Series
    budget: float | None
    peer_name: str = ""
    peer: Series | None = None
    at_least: bool = False
    note: str = ""
    load: Load | None = None

    @property
    def ratio(self) -> float | None:
        """The median of what each round's figure is of its peer's in the same round."""
        if self.peer is None:
            return None
        return median(ours / theirs for ours, theirs in zip(self.gateway.values, self.peer.values, strict=True))

    @property
    def measured(self) -> float:
        """What the budget is about: the ratio where there is a peer, else the median."""
        return self.gateway.median if self.ratio is None else self.ratio

    @property
    def verdict(self) -> str:
        """`ok`, `over` (also for a floor that was not reached), or nothing without a budget."""
        if self.budget is None:
            return ""
        kept = self.measured >= self.budget if self.at_least else self.measured <= self.budget
        return "ok" if kept else "over"


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that at least `part` (above 0, up to 1) of the values do not exceed. Raises ValueError."""
    if not values or not 0 < part <= 1:
        raise ValueError("percentile needs values, and a part above 0 and up to 1")
    return sorted(values)[math.ceil(part * len(values)) - 1]
