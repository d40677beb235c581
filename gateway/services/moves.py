"""Planned moves: recorded, approved, applied, paused, rolled back; `services.waves` carries them out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Final

from gateway.domain.errors import ConflictError
from gateway.domain.identity import Caller, Right
from gateway.domain.ids import new_id
from gateway.domain.journal import Entry
from gateway.domain.moves import Move, MoveState, Row, RowState, Spec, Wave
from gateway.domain.referential import Subscription
from gateway.services.access import may, operators_alone
from gateway.services.move_steps import BY_HAND, Status, Step, Wish, decided, existing, keep, status_of, tell
from gateway.services.office import Office
from gateway.services.once import Once, Replay, only_once
from gateway.services.ports import Transaction
from gateway.services.precondition import Precondition

_BATCH: Final = 2000
_STALE: Final = timedelta(days=1)
"""How long a plan may take to be written."""
_NOT_BEGUN: Final = frozenset({MoveState.PLANNED, MoveState.APPROVED})


async def record(
    office: Office, caller: Caller, spec: Spec, waves: Sequence[Wave], rows: Iterable[Row], digest: str
) -> Move:
    """Keeps a plan, to be approved. One of the same name that has not begun is replaced; the same plan is kept once.

    Raises as `record_once`.
    """
    kept = await record_once(office, caller, spec, waves, rows, digest)
    assert isinstance(kept, Move), "only a request under a key is replayed"
    return kept


async def record_once(
    office: Office,
    caller: Caller,
    spec: Spec,
    waves: Sequence[Wave],
    rows: Iterable[Row],
    digest: str,
    once: Once | None = None,
) -> Move | Replay:
    """The same under the key of a request; `once` renders the move.

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
        tx.moves.reserve(spec.name)
        before = tx.moves.hold(spec.name)
        same = _replaceable(before, digest)
        if same is not None:
            return same, move.id
        if before is not None:
            tx.moves.abandon(before.id)
        if not tx.moves.name(move.id, spec.name):
            raise ConflictError("The plan took longer to be written than a plan may; record it again")
        detail = {"size": size, "waves": len(waves), "replaces": before.plan_digest if before else None}
        tell(tx, caller, move, Entry.MOVE_PLANNED, now, detail)
        return move, before.id if before else None

    key = None if once is None else replace(once, render=lambda done: once.render(done[0]))
    done = await office.store.write(lambda tx: only_once(tx, caller, key, now, verb))
    kept, given_up = (done, move.id) if isinstance(done, Replay) else done
    if given_up is not None:
        await office.store.write(partial(_delete, given_up))
    return kept


async def take(
    office: Office,
    caller: Caller,
    name: str,
    step: Step,
    *,
    digest: str | None = None,
    reason: str = BY_HAND,
    expected: Precondition | None = None,
    once: Once | None = None,
) -> Status | Replay:
    """Takes a step of a move; one that was taken before changes nothing.

    Raises ForbiddenError without the right to it, NotFoundError, and ConflictError when the move is not in a state for
    it, is not as `expected`, or another plan than that of `digest` is recorded.
    """
    may(caller, step.right)
    wish = Wish(step, caller, office.clock(), digest, reason)
    moved: list[MoveState] = []

    def verb(tx: Transaction) -> Status:
        moved.clear()
        move = existing(tx.moves.hold(name))
        if expected is not None:
            expected.check(status_of(tx, move, wish.now), "The move", move.state)
        change = decided(move, wish, office.policy)
        if change is not None:
            move, entry, detail = change
            known = existing(tx.moves.named(name))
            keep(tx, caller, known, move, entry, wish.now, **detail)
            if move.state is not known.state:
                moved.append(move.state)
        return status_of(tx, move, wish.now)

    done = await office.store.write(lambda tx: only_once(tx, caller, once, wish.now, verb))
    for state in moved:
        office.meter.count("moves_total", state=state)
    return done


async def approve(office: Office, caller: Caller, name: str, digest: str) -> Move:
    """Approves the plan of that digest. Where two people are asked for, not by who planned it. Raises as `take`.

    Of a plan that the watched folder made, two people approve then: the first leaves it PLANNED.
    """
    return await _taken(office, caller, name, Step.APPROVE, digest=digest)


async def apply(office: Office, caller: Caller, name: str, digest: str) -> Move:
    """Lets an approved move run. Raises as `take`."""
    return await _taken(office, caller, name, Step.APPLY, digest=digest)


async def pause(office: Office, caller: Caller, name: str, reason: str = BY_HAND) -> Move:
    """Begins no wave and switches nothing more; what was switched stays so. Raises as `take`."""
    return await _taken(office, caller, name, Step.PAUSE, reason=reason)


async def resume(office: Office, caller: Caller, name: str) -> Move:
    """Goes on; stop rules look from now on at what happens from now on. Raises as `take`."""
    return await _taken(office, caller, name, Step.RESUME)


async def rollback(office: Office, caller: Caller, name: str) -> Move:
    """Begins the way back: everything that the move switched is switched back, the last first. Raises as `take`."""
    return await _taken(office, caller, name, Step.ROLLBACK)


async def listing(office: Office, caller: Caller, after: str = "", most: int = 100) -> list[Move]:
    """The moves whose names come after one, in their order. For ADMIN. Raises ForbiddenError."""
    operators_alone(caller)
    return await office.store.read(lambda tx: tx.moves.after(after, most))


async def status(office: Office, caller: Caller, name: str) -> Status:
    """One move with its waves and counts. For ADMIN. Raises ForbiddenError, NotFoundError."""
    operators_alone(caller)
    return await office.store.read(lambda tx: status_of(tx, existing(tx.moves.named(name)), office.clock()))


async def rows(
    office: Office, caller: Caller, name: str, after: int = 0, most: int = 100, state: RowState | None = None
) -> list[Row]:
    """The rows behind a position. For ADMIN. Raises ForbiddenError, NotFoundError."""
    operators_alone(caller)
    return await office.store.read(lambda tx: tx.move_rows.page(existing(tx.moves.named(name)).id, after, most, state))


async def subscriptions_of(office: Office, caller: Caller, of: Sequence[Row]) -> dict[str, Subscription]:
    """The subscriptions of rows by their ids, those that still are. For ADMIN. Raises ForbiddenError."""
    operators_alone(caller)

    def query(batch: Sequence[Row], tx: Transaction) -> list[Subscription | None]:
        return [tx.subscriptions.get(row.subscription_id) for row in batch]

    found: dict[str, Subscription] = {}
    for batch in _batches(of):
        read = await office.store.read(partial(query, batch))
        found |= {known.id: known for known in read if known is not None}
    return found


async def _taken(office: Office, caller: Caller, name: str, step: Step, **values: Any) -> Move:
    done = await take(office, caller, name, step, **values)
    assert isinstance(done, Status), "only a request under a key is replayed"
    return done.move


def _replaceable(known: Move | None, digest: str) -> Move | None:
    """The move that is kept already, when it is that plan; None when there is none, or one to be replaced."""
    if known is None or known.plan_digest == digest:
        return known
    if known.state not in _NOT_BEGUN:
        raise ConflictError(
            f"The move {known.name} is {known.state}: it has begun, and its plan stays what it was. Give the new plan "
            "another name",
            state={"state": known.state},
        )
    return None


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _add(move: str, batch: Sequence[Row], tx: Transaction) -> None:
    if tx.subscriptions.get(batch[0].subscription_id) is None:
        raise ConflictError(f"No subscription has the id {batch[0].subscription_id}: was it planned on this gateway?")
    tx.move_rows.add(move, batch)


async def _sweep(office: Office, now: datetime) -> None:
    """Takes away plans that were replaced, and those whose writing broke off."""
    for move in await office.store.read(lambda tx: tx.moves.stale(now - _STALE)):
        await office.store.write(partial(_delete, move))


def _delete(move: str, tx: Transaction) -> None:
    tx.moves.delete(move)
