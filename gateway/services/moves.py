"""Planned moves: recorded, approved, applied, paused, rolled back; `services.waves` carries them out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Final

from gateway.domain.errors import ConflictError, ForbiddenError, NotFoundError
from gateway.domain.identity import Caller, Right
from gateway.domain.ids import new_id
from gateway.domain.journal import Entry
from gateway.domain.moves import Move, MoveState, Row, RowState, Spec, Wave
from gateway.services.access import may, operators_alone
from gateway.services.office import Office
from gateway.services.ports import Transaction

_BATCH: Final = 2000
_STALE: Final = timedelta(days=1)
"""How long a plan may take to be written."""
NOT_BEGUN: Final = frozenset({MoveState.PLANNED, MoveState.APPROVED})


@dataclass(frozen=True, slots=True)
class Status:
    """A move with its waves, and how many rows are in which state: of each wave, by its number."""

    move: Move
    waves: tuple[Wave, ...]
    counts: dict[int, dict[RowState, int]]

    @property
    def totals(self) -> dict[RowState, int]:
        """The same of the whole move."""
        found: dict[RowState, int] = {}
        for counts in self.counts.values():
            for state, count in counts.items():
                found[state] = found.get(state, 0) + count
        return found


async def record(
    office: Office, caller: Caller, spec: Spec, waves: Sequence[Wave], rows: Iterable[Row], digest: str
) -> Move:
    """Keeps a plan, to be approved. One of the same name that has not begun is replaced; the same plan is kept once.

    Rows are written some thousands at a time, and nobody sees the move before the last one is there. Raises
    ForbiddenError without the right to plan, ConflictError when a move of that name has begun.
    """
    may(caller, Right.PLAN)
    now = office.clock()
    known = await office.store.read(lambda tx: _replaceable(tx.moves.named(spec.name), digest))
    if known is not None:
        return known
    await _sweep(office, now)
    size = sum(wave.size for wave in waves)
    move = Move(new_id(), spec.name, MoveState.PLANNED, spec, digest, size, caller.actor, now)
    await office.store.write(lambda tx: tx.moves.begin(move, waves))
    for batch in _batches(rows):
        await office.store.write(partial(_add, move.id, batch))

    def verb(tx: Transaction) -> tuple[Move, str | None]:
        before = tx.moves.hold(spec.name)
        same = _replaceable(before, digest)
        if same is not None:
            return same, move.id
        if before is not None:
            tx.moves.abandon(before.id)
        if not tx.moves.name(move.id, spec.name):
            raise ConflictError("The plan took longer to be written than a plan may; record it again")
        detail = {"size": size, "waves": len(waves), "replaces": before.plan_digest if before else None}
        _line(tx, Entry.MOVE_PLANNED, caller, move, now, detail)
        return move, before.id if before else None

    kept, given_up = await office.store.write(verb)
    if given_up is not None:
        await office.store.write(partial(_delete, given_up))
    return kept


async def approve(office: Office, caller: Caller, name: str, digest: str) -> Move:
    """Approves the plan of that digest; approving it twice is the same as once.

    Raises ForbiddenError without the right, or to who planned it where two people are asked for; NotFoundError;
    ConflictError when another plan is recorded now, or the move has begun.
    """
    may(caller, Right.APPROVE)
    now = office.clock()

    def change(move: Move) -> tuple[Move, Entry, dict[str, Any]] | None:
        _same_plan(move, digest)
        if move.state is MoveState.APPROVED:
            return None
        _expect(move, "approved", MoveState.PLANNED)
        if office.policy.two_people and caller.actor == move.planned_by:
            raise ForbiddenError("Another person than the one who planned the move has to approve it")
        return (
            replace(move, state=MoveState.APPROVED, approved_by=caller.actor, approved_at=now),
            Entry.MOVE_APPROVED,
            {},
        )

    return await _change(office, caller, name, now, change)


async def apply(office: Office, caller: Caller, name: str, digest: str) -> Move:
    """Lets an approved move run; applying the same plan again changes nothing.

    Raises ForbiddenError, NotFoundError, and ConflictError as `approve` does, or when it is not approved.
    """
    may(caller, Right.APPLY)
    now = office.clock()

    def change(move: Move) -> tuple[Move, Entry, dict[str, Any]] | None:
        _same_plan(move, digest)
        if move.applied_at is not None:
            return None
        _expect(move, "applied", MoveState.APPROVED)
        return replace(move, state=MoveState.RUNNING, applied_by=caller.actor, applied_at=now), Entry.MOVE_APPLIED, {}

    return await _change(office, caller, name, now, change)


async def pause(office: Office, caller: Caller, name: str, reason: str = "by hand") -> Move:
    """Begins no wave and switches nothing more, until it is resumed; what was switched stays so.

    Raises ForbiddenError, NotFoundError, ConflictError.
    """
    may(caller, Right.APPLY)
    now = office.clock()

    def change(move: Move) -> tuple[Move, Entry, dict[str, Any]] | None:
        if move.state is MoveState.PAUSED:
            return None
        _expect(move, "paused", MoveState.RUNNING)
        return replace(move, state=MoveState.PAUSED, reason=reason), Entry.MOVE_PAUSED, {"reason": reason}

    return await _change(office, caller, name, now, change)


async def resume(office: Office, caller: Caller, name: str) -> Move:
    """Goes on with a paused move. Its stop rules look from now on at what happens from now on.

    Raises ForbiddenError, NotFoundError, ConflictError.
    """
    may(caller, Right.APPLY)
    now = office.clock()

    def change(move: Move) -> tuple[Move, Entry, dict[str, Any]] | None:
        if move.state is MoveState.RUNNING:
            return None
        _expect(move, "resumed", MoveState.PAUSED)
        return replace(move, state=MoveState.RUNNING, reason=None, resumed_at=now), Entry.MOVE_RESUMED, {}

    return await _change(office, caller, name, now, change)


async def rollback(office: Office, caller: Caller, name: str) -> Move:
    """Begins the way back: everything that the move switched is switched back, the last first.

    Raises ForbiddenError, NotFoundError, ConflictError.
    """
    may(caller, Right.APPLY)
    now = office.clock()

    def change(move: Move) -> tuple[Move, Entry, dict[str, Any]] | None:
        if move.state in (MoveState.ROLLBACK, MoveState.ROLLED_BACK):
            return None
        _expect(move, "rolled back", MoveState.RUNNING, MoveState.PAUSED, MoveState.DONE)
        back = replace(move, state=MoveState.ROLLBACK, ended_at=None, reason=None)
        return back, Entry.MOVE_ROLLED_BACK, {"begun": True}

    return await _change(office, caller, name, now, change)


async def listing(office: Office, caller: Caller, after: str = "", most: int = 100) -> list[Move]:
    """The moves whose names come after one, in their order. For ADMIN. Raises ForbiddenError."""
    operators_alone(caller)
    return await office.store.read(lambda tx: tx.moves.after(after, most))


async def status(office: Office, caller: Caller, name: str) -> Status:
    """One move with its waves and counts. For ADMIN. Raises ForbiddenError, NotFoundError."""
    operators_alone(caller)

    def query(tx: Transaction) -> Status:
        move = _known(tx.moves.named(name))
        return Status(move, tuple(tx.moves.waves(move.id)), tx.move_rows.counts(move.id))

    return await office.store.read(query)


async def rows(
    office: Office, caller: Caller, name: str, after: int = 0, most: int = 100, state: RowState | None = None
) -> list[Row]:
    """The rows behind a position. For ADMIN. Raises ForbiddenError, NotFoundError."""
    operators_alone(caller)
    return await office.store.read(lambda tx: tx.move_rows.page(_known(tx.moves.named(name)).id, after, most, state))


def keep(
    tx: Transaction, caller: Caller, before: Move, after: Move, entry: Entry, now: datetime, **detail: Any
) -> None:
    """Writes a step of a move that the transaction holds, and its line."""
    moved = tx.moves.change(after, before.state)
    assert moved, "the move was held"
    _line(tx, entry, caller, after, now, detail)


async def _change(
    office: Office,
    caller: Caller,
    name: str,
    now: datetime,
    change: Callable[[Move], tuple[Move, Entry, dict[str, Any]] | None],
) -> Move:
    def verb(tx: Transaction) -> tuple[Move, bool]:
        move = _known(tx.moves.hold(name))
        changed = change(move)
        if changed is None:
            return move, False
        after, entry, detail = changed
        keep(tx, caller, move, after, entry, now, **detail)
        return after, True

    after, moved = await office.store.write(verb)
    if moved:
        office.meter.count("moves_total", state=after.state)
    return after


def _line(tx: Transaction, entry: Entry, caller: Caller, move: Move, now: datetime, detail: dict[str, Any]) -> None:
    tx.journal.write(entry, caller, now, digest=bytes.fromhex(move.plan_digest), detail={"move": move.name, **detail})


def _known(move: Move | None) -> Move:
    if move is None or move.state is MoveState.ABANDONED:
        raise NotFoundError("Move")
    return move


def _replaceable(known: Move | None, digest: str) -> Move | None:
    """The move that is kept already, when it is that plan; None when there is none, or one to be replaced."""
    if known is None or known.plan_digest == digest:
        return known
    if known.state not in NOT_BEGUN:
        raise ConflictError(
            f"The move {known.name} is {known.state}: it has begun, and its plan stays what it was. Give the new plan "
            "another name",
            state={"state": known.state},
        )
    return None


def _same_plan(move: Move, digest: str) -> None:
    if move.plan_digest != digest:
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


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _add(move: str, batch: Sequence[Row], tx: Transaction) -> None:
    tx.move_rows.add(move, batch)


async def _sweep(office: Office, now: datetime) -> None:
    """Takes away plans that were replaced, and those whose writing broke off."""
    for move in await office.store.read(lambda tx: tx.moves.stale(now - _STALE)):
        await office.store.write(partial(_delete, move))


def _delete(move: str, tx: Transaction) -> None:
    tx.moves.delete(move)
