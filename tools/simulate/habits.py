"""How virtual subscribers behave, as real ones do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Final

from tools.simulate.volumes import START

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Gesture(StrEnum):
    """How a legacy server says that it has taken an archive in."""

    RENAME = "rename"
    DELETE = "delete"
    NONE = "none"
    """It does not say so; an answer has to do."""


class Receipt(StrEnum):
    """How a client of the API says so."""

    DISMISS = "dismiss"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Habits:
    """One subscriber's. Probabilities are per archive or case; `away_until` None: it never was away.

    `forever`: nobody is there at all. `resumes`: after a lost connection it reads on where it was; not at real doors,
    whose server notices the loss a moment later, which virtual time does not wait for. `stuck`: how long a slow
    connection keeps an archive open. `late`: between reading and saying so.
    """

    period: timedelta
    breaks: float
    doubles: float
    repeats: float
    resumes: bool
    fails: float
    stuck: timedelta
    late: tuple[timedelta, timedelta]
    answers: tuple[timedelta, timedelta]
    answers_nothing: bool
    says_nothing: bool
    gesture: Gesture
    receipt: Receipt
    posts: bool
    bare: bool
    accounts: int
    away_until: datetime | None
    forever: bool


PERIODS: Final = tuple(minutes * MINUTE for minutes in (5, 10, 15, 30, 60))


def drawn(random: Random, days: int, *, present: bool = False) -> Habits:
    """The habits of one subscriber, as they are spread among real ones; `present`: it is never away."""
    late = random.random() < 0.08
    away = START + timedelta(days=random.uniform(0.15, 0.7) * days) if random.random() < 0.03 and not present else None
    return Habits(
        period=random.choice(PERIODS),
        breaks=random.choice((0.0, 0.0, 0.02, 0.1, 0.4)),
        doubles=random.choice((0.0, 0.0, 0.05, 0.3)),
        repeats=random.choice((0.0, 0.02, 0.1)),
        resumes=random.random() < 0.5 and not present,
        fails=random.choice((0.0, 0.0, 0.01, 0.03)),
        stuck=random.choice((timedelta(0),) * 8 + (20 * MINUTE, 3 * HOUR)),
        late=(2 * DAY, 50 * DAY) if late else (timedelta(0), random.choice((10 * MINUTE, 2 * HOUR))),
        answers=(HOUR, random.choice((2, 5, 20, 40)) * DAY),
        answers_nothing=random.random() < 0.08,
        says_nothing=random.random() < 0.02,
        gesture=random.choices((Gesture.RENAME, Gesture.DELETE, Gesture.NONE), (0.75, 0.2, 0.05))[0],
        receipt=random.choice(tuple(Receipt)),
        posts=random.random() < 0.7,
        bare=random.random() < 0.25,
        accounts=2 if random.random() < 0.06 else 1,
        away_until=away,
        forever=random.random() < 0.01 and not present,
    )


def between(random: Random, bounds: tuple[timedelta, timedelta]) -> timedelta:
    """A time within bounds."""
    low, high = bounds
    return low + (high - low) * random.random()
