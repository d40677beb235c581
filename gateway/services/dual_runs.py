"""The dual runs of a move: a subscription is switched when its two systems did the same (delivery rules, Dual run)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Final

from gateway.domain.errors import ConflictError, InvalidRequestError
from gateway.domain.identity import Caller
from gateway.domain.moves import DualRun, Move, MoveState, Row, RowState, Wave
from gateway.domain.rehearsals import Comparison, Likeness
from gateway.domain.wave_times import LOOK_AGAIN
from gateway.services.move_rows import changed_since, held, switch_rows, tell
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.rehearsals import LONGEST, comparison, finish, start_held

_BATCH: Final = 50
PATIENCE: Final = timedelta(days=7)
"""How long, after `or_all_within`, the second system may still fetch what the first has, and the reverse."""
_MOST_NAMED: Final = 3


class Verdict(Enum):
    """What a dual run leads to."""

    GO = "go"
    NO_GO = "no-go"
    WAIT = "wait"


async def rehearse(office: Office, caller: Caller, move: Move, wave: Wave) -> int | None:
    """Begins the dual runs of a wave, and settles the rows whose dual run has shown enough.

    None when there is nothing to be done before some time has passed, or the move runs no more. Looks at a few rows at
    a time; may break off anywhere and be run again.
    """
    now = office.clock()
    fresh = await office.store.read(lambda tx: tx.move_rows.of_wave(move.id, wave.number, RowState.WAITING, 0, _BATCH))
    if fresh:
        begun = await office.store.write(partial(_begin, caller, move, fresh, now))
        return None if begun is None else _told(office, move, begun)
    before = now - LOOK_AGAIN
    rested = await office.store.read(
        lambda tx: tx.move_rows.rested(move.id, wave.number, RowState.REHEARSING, before, _BATCH)
    )
    if not rested:
        return None
    judged = [(row, *await office.store.read(partial(_judge, move, row, now))) for row in rested]
    settled = 0
    go = [row for row, verdict, _ in judged if verdict is Verdict.GO]
    if go and move.spec.window.is_open(now):
        switched = await switch_rows(office, caller, move, go, RowState.REHEARSING)
        if switched is None:
            return None
        settled += switched
        go = []
    rest = [(row, reason) for row, verdict, reason in judged if verdict is not Verdict.GO or row in go]
    noted = await office.store.write(partial(_note, caller, move, rest, now))
    if noted is None:
        return None
    return settled + _told(office, move, noted)


async def over(office: Office, move: Move, wave: Wave) -> bool:
    """Whether every row of a wave that rehearses is settled."""
    counts = await office.store.read(lambda tx: tx.move_rows.counts(move.id))
    of_wave = counts.get(wave.number, {})
    return not (of_wave.get(RowState.WAITING) or of_wave.get(RowState.REHEARSING))


def judge(rule: DualRun, found: Comparison, now: datetime) -> tuple[Verdict, str]:
    """What a dual run has shown by now, and why it speaks against the switch."""
    different, pending = found.of(Likeness.DIFFERENT), found.of(Likeness.PENDING)
    if different:
        named = [f"{one.archive} ({', '.join(one.differences)})" for one in different[:_MOST_NAMED]]
        more = f" and {len(different) - len(named)} more" if len(different) > len(named) else ""
        return Verdict.NO_GO, f"the two systems differed in the dual run: {'; '.join(named)}{more}"
    equal = len(found.of(Likeness.EQUAL))
    lasted = (found.rehearsal.ended_at or now) - found.rehearsal.started_at
    if lasted >= rule.at_least and equal >= rule.equal_deliveries:
        return Verdict.GO, ""
    if rule.or_all_within is not None and lasted >= rule.or_all_within and equal and not pending:
        return Verdict.GO, ""
    if found.rehearsal.ended_at is None and now < found.rehearsal.ends_at:
        return Verdict.WAIT, ""
    reason = f"the dual run ended after {lasted.days} d with {equal} equal deliveries"
    return Verdict.NO_GO, reason + (f" and {len(pending)} that only one system fetched" if pending else "")


def call_off(tx: Transaction, caller: Caller, row: Row, now: datetime) -> None:
    """Ends the dual run of a row, if it is still under way."""
    known = tx.subscriptions.hold(row.subscription_id)
    if known is not None and known.rehearsal_id is not None and known.rehearsal_id == row.rehearsal_id:
        finish(tx, caller, known, now)  # the sweep finds the bytes that it leaves behind


def _judge(move: Move, row: Row, now: datetime, tx: Transaction) -> tuple[Verdict, str]:
    rehearsal = None if row.rehearsal_id is None else tx.rehearsals.get(row.rehearsal_id)
    assert rehearsal is not None, "a row that rehearses has a dual run"
    assert move.spec.via is not None, "a move that rehearses says how"
    known = tx.subscriptions.get(row.subscription_id)
    changed = changed_since(known, row.from_mode, row.from_transport, row.from_epoch)
    if changed is not None:
        return Verdict.NO_GO, f"changed since the plan: {changed}"
    return judge(move.spec.via, comparison(tx, rehearsal), now)


def _begin(caller: Caller, move: Move, rows: Sequence[Row], now: datetime, tx: Transaction) -> list[Row] | None:
    if held(tx, move, MoveState.RUNNING) is None:
        return None
    return [
        after
        for row in sorted(rows, key=lambda one: one.subscription_id)  # in one order, whoever holds them
        if tx.move_rows.change(move.id, after := _begun(tx, caller, move, row, now), RowState.WAITING, now)
    ]


def _begun(tx: Transaction, caller: Caller, move: Move, row: Row, now: datetime) -> Row:
    known = tx.subscriptions.hold(row.subscription_id)
    changed = changed_since(known, row.from_mode, row.from_transport, row.from_epoch)
    if changed is not None or known is None:
        return replace(row, state=RowState.LEFT_OUT, reason=f"changed since the plan: {changed}")
    if not known.active(now):
        return replace(row, state=RowState.BLOCKED, reason=f"the subscription is {known.shown(now)}")
    rule = move.spec.via
    assert rule is not None, "a move that rehearses says how"
    lasting = LONGEST if rule.or_all_within is None else max(rule.at_least, rule.or_all_within) + PATIENCE
    try:
        rehearsal = start_held(tx, caller, known, move.spec.to, min(lasting, LONGEST), now)
    except (ConflictError, InvalidRequestError) as refused:  # before it has written anything
        return replace(row, state=RowState.BLOCKED, reason=refused.message)
    return replace(row, state=RowState.REHEARSING, rehearsal_id=rehearsal.id)


def _note(
    caller: Caller, move: Move, judged: Sequence[tuple[Row, str]], now: datetime, tx: Transaction
) -> list[Row] | None:
    """Writes who is out, and that the others were looked at."""
    if held(tx, move, MoveState.RUNNING) is None:
        return None
    settled = []
    for row, reason in sorted(judged, key=lambda one: one[0].subscription_id):
        if not reason:
            tx.move_rows.change(move.id, row, RowState.REHEARSING, now)
            continue
        (kept,) = tx.move_rows.page(move.id, row.position - 1, 1)
        if kept.state is not RowState.REHEARSING:
            continue  # somebody else settled it meanwhile
        state = RowState.LEFT_OUT if reason.startswith("changed") else RowState.BLOCKED
        after = replace(row, state=state, reason=reason)
        call_off(tx, caller, row, now)
        tx.move_rows.change(move.id, after, RowState.REHEARSING, now)
        settled.append(after)
    return settled


def _told(office: Office, move: Move, after: Sequence[Row]) -> int:
    settled = [row for row in after if row.state is not RowState.REHEARSING]
    tell(office, settled, move.spec.to)
    return len(settled)
