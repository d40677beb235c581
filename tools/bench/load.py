"""What else the machine does meanwhile, so that a figure of a busy one is not taken for a figure of a quiet one."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import psutil  # type: ignore[import-untyped]  # it has no types of its own

_BUSY: Final = 0.1
_LONG_BUSY: Final = 0.25
_IDLE: Final = ("idle", "iowait", "guest", "guest_nice")  # guests' time is in the users' already
_LOOK: Final = 1.0


@dataclass(frozen=True, slots=True)
class Load:
    """`average`: the system's load of the last minute, the bench's own included.

    `others`: which part of all processors went to what is no part of the bench; a database server of its own and other
    machines on the same hardware are others too.
    """

    average: float
    others: float

    @property
    def busy(self) -> bool:
        """Whether figures taken meanwhile say more about the others."""
        return self.others > _BUSY

    def __str__(self) -> str:
        return f"load {self.average:.1f}, others {self.others:.0%}{': busy' if self.busy else ''}"


@dataclass(frozen=True, slots=True)
class Moment:
    """Seconds since some start: of the clock, of all processors in use, of those that the bench used."""

    clock: float
    used: float
    own: float


@dataclass(slots=True)
class Meanwhile:
    """The load of a block, known at its end."""

    load: Load = field(default_factory=lambda: Load(0.0, 0.0))


def at_start() -> Load:
    """Looks for a second, in which the bench does nothing."""
    with meanwhile() as found:
        time.sleep(_LOOK)
    return found.load


def warning(load: Load, processors: int) -> str | None:
    """What to say of such a load before anything was measured; nothing of a quiet machine."""
    if not load.busy and load.average <= processors * _LONG_BUSY:
        return None
    return f"the machine is or was busy ({load}): its figures say little, and each row tells the load beside it"


@contextmanager
def meanwhile() -> Iterator[Meanwhile]:
    """Notes what went on beside the block."""
    found, before = Meanwhile(), moment()
    yield found
    found.load = between(before, moment(), os.cpu_count() or 1)


def between(before: Moment, after: Moment, processors: int) -> Load:
    """The load between two moments."""
    others = (after.used - before.used) - (after.own - before.own)
    passed = (after.clock - before.clock) * processors
    return Load(os.getloadavg()[0], min(1.0, max(0.0, others / passed)) if passed > 0 else 0.0)


def moment() -> Moment:
    """Now."""
    own = psutil.Process()
    spent = 0.0
    for process in (own, *own.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            spent += times.user + times.system + times.children_user + times.children_system
    used = sum(seconds for kind, seconds in psutil.cpu_times()._asdict().items() if kind not in _IDLE)
    return Moment(time.perf_counter(), used, spent)
