"""When dossiers are deposited: a year as town halls know it."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Final

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
CLOSING: Final = date(2026, 2, 6)
"""The last day on which people could register for the municipal elections of March 2026."""

CIVIL, ELECTORAL, CENSUS = "EtatCivil", "InscriptionElectorale", "RecensementCitoyen"
SHARES: Final = {CIVIL: 0.65, ELECTORAL: 0.2, CENSUS: 0.15}

_MONTHS: Final = (1.5, 1.0, 1.0, 0.95, 0.9, 1.0, 0.75, 0.6, 1.45, 1.1, 1.0, 0.8)
_WEEKDAYS: Final = (1.5, 1.15, 1.05, 1.05, 0.95, 0.45, 0.4)
_HOURS: Final = (2, 1, 1, 1, 1, 2, 4, 7, 12, 14, 14, 12, 10, 11, 13, 13, 12, 11, 10, 9, 9, 8, 6, 4)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One dossier, for a subscriber of a process."""

    moment: datetime
    process: str


def weight(process: str, day: date) -> float:
    """How much is deposited on a day, compared with others of the same process."""
    usual = _MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()]
    if process != ELECTORAL:
        return usual
    left = (CLOSING - day).days
    if left < 0:
        return usual * 0.25
    return usual * (1 + 12 / (1 + left / 2))


def arrivals(random: Random, dossiers: int, days: int, processes: Sequence[str] = tuple(SHARES)) -> list[Arrival]:
    """That many dossiers over so many days from START on, in their order."""
    calendar = [START.date() + timedelta(days=number) for number in range(days)]
    curves = {process: list(accumulate(weight(process, day) for day in calendar)) for process in processes}
    hours = list(accumulate(_HOURS))
    shares = [SHARES[process] for process in processes]
    found = []
    for process in random.choices(processes, shares, k=dossiers):
        day = bisect(curves[process], random.random() * curves[process][-1])
        hour = bisect(hours, random.random() * hours[-1])
        moment = START + timedelta(days=min(day, days - 1), hours=min(hour, 23), minutes=random.randrange(60))
        found.append(Arrival(moment, process))
    return sorted(found, key=lambda one: one.moment)
