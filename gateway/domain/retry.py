"""When an outgoing call that failed is tried again: a value to be tested by a table, not a loop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off: `first`, doubled at each failure up to `ceiling`; given up after `attempts`."""

    first: timedelta = timedelta(seconds=10)
    ceiling: timedelta = timedelta(hours=1)
    attempts: int = 12

    def next_attempt(self, failures: int, now: datetime, jitter: float) -> datetime | None:
        """When to try again after the given number of failures (one or more), or None to give up.

        `jitter`, between 0 and 1, is drawn by the caller: the delay lies between half and the whole of the
        back-off, so that calls that failed together do not come back together.
        """
        if failures >= self.attempts:
            return None
        delay: timedelta = min(self.first * 2.0 ** min(failures - 1, 30), self.ceiling)
        return now + delay * (0.5 + jitter / 2)
