"""Virtual subscribers: what polls for them, with which habits, and what it writes down."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final, Protocol

from gateway.domain.identity import Mode, Transport
from tools.simulate.agenda import STEP, Agenda, Work
from tools.simulate.habits import Habits, between
from tools.simulate.ledger import Ledger, Said, What
from tools.simulate.volumes import START

FINAL: Final = ("DONE", "REFUSED")


class Behaving(Protocol):
    """Whoever has software: a subscriber, or an operator of several."""

    habits: Habits
    ledger: Ledger


@dataclass
class Run:
    """A dual run as its subscriber knows it: which door rehearses, from when until when (None: still)."""

    id: str
    mode: Mode
    begun: datetime
    ended: datetime | None = None


@dataclass
class Operator:
    """Who runs one account for many organizations; `members` are their subscriptions."""

    username: str
    organization: str
    habits: Habits
    real: bool = False
    ledger: Ledger = field(default_factory=Ledger)
    members: list[Subscriber] = field(default_factory=list)
    numbers: Counter[str] = field(default_factory=Counter)
    """How many cases there are of each dossier in its inbox."""

    def ambiguous(self, number: str) -> bool:
        """Whether an answer that names this dossier means more than one case."""
        return self.numbers[number] > 1


@dataclass
class Subscriber:
    """A commune and its one subscription, with the software of both doors; `mode` is the owner's, since a moment.

    `drains_until`: so long what was open at its last switch is the former owner's. `operator`: whose account serves it
    too. `runs`: its dual runs, of which the last may be under way.
    """

    organization: str
    process: str
    subscription: str
    habits: Habits
    mode: Mode
    real: bool = False
    transport: Transport = Transport.PULL
    since: datetime = START
    drains_until: datetime = START
    operator: Operator | None = None
    ledger: Ledger = field(default_factory=Ledger)
    software: dict[Mode, list[Poller]] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)

    @property
    def rehearses(self) -> Mode | None:
        """The door that rehearses now."""
        return self.runs[-1].mode if self.runs and self.runs[-1].ended is None else None

    def owned(self, mode: Mode, now: datetime) -> bool:
        """Whether a door may own deliveries of it; in the step of a switch both may."""
        return mode is self.mode or now <= max(self.since, self.drains_until)

    def rehearse(self, run: str, mode: Mode, now: datetime) -> None:
        """Its other system is switched on beside the one it works with."""
        self.runs.append(Run(run, mode, now))
        self.wake()

    def end_run(self, now: datetime) -> None:
        """A dual run that is under way is over, and what was rehearsed is emptied."""
        if self.rehearses is not None:
            for poller in self.software[self.rehearses]:
                poller.forget()
            self.runs[-1].ended = now

    def wake(self, *, all_doors: bool = False) -> None:
        """Lets what polls at the doors that show something find what is new; `all_doors`: at the others too."""
        for mode, pollers in self.software.items():
            if all_doors or mode in (self.mode, self.rehearses):
                for poller in pollers:
                    poller.wake()


def final_status(number: str) -> str:
    """How a dossier ends: every system of a subscriber comes to the same decision."""
    return FINAL[hashlib.sha256(number.encode()).digest()[0] < 40]


class Poller:
    """Polls at its habit's times, of which those are left out at which it would find nothing."""

    def __init__(self, agenda: Agenda, subscriber: Behaving, actor: str, random: Random) -> None:
        self.agenda = agenda
        self.habits = subscriber.habits
        self.actor = actor
        self.polls = 0
        self._random = random
        self._ledger = subscriber.ledger
        self._phase = timedelta(minutes=random.randrange(60))
        self._asked = False

    def wake(self) -> None:
        """Looks at its next poll."""
        if self._asked or self.habits.forever:
            return
        self._asked = True
        since = max(self.agenda.clock.now + STEP, self.habits.away_until or START)
        begin = START + self._phase
        polls = -((begin - since) // self.habits.period)
        self.agenda.at(begin + polls * self.habits.period, self.actor, self._visit)

    async def visit(self) -> None:
        """What a poll does."""
        raise NotImplementedError

    def forget(self) -> None:
        """Takes everything again that is still shown."""

    def chance(self, probability: float) -> bool:
        """Whether something happens this time."""
        return self._random.random() < probability

    def within(self, bounds: tuple[timedelta, timedelta]) -> timedelta:
        """A time within bounds."""
        return between(self._random, bounds)

    def later(self, time: timedelta, work: Work) -> None:
        """Does something after a while, poll or not."""
        self.agenda.after(time, self.actor, work)

    def note(
        self, door: str, what: What, about: str, *, taken: bool = True, status: str = "", at: datetime | None = None
    ) -> None:
        """Writes a line of the ledger; `at`: when it was done, if not now."""
        self._ledger.note(Said(at or self.agenda.clock.now, door, self.actor, what, about, taken, status))

    def wrong(self, fault: str) -> None:
        """Writes down what should not be."""
        self._ledger.faults.append(f"{self.agenda.clock.now:%Y-%m-%d %H:%M} {self.actor}: {fault}")

    async def _visit(self) -> None:
        self._asked = False
        self.polls += 1
        await self.visit()
