"""Moves: planned switches of many subscriptions, in waves (delivery rules, Switch)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from gateway.domain.identity import Mode, OrganizationId, Transport
from gateway.domain.switches import InFlight
from gateway.domain.windows import Window


class MoveState(StrEnum):
    """PLANNED → APPROVED → RUNNING ⇄ PAUSED → DONE; a move that began may go ROLLBACK → ROLLED_BACK."""

    PLANNED = "PLANNED"
    APPROVED = "APPROVED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    DONE = "DONE"
    ROLLBACK = "ROLLBACK"
    ROLLED_BACK = "ROLLED_BACK"
    ABANDONED = "ABANDONED"
    """Still being written, or replaced by a newer plan before it began: not shown, and swept."""


class WaveState(StrEnum):
    """WAITING → REHEARSE (where the move asks for a dual run) → RUNNING → DONE."""

    WAITING = "WAITING"
    REHEARSE = "REHEARSE"
    RUNNING = "RUNNING"
    DONE = "DONE"


class RowState(StrEnum):
    """What became of one subscription of a move."""

    WAITING = "WAITING"
    REHEARSING = "REHEARSING"
    SWITCHED = "SWITCHED"
    BLOCKED = "BLOCKED"
    """Not ready: it was planned, and is left as it is with the reason."""
    LEFT_OUT = "LEFT_OUT"
    """Changed since the plan: its mode or epoch is not the planned one."""
    ROLLED_BACK = "ROLLED_BACK"


SETTLED: Final = frozenset({RowState.SWITCHED, RowState.BLOCKED, RowState.LEFT_OUT, RowState.ROLLED_BACK})


@dataclass(frozen=True, slots=True)
class Subscriber:
    """An organization as a move names it, by SIRET alone or with its branch code."""

    company_register: str
    branch_code: str | None = None

    def names(self, organization: OrganizationId) -> bool:
        """Whether it means that organization."""
        return self.company_register == organization.company_register and self.branch_code in (
            None,
            organization.branch_code,
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """Which subscriptions a move is about: all that fulfil everything given; empty means any.

    `departments` by the first characters of the branch (INSEE) code. `listed`: (organization, process) pairs, from a
    list; None: no list was given.
    """

    processes: tuple[str, ...] = ()
    mode: Mode | None = None
    transport: Transport | None = None
    departments: tuple[str, ...] = ()
    subscribers: tuple[Subscriber, ...] = ()
    exclude: tuple[Subscriber, ...] = ()
    listed: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class DualRun:
    """The rehearsal before a switch: over once it lasted `at_least` with so many equal deliveries.

    `or_all_within`: for small subscribers, whose every delivery of that time was equal, be it a single one.
    """

    at_least: timedelta
    equal_deliveries: int
    or_all_within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class WaveSize:
    """How large a wave is: so many subscriptions, or so many percent of all; `pause` before it begins."""

    count: int | None = None
    percent: float | None = None
    pause: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class StopRules:
    """When a move pauses itself; shares between 0 and 1, None: never for that reason."""

    failed_deliveries_over: float | None = None
    undelivered_age_over: timedelta | None = None
    error_rate_over: float | None = None


@dataclass(frozen=True, slots=True)
class Spec:
    """What a file of moves asks for, with every default spelt out."""

    name: str
    select: Selection
    to: Mode
    transport: Transport = Transport.PULL
    via: DualRun | None = None
    in_flight: InFlight = InFlight.CARRY
    drain_for: timedelta | None = None
    waves: tuple[WaveSize, ...] = (WaveSize(percent=100.0),)
    window: Window = field(default_factory=Window)
    stop_when: StopRules = field(default_factory=StopRules)
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """A planned move. `plan_digest` (hexadecimal SHA-256) is the plan that was approved and is applied.

    `resumed_at`: its stop rules look at what came after that.
    """

    id: str
    name: str
    state: MoveState
    spec: Spec
    plan_digest: str
    size: int
    planned_by: str
    planned_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    applied_by: str | None = None
    applied_at: datetime | None = None
    resumed_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave of a move, numbered from 1; it does not begin before `starts_at`."""

    number: int
    size: int
    starts_at: datetime
    state: WaveState = WaveState.WAITING
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One subscription of a move as it was planned, and what became of it. `epoch` is the one its switch began."""

    position: int
    subscription_id: str
    wave: int
    from_mode: Mode
    from_transport: Transport
    from_epoch: int
    in_flight: int
    state: RowState = RowState.WAITING
    reason: str | None = None
    rehearsal_id: str | None = None
    epoch: int | None = None
    changed_at: datetime | None = None


def sizes(total: int, waves: Sequence[WaveSize]) -> list[int]:
    """How many subscriptions each wave takes of `total`; percentages are of all, rounded up.

    Raises ValueError when subscriptions would be left over.
    """
    left, found = total, []
    for wave in waves:
        wanted = wave.count if wave.count is not None else -(-total * round((wave.percent or 0) * 1000) // 100_000)
        found.append(min(left, wanted))
        left -= found[-1]
    if left:
        raise ValueError(f"the waves leave {left} of {total} subscriptions out: end with size: 100%")
    return found


def starts(now: datetime, waves: Sequence[WaveSize], window: Window, via: DualRun | None) -> list[datetime]:
    """The earliest moment of each wave, in the window, when each takes no time but its rehearsal."""
    found: list[datetime] = []
    at = now
    for wave in waves:
        at = window.opens(at + wave.pause)
        found.append(at)
        at += via.at_least if via else timedelta(0)
    return found
