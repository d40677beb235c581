"""How far the dual runs of a move are, and what each still waits for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from gateway.domain.identity import Caller
from gateway.domain.moves import Move, Row, RowState
from gateway.domain.rehearsals import Likeness
from gateway.domain.wave_times import LOOK_AGAIN
from gateway.services.access import operators_alone
from gateway.services.dual_runs import Verdict, judge
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.rehearsals import comparison

_BATCH: Final = 50


@dataclass(frozen=True, slots=True)
class Progress:
    """What a dual run has shown by now, against what the move asks for.

    `equal` of `wanted` deliveries, and how many have not yet come to their end at both systems. It lasts until
    `enough_at` at least, and with fewer equal ones until `all_at`, if the move says so; nobody waits longer than
    `ends_at`. `verdict`: what the next look, at `look_at`, makes of it if nothing more happens; `reason`: what speaks
    against the switch.
    """

    row: Row
    equal: int
    wanted: int
    pending: int
    different: int
    enough_at: datetime
    all_at: datetime | None
    ends_at: datetime
    look_at: datetime
    verdict: Verdict
    reason: str


async def progress(office: Office, caller: Caller, move: Move, rows: Sequence[Row]) -> list[Progress]:
    """That of rows that rehearse; others are left out. For ADMIN. Raises ForbiddenError."""
    operators_alone(caller)
    now = office.clock()
    under_way = [row for row in rows if row.state is RowState.REHEARSING]
    found: list[Progress] = []
    for start in range(0, len(under_way), _BATCH):
        found += await office.store.read(partial(_of, move, under_way[start : start + _BATCH], now))
    return found


def _of(move: Move, rows: Sequence[Row], now: datetime, tx: Transaction) -> list[Progress]:
    rule = move.spec.via
    assert rule is not None, "a move that rehearses says how"
    found = []
    for row in rows:
        rehearsal = None if row.rehearsal_id is None else tx.rehearsals.get(row.rehearsal_id)
        assert rehearsal is not None, "a row that rehearses has a dual run"
        assert row.changed_at is not None, "it was changed when its dual run began"
        compared = comparison(tx, rehearsal)
        look_at = row.changed_at + LOOK_AGAIN
        verdict, reason = judge(rule, compared, max(now, look_at))
        within = rule.or_all_within
        found.append(
            Progress(
                row,
                equal=len(compared.of(Likeness.EQUAL)),
                wanted=rule.equal_deliveries,
                pending=len(compared.of(Likeness.PENDING)),
                different=len(compared.of(Likeness.DIFFERENT)),
                enough_at=rehearsal.started_at + rule.at_least,
                all_at=None if within is None else rehearsal.started_at + within,
                ends_at=rehearsal.ended_at or rehearsal.ends_at,
                look_at=look_at,
                verdict=verdict,
                reason=reason,
            )
        )
    return found
