"""`gateway moves status`: where moves stand, who was switched, and who was not and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gateway.cli.move_times import as_json, dual_run, next_steps, sentences
from gateway.cli.moves import ACTOR
from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.printing import console, moment, print_json

if TYPE_CHECKING:
    from gateway.domain.identity import Caller
    from gateway.domain.moves import Move, Row, RowState
    from gateway.domain.referential import Subscription
    from gateway.services.dual_run_progress import Progress
    from gateway.services.move_steps import Status
    from gateway.services.office import Office


_PAGE: Final = 1000
_MOST: Final = 10


@dataclass(frozen=True, slots=True)
class _Seen:
    """A move as it is at a moment: who was not switched, and who rehearses; the subscriptions by their ids."""

    found: Status
    rows: list[Row]
    rehearsing: list[Progress]
    named: dict[str, Subscription]
    now: datetime


def status(name: str | None, config: Path | None, *, json: bool, every: bool = False) -> None:
    """Shows every move, or one with its waves and who was not switched and why: a few, or `every` one."""
    if name is None:
        _show_all(config, json=json)
        return
    wanted = name

    async def verb(office: Office, caller: Caller) -> _Seen:
        from gateway.domain.moves import RowState
        from gateway.services import moves
        from gateway.services.dual_run_progress import progress

        found = await moves.status(office, caller, wanted)
        rows: list[Row] = []
        for state in (RowState.REHEARSING, RowState.BLOCKED, RowState.LEFT_OUT):
            after, whole = 0, every or json
            while page := await moves.rows(office, caller, wanted, after, _PAGE if whole else _MOST, state):
                rows += page
                after = page[-1].position
                if not whole:
                    break
        named = await moves.subscriptions_of(office, caller, rows)
        settled = [row for row in rows if row.state is not RowState.REHEARSING]
        return _Seen(found, settled, await progress(office, caller, found.move, rows), named, office.clock())

    seen = at_the_office(settings_of(config), ACTOR, verb)
    if json:
        print_json(
            {
                **_status(seen.found),
                "rehearsing": [as_json(one, seen.named.get(one.row.subscription_id)) for one in seen.rehearsing],
                "notSwitched": [_not_switched(row, seen.named.get(row.subscription_id)) for row in seen.rows],
            }
        )
    else:
        _show(seen, every=every)


def _show_all(config: Path | None, *, json: bool) -> None:
    from rich.table import Table

    async def verb(office: Office, caller: Caller) -> list[Move]:
        from gateway.services import moves

        found: list[Move] = []
        while page := await moves.listing(office, caller, found[-1].name if found else "", _PAGE):
            found += page
        return found

    found = at_the_office(settings_of(config), ACTOR, verb)
    if json:
        print_json([_move(one) for one in found])
        return
    if not found:
        print("No move is planned.")
        return
    table = Table("move", "state", "to", "subscriptions", "planned by", "planned at", box=None, pad_edge=False)
    for one in found:
        table.add_row(one.name, one.state, one.spec.to, str(one.size), one.planned_by, moment(one.planned_at))
    console().print(table)


def _show(seen: _Seen, *, every: bool) -> None:
    from rich.table import Table

    from gateway.domain.moves import MoveState, RowState
    from gateway.domain.windows import ZONE

    found, move = seen.found, seen.found.move
    print(f"{move.name}: {move.state}, {move.size} subscriptions to mode {move.spec.to}.")
    if move.reason:
        print(f"  {move.reason}")
    print(f"Plan {move.plan_digest}, by {move.planned_by}.")
    if move.approved_at is not None:
        approved = "Approved first" if move.state is MoveState.PLANNED else "Approved"
        print(f"{approved} by {move.approved_by}, {moment(move.approved_at)}.")
    if move.applied_at is not None:
        print(f"Applied by {move.applied_by}, {moment(move.applied_at)}.")
    print(sentences(next_steps(found, seen.now)), end="")
    shown = [state for state in RowState if found.totals.get(state)]
    table = Table("wave", "state", "begins", *(state.lower() for state in shown), box=None, pad_edge=False)
    for wave in found.waves:
        counts = found.counts.get(wave.number, {})
        begins = wave.started_at or found.next_at.get(wave.number) or wave.starts_at
        at = f"{begins.astimezone(ZONE):%a} {moment(begins)}"
        table.add_row(str(wave.number), wave.state, at, *(str(counts.get(state, 0)) for state in shown))
    table.add_row("all", "", "", *(str(found.totals[state]) for state in shown))
    print()
    console().print(table)
    if seen.rehearsing:
        print("\nRehearsing:")
    for one in seen.rehearsing:
        print(f"  {_named(one.row, seen.named)}: {dual_run(one, move.spec.window, seen.now)}")
    _more(found, RowState.REHEARSING, every=every)
    if seen.rows:
        print("\nNot switched:")
    for row in seen.rows:
        print(f"  {_named(row, seen.named)} {row.state}: {row.reason}")
    for state in (RowState.BLOCKED, RowState.LEFT_OUT):
        _more(found, state, every=every)


def _more(found: Status, state: RowState, *, every: bool) -> None:
    if not every and found.totals.get(state, 0) > _MOST:
        print(f"  … and {found.totals[state] - _MOST} more {state}, with --all")


def _named(row: Row, named: dict[str, Subscription]) -> str:
    known = named.get(row.subscription_id)
    return row.subscription_id if known is None else f"{known.organization} → {known.process}"


def _not_switched(row: Row, known: Subscription | None) -> dict[str, Any]:
    return {
        "subscription": row.subscription_id,
        "organization": known and known.organization,
        "process": known and known.process,
        "wave": row.wave or None,
        "state": row.state,
        "reason": row.reason,
    }


def _status(found: Status) -> dict[str, Any]:
    return {
        **_move(found.move),
        "rows": _counts(found.totals),
        "waves": [
            {
                "number": one.number,
                "state": one.state,
                "size": one.size,
                "startsAt": one.starts_at,
                "startedAt": one.started_at,
                "endedAt": one.ended_at,
                "nextAt": found.next_at.get(one.number),
                "rows": _counts(found.counts.get(one.number, {})),
            }
            for one in found.waves
        ],
    }


def _counts(counts: dict[RowState, int]) -> dict[str, int]:
    from gateway.services.move_steps import shown

    return shown(counts)


def _move(move: Move) -> dict[str, Any]:
    return {
        "name": move.name,
        "state": move.state,
        "to": move.spec.to,
        "size": move.size,
        "digest": move.plan_digest,
        "plannedBy": move.planned_by,
        "plannedAt": move.planned_at,
        "approvedBy": move.approved_by,
        "approvedAt": move.approved_at,
        "appliedBy": move.applied_by,
        "appliedAt": move.applied_at,
        "endedAt": move.ended_at,
        "reason": move.reason,
    }
