"""How much may be asked in a period, as a value. Periods follow each other from 1970 on, the same on every node."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SHARES: Final = 20


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` requests in each `period`."""

    limit: int
    period: timedelta = timedelta(minutes=1)

    @property
    def share(self) -> int:
        """How many a process takes out of the common allowance at a time, so that a request costs no write."""
        return max(1, self.limit // _SHARES)

    def number(self, now: datetime) -> int:
        """The number of the period that runs."""
        return (now - _EPOCH) // self.period

    def end(self, number: int) -> datetime:
        """When a period is over, and the next allowance begins."""
        return _EPOCH + (number + 1) * self.period


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed; None: no limit."""

    per_client: Rate | None = None
    per_organization: Rate | None = None
    token_requests: Rate | None = None


UNLIMITED: Final = Limits()
