"""Hours of the week in which something may be done, in local time (Europe/Paris)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Paris")
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY: Final = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Window:
    """On these weekdays (0 is Monday), from `begins` until before `ends`; `ends` None: until midnight.

    Without anything given it is always open.
    """

    days: frozenset[int] = EVERY_DAY
    begins: time = time.min
    ends: time | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether it is open at that moment."""
        local = now.astimezone(ZONE)
        return (
            local.weekday() in self.days
            and self.begins <= local.time()
            and (self.ends is None or local.time() < self.ends)
        )

    def opens(self, now: datetime) -> datetime:
        """The first moment from `now` on at which it is open, in the zone of `now`."""
        if self.is_open(now):
            return now
        local = now.astimezone(ZONE)
        for ahead in range(9):
            day = local.date() + timedelta(days=ahead)
            opening = datetime.combine(day, self.begins, ZONE)
            if day.weekday() in self.days and opening > now:
                return opening.astimezone(now.tzinfo)
        raise AssertionError("a window opens within a week")
