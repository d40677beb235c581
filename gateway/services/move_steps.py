"""The steps of a move that people take, and in which state each may be taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from gateway.domain.errors import ConflictError, ForbiddenError, NotFoundError
from gateway.domain.identity import Caller, Right
from gateway.domain.journal import Entry
from gateway.domain.moves import Move, MoveState, RowState, Wave, WaveState
from gateway.domain.wave_times import upcoming
from gateway.services.office import Policy
from gateway.services.ports import Transaction

BY_HAND: Final = "by hand"
WATCHED: Final = "gateway moves (watched folder)"
"""The actor that plans what lies in the watched folder: nobody knows who wrote it there."""


class Step(StrEnum):
    """What somebody may do with a planned move."""

    APPROVE = "approve"
    APPLY = "apply"
    PAUSE = "pause"
    RESUME = "resume"
    ROLLBACK = "rollback"

    @property
    def right(self) -> Right:
        """Who may."""
        return Right.APPROVE if self is Step.APPROVE else Right.APPLY


@dataclass(frozen=True, slots=True)
class Status:
    """A move with its waves, and how many rows are in which state: of each wave, by its number.

    Wave 0 is of the rows that the plan itself blocks. `next_at`: when something is done next of each wave that is not
    over, see `domain.wave_times.upcoming`; nothing of a move that does not run.
    """

    move: Move
    waves: tuple[Wave, ...]
    counts: dict[int, dict[RowState, int]]
    next_at: dict[int, datetime]

    @property
    def totals(self) -> dict[RowState, int]:
        """The same of the whole move."""
        found: dict[RowState, int] = {}
        for counts in self.counts.values():
            for state, count in counts.items():
                found[state] = found.get(state, 0) + count
        return found


@dataclass(frozen=True, slots=True)
class Wish:
    """A step that is asked for: the plan's digest goes with APPROVE and APPLY, `reason` with PAUSE."""

    step: Step
    caller: Caller
    now: datetime
    digest: str | None = None
    reason: str = BY_HAND


Change = tuple[Move, Entry, dict[str, Any]]


def decided(move: Move, wish: Wish, policy: Policy) -> Change | None:
    """The move after the step with what the journal says of it; None when the step was taken before.

    Raises ConflictError when its state does not allow the step or another plan is recorded; ForbiddenError.
    """
    return _STEPS[wish.step](move, wish, policy)


def existing(move: Move | None) -> Move:
    """The move. Raises NotFoundError when there is none, or none that is whole."""
    if move is None or move.state is MoveState.ABANDONED:
        raise NotFoundError("Move")
    return move


def status_of(tx: Transaction, move: Move, now: datetime) -> Status:
    """The move with its waves and counts, and what comes next from `now` on."""
    waves = tuple(tx.moves.waves(move.id))
    rehearsing = [wave.number for wave in waves if wave.state is WaveState.REHEARSE]
    looks = {number: at for number in rehearsing if (at := tx.move_rows.looked_at(move.id, number)) is not None}
    return Status(move, waves, tx.move_rows.counts(move.id), upcoming(move, waves, looks, now))


def keep(
    tx: Transaction, caller: Caller, before: Move, after: Move, entry: Entry, now: datetime, **detail: Any
) -> None:
    """Writes a step of a move that the transaction holds, and its line."""
    moved = tx.moves.change(after, before.state)
    assert moved, "the move was held"
    tell(tx, caller, after, entry, now, detail)


def tell(tx: Transaction, caller: Caller, move: Move, entry: Entry, now: datetime, detail: Mapping[str, Any]) -> None:
    """Writes a line about a move; its digest is that of the plan."""
    tx.journal.write(entry, caller, now, digest=bytes.fromhex(move.plan_digest), detail={"move": move.name, **detail})


def shown(counts: Mapping[RowState, int]) -> dict[str, int]:
    """Counts of rows as the journal and the doors show them: without those that are none."""
    return {str(state): counts[state] for state in RowState if counts.get(state)}


def _approved(move: Move, wish: Wish, policy: Policy) -> Change | None:
    _same_plan(move, wish)
    if move.state is MoveState.APPROVED:
        return None
    _expect(move, "approved", MoveState.PLANNED)
    actor, state = wish.caller.actor, MoveState.APPROVED
    if policy.two_people:
        if actor in (move.planned_by, WATCHED):
            raise ForbiddenError("Another person than the one who planned the move has to approve it")
        if move.planned_by == WATCHED and move.approved_by in (None, actor):
            if move.approved_by == actor:
                return None
            state = MoveState.PLANNED
    detail = {"first": True} if state is MoveState.PLANNED else {}
    return replace(move, state=state, approved_by=actor, approved_at=wish.now), Entry.MOVE_APPROVED, detail


def _applied(move: Move, wish: Wish, _: Policy) -> Change | None:
    _same_plan(move, wish)
    if move.applied_at is not None:
        return None
    _expect(move, "applied", MoveState.APPROVED)
    after = replace(move, state=MoveState.RUNNING, applied_by=wish.caller.actor, applied_at=wish.now)
    return after, Entry.MOVE_APPLIED, {}


def _paused(move: Move, wish: Wish, _: Policy) -> Change | None:
    if move.state is MoveState.PAUSED:
        return None
    _expect(move, "paused", MoveState.RUNNING)
    return replace(move, state=MoveState.PAUSED, reason=wish.reason), Entry.MOVE_PAUSED, {"reason": wish.reason}


def _resumed(move: Move, wish: Wish, _: Policy) -> Change | None:
    if move.state is MoveState.RUNNING:
        return None
    _expect(move, "resumed", MoveState.PAUSED)
    return replace(move, state=MoveState.RUNNING, reason=None, resumed_at=wish.now), Entry.MOVE_RESUMED, {}


def _rolled_back(move: Move, _wish: Wish, _: Policy) -> Change | None:
    if move.state in (MoveState.ROLLBACK, MoveState.ROLLED_BACK):
        return None
    _expect(move, "rolled back", MoveState.RUNNING, MoveState.PAUSED, MoveState.DONE)
    after = replace(move, state=MoveState.ROLLBACK, ended_at=None, reason=None)
    return after, Entry.MOVE_ROLLED_BACK, {"begun": True}


_STEPS: Final[Mapping[Step, Callable[[Move, Wish, Policy], Change | None]]] = {
    Step.APPROVE: _approved,
    Step.APPLY: _applied,
    Step.PAUSE: _paused,
    Step.RESUME: _resumed,
    Step.ROLLBACK: _rolled_back,
}


def _same_plan(move: Move, wish: Wish) -> None:
    if move.plan_digest != wish.digest:
        raise ConflictError(
            f"Another plan of {move.name} is recorded: digest {move.plan_digest}, by {move.planned_by}",
            state={"digest": move.plan_digest},
        )


def _expect(move: Move, verb: str, *states: MoveState) -> None:
    if move.state not in states:
        wanted = " or ".join(states)
        raise ConflictError(
            f"The move {move.name} is {move.state}: one that is {wanted} can be {verb}", state={"state": move.state}
        )
