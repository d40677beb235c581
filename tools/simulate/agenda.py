"""Virtual time: a clock that moves when nothing is left to do, and what is to be done when."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

STEP: Final = timedelta(minutes=5)
"""Everything happens at a multiple of this: whoever acts in the same step acts at the same time."""

Work = Callable[[], Awaitable[None]]


@dataclass
class Clock:
    """The time that the office is given."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(order=True)
class _Entry:
    moment: datetime
    order: int
    actor: str = field(compare=False)
    work: Work = field(compare=False)


class Agenda:
    """What is to be done, by virtual time.

    In one step different actors act concurrently, `at_once` of them, so that they race as they do in life; what one
    actor does in a step happens one after the other.
    """

    def __init__(self, clock: Clock, at_once: int = 16) -> None:
        self.clock = clock
        self.done = 0
        self._entries: list[_Entry] = []
        self._orders = count()
        self._gate = asyncio.Semaphore(at_once)

    def at(self, moment: datetime, actor: str, work: Work) -> None:
        """Adds something to be done at a moment, in the next step at the earliest."""
        earliest = self.clock.now + STEP
        due = max(_rounded(moment), _rounded(earliest))
        heapq.heappush(self._entries, _Entry(due, next(self._orders), actor, work))

    def after(self, time: timedelta, actor: str, work: Work) -> None:
        """Adds something to be done after a while."""
        self.at(self.clock.now + time, actor, work)

    async def run(self, until: datetime, after_step: Work, enough: Callable[[], bool]) -> bool:
        """Does everything that is due up to a moment; False when there was `enough` of it before.

        `after_step` is done behind each step, before time goes on.
        """
        while self._entries and self._entries[0].moment <= until:
            if enough():
                return False
            self.clock.now = self._entries[0].moment
            actors: dict[str, list[Work]] = {}
            while self._entries and self._entries[0].moment <= self.clock.now:
                entry = heapq.heappop(self._entries)
                actors.setdefault(entry.actor, []).append(entry.work)
            async with asyncio.TaskGroup() as group:
                for works in actors.values():
                    group.create_task(self._act(works))
            await after_step()
        self.clock.now = max(self.clock.now, until)
        return True

    async def _act(self, works: list[Work]) -> None:
        async with self._gate:
            for work in works:
                await work()
                self.done += 1


def _rounded(moment: datetime) -> datetime:
    """Up to the next step."""
    start = datetime(2000, 1, 1, tzinfo=UTC)
    steps = -((start - moment) // STEP)
    return start + steps * STEP
