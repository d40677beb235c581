"""The way back of a move: what it switched is switched back, the last first (delivery rules, Switch)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller, Mode
from gateway.domain.journal import Entry
from gateway.domain.moves import Move, MoveState, Row, RowState
from gateway.domain.referential import Subscription
from gateway.domain.switches import Switch
from gateway.services.dual_runs import call_off
from gateway.services.move_rows import changed_since, held, tell
from gateway.services.move_steps import keep, shown, status_of
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.switching import switch_held

log = structlog.get_logger(__name__)

_BATCH: Final = 50
_END: Final = 2**31 - 1
"""Behind the last position of any move."""


async def roll_back(office: Office, caller: Caller, move: Move) -> int:
    """Switches back every subscription that is still as the move left it; answers how many rows it settled.

    It covers what was delivered since, and opens nothing again that was accepted. One that was switched again since is
    left out, with the reason. May break off anywhere and be run again.
    """
    settled, before = 0, _END
    while True:
        now = office.clock()
        after = await office.store.write(partial(_batch, caller, move, before, now))
        if not after:
            if after is not None:
                office.meter.count("moves_total", state=MoveState.ROLLED_BACK)
                log.info("move rolled back", move=move.name)
            return settled
        settled += len(after)
        before = min(row.position for row in after)  # those behind it are done, and not passed again
        for mode in Mode:
            tell(office, [row for row in after if row.from_mode is mode], mode)


def _batch(caller: Caller, move: Move, before: int, now: datetime, tx: Transaction) -> Sequence[Row] | None:
    """The next rows on their way back; none when that was the last: then the move is ROLLED_BACK. None: it is over."""
    kept = held(tx, move, MoveState.ROLLBACK)
    if kept is None:
        return None
    rows = tx.move_rows.latest(move.id, RowState.SWITCHED, before, _BATCH)
    rows = rows or tx.move_rows.latest(move.id, RowState.SWITCHED, _END, _BATCH)
    if not rows and (rehearsing := tx.move_rows.latest(move.id, RowState.REHEARSING, _END, _BATCH)):
        return [_called_off(tx, caller, move, row, now) for row in rehearsing]
    if not rows:
        done = replace(kept, state=MoveState.ROLLED_BACK, ended_at=now)
        keep(
            tx,
            caller,
            kept,
            done,
            Entry.MOVE_ROLLED_BACK,
            now,
            begun=False,
            rows=shown(status_of(tx, kept, now).totals),
        )
        return ()
    settled = []
    known = tx.subscriptions.hold_all(row.subscription_id for row in rows)
    for row in rows:
        after = _switched_back(tx, caller, move, row, known.get(row.subscription_id), now)
        moved = tx.move_rows.change(move.id, after, RowState.SWITCHED, now)
        assert moved, "the move was held"
        settled.append(after)
    return settled


def _called_off(tx: Transaction, caller: Caller, move: Move, row: Row, now: datetime) -> Row:
    call_off(tx, caller, row, now)
    after = replace(row, state=RowState.LEFT_OUT, reason="the move was rolled back during the dual run")
    tx.move_rows.change(move.id, after, RowState.REHEARSING, now)
    return after


def _switched_back(
    tx: Transaction, caller: Caller, move: Move, row: Row, known: Subscription | None, now: datetime
) -> Row:
    assert row.epoch is not None, "a switched row knows its epoch"
    changed = changed_since(known, move.spec.to, move.spec.transport, row.epoch)
    if changed is not None or known is None:
        return replace(row, state=RowState.LEFT_OUT, reason=f"not switched back, it was switched since: {changed}")
    wanted = Switch(row.from_mode, row.from_transport, epoch=row.epoch)
    try:
        switch_held(tx, caller, known, wanted, now, move=move.name)
    except InvalidRequestError as refused:  # before it has written anything
        return replace(row, state=RowState.LEFT_OUT, reason=f"not switched back: {'; '.join(refused.faults)}")
    return replace(row, state=RowState.ROLLED_BACK, reason=None)
