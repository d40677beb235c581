"""The subscriptions of a move: each is switched once, or left as it is with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller, Mode, Transport
from gateway.domain.moves import Move, MoveState, Row, RowState
from gateway.domain.readiness import Readiness
from gateway.domain.referential import Subscription
from gateway.domain.switches import Switch
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.readiness import readiness_of
from gateway.services.switching import switch_held


def held(tx: Transaction, move: Move, *states: MoveState) -> Move | None:
    """The move, kept from changes by others, if it is still in one of these states."""
    found = tx.moves.hold(move.name)
    return found if found is not None and found.id == move.id and found.state in states else None


async def switch_rows(office: Office, caller: Caller, move: Move, rows: Sequence[Row], before: RowState) -> int | None:
    """Switches the rows' subscriptions in one transaction; None when the move runs no more.

    One that changed since the plan is left out, one that is not ready stays as it is, with the reason.
    """
    now = office.clock()
    spec = move.spec
    ids = [row.subscription_id for row in rows]
    ready = await readiness_of(office, caller, ids, spec.to, spec.transport, move=move.name, whole=False)
    after = await office.store.write(partial(_switched, caller, move, rows, before, ready, now))
    if after is None:
        return None
    tell(office, after, spec.to)
    return len(after)


def tell(office: Office, after: Sequence[Row], to: Mode) -> None:
    """Counts what became of rows, and wakes up who waits for deliveries."""
    for row in after:
        office.meter.count("move_rows_total", state=row.state)
        if row.state is RowState.SWITCHED:
            office.meter.count("switches_total", to=to)
    if after:
        office.signals.published()


def changed_since(known: Subscription | None, mode: Mode, transport: Transport, epoch: int) -> str | None:
    """Why a subscription is not what it was expected to be, in words; None when it is."""
    if known is None:
        return "there is no such subscription any more"
    same = known.access_mode is mode and (mode is not Mode.SFTP or known.transport is transport)
    if same and known.epoch == epoch:
        return None
    return (
        f"it is in mode {_door(known.access_mode, known.transport)}, epoch {known.epoch}, and not in mode "
        f"{_door(mode, transport)}, epoch {epoch}"
    )


def _switched(
    caller: Caller,
    move: Move,
    rows: Sequence[Row],
    before: RowState,
    ready: dict[str, Readiness],
    now: datetime,
    tx: Transaction,
) -> list[Row] | None:
    if held(tx, move, MoveState.RUNNING) is None:
        return None
    settled = []
    known = tx.subscriptions.hold_all(row.subscription_id for row in rows)
    for kept in tx.move_rows.at(move.id, [row.position for row in rows]):  # nobody changes them while the move is held
        if kept.state is not before:
            continue  # somebody else did it meanwhile
        about = kept.subscription_id
        after = _row_after(tx, caller, move, kept, known.get(about), ready.get(about), now)
        if tx.move_rows.change(move.id, after, before, now):
            settled.append(after)
    return settled


def _row_after(
    tx: Transaction,
    caller: Caller,
    move: Move,
    row: Row,
    known: Subscription | None,
    ready: Readiness | None,
    now: datetime,
) -> Row:
    changed = changed_since(known, row.from_mode, row.from_transport, row.from_epoch)
    if changed is not None or known is None:
        return replace(row, state=RowState.LEFT_OUT, reason=f"changed since the plan: {changed}")
    if ready is None or not ready.go or not known.active(now):
        against = ready.against if ready is not None else ""
        return replace(row, state=RowState.BLOCKED, reason=against or f"the subscription is {known.shown(now)}")
    spec = move.spec
    wanted = Switch(spec.to, spec.transport, spec.in_flight, spec.drain_for, row.from_epoch)
    try:
        done = switch_held(tx, caller, known, wanted, now, move=move.name)
    except InvalidRequestError as refused:  # before it has written anything
        return replace(row, state=RowState.BLOCKED, reason="; ".join(refused.faults))
    return replace(row, state=RowState.SWITCHED, reason=None, epoch=done.epoch)


def _door(mode: Mode, transport: Transport) -> str:
    return f"{mode} ({transport})" if mode is Mode.SFTP else str(mode)
