"""When a move pauses itself: its stop rules, looked at over what it switched (delivery rules, Switch)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from gateway.domain.alerts import AlertKind
from gateway.domain.identity import Caller
from gateway.domain.journal import Entry
from gateway.domain.moves import Move, MoveState, StopRules
from gateway.services.alerts import alert
from gateway.services.move_rows import held
from gateway.services.move_steps import keep
from gateway.services.office import Office
from gateway.services.ports import Transaction

log = structlog.get_logger(__name__)

_BEFORE_ANY: Final = timedelta(0)


async def stopped(office: Office, caller: Caller, move: Move) -> bool:
    """Pauses a running move if one of its stop rules says so, and tells of it; whether it did.

    What counts is what happened since each switch, and since the move was last resumed.
    """
    now = office.clock()
    reason = await office.store.read(lambda tx: broken(tx, move, now))
    if reason is None:
        return False

    def verb(tx: Transaction) -> bool:
        kept = held(tx, move, MoveState.RUNNING)
        if kept is None:
            return False
        paused = replace(kept, state=MoveState.PAUSED, reason=reason)
        keep(tx, caller, kept, paused, Entry.MOVE_PAUSED, now, reason=reason, rule=True)
        text = f"The move {move.name} paused itself: {reason}"
        alert(tx, office, AlertKind.MOVE_PAUSED, text, now, {"move": move.name, "reason": reason})
        return True

    if not await office.store.write(verb):
        return False
    office.meter.count("moves_total", state=MoveState.PAUSED)
    log.warning("move paused", move=move.name, reason=reason)
    return True


def broken(tx: Transaction, move: Move, now: datetime) -> str | None:
    """The first stop rule of a move that is broken, in words; None when all hold.

    Failed: the share of REJECTED among the deliveries that were acknowledged or expired. Errors: the share of REJECTED,
    EXPIRED and dead outgoing calls among all that came to an end. Undelivered: the longest that a READY delivery waits
    in its new inbox, from its publication or, for one that was carried, from the switch.
    """
    rules = move.spec.stop_when
    if rules == StopRules():
        return None
    since = move.resumed_at or move.applied_at or move.planned_at
    found = tx.move_rows.endings(move.id, since)
    accepted, rejected, expired, sent, dead = (
        found.get(entry, 0)
        for entry in (
            Entry.DELIVERY_ACCEPTED,
            Entry.DELIVERY_REJECTED,
            Entry.DELIVERY_EXPIRED,
            Entry.OUTGOING_SENT,
            Entry.OUTGOING_DEAD,
        )
    )
    settled = accepted + rejected + expired
    if over(rejected, settled, rules.failed_deliveries_over):
        return f"{rejected} of {settled} deliveries failed, {_share(rejected, settled, rules.failed_deliveries_over)}"
    faults, ended = rejected + expired + dead, settled + sent + dead
    if over(faults, ended, rules.error_rate_over):
        return (
            f"{faults} errors in {ended} deliveries and outgoing calls, {_share(faults, ended, rules.error_rate_over)}"
        )
    if rules.undelivered_age_over is None:
        return None
    waits = tx.move_rows.undelivered_since(move.id, now)
    age = _BEFORE_ANY if waits is None else now - max(waits, since)
    if age <= rules.undelivered_age_over:
        return None
    return f"a delivery has waited for {_hours(age)} since, more than {_hours(rules.undelivered_age_over)}"


def over(part: int, whole: int, most: float | None) -> bool:
    """Whether the share of a part is more than is allowed; nothing of nothing never is."""
    return most is not None and whole > 0 and part / whole > most


def _share(part: int, whole: int, most: float | None) -> str:
    return f"{100 * part / whole:.1f} % and more than {100 * (most or 0):g} %"


def _hours(age: timedelta) -> str:
    return f"{age / timedelta(hours=1):.1f} h"
