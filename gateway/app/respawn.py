"""When a worker that ended is started again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

ATTEMPTS: Final = 6
"""Starts that fail one after the other before the supervisor gives up."""
SETTLED: Final = timedelta(seconds=30)
"""A worker that served for so long ended for a reason of its own: it is replaced at once."""
_FIRST: Final = timedelta(milliseconds=500)
_CEILING: Final = timedelta(seconds=8)


@dataclass(slots=True)
class Respawn:
    """Of one worker's place: how it fared there. A start that fails counts; one that served only makes it slower."""

    failed: int = 0
    hasty: int = 0

    def ended(self, served: timedelta | None) -> timedelta | None:
        """How long to wait before the next start; None to give up. `served`: None when it never came to serve."""
        if served is None:
            self.failed += 1
            if self.failed >= ATTEMPTS:
                return None
        else:
            self.failed = 0
            if served >= SETTLED:
                self.hasty = 0
                return timedelta()
        self.hasty += 1
        return timedelta() if self.hasty == 1 else min(_CEILING, _FIRST * 2 ** min(self.hasty - 2, 10))
