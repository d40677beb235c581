"""`gateway moves status`: where moves stand, who was switched, and who was not and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gateway.cli.moves import ACTOR
from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.printing import console, print_json

if TYPE_CHECKING:
    from gateway.domain.identity import Caller
    from gateway.domain.moves import Move, Row, RowState
    from gateway.domain.referential import Subscription
    from gateway.services.move_steps import Status
    from gateway.services.office import Office

    NotSwitched = tuple[Row, Subscription | None]

_PAGE: Final = 1000
_MOST: Final = 10


def status(name: str | None, config: Path | None, *, json: bool, every: bool = False) -> None:
    """Shows every move, or one with its waves and who was not switched and why: a few, or `every` one."""
    if name is None:
        _show_all(config, json=json)
        return
    wanted = name

    async def verb(office: Office, caller: Caller) -> tuple[Status, list[NotSwitched]]:
        from gateway.domain.moves import RowState
        from gateway.services import moves

        found = await moves.status(office, caller, wanted)
        rows: list[Row] = []
        for state in (RowState.BLOCKED, RowState.LEFT_OUT):
            after, whole = 0, every or json
            while page := await moves.rows(office, caller, wanted, after, _PAGE if whole else _MOST, state):
                rows += page
                after = page[-1].position
                if not whole:
                    break
        named = await moves.subscriptions_of(office, caller, rows)
        return found, [(row, named.get(row.subscription_id)) for row in rows]

    found, rows = at_the_office(settings_of(config), ACTOR, verb)
    if json:
        print_json({**_status(found), "notSwitched": [_not_switched(*one) for one in rows]})
    else:
        _show(found, rows, every=every)


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
    table = Table("move", "state", "to", "subscriptions", "planned by", "planned at (UTC)", box=None, pad_edge=False)
    for one in found:
        planned = f"{one.planned_at:%Y-%m-%d %H:%M}"
        table.add_row(one.name, one.state, one.spec.to, str(one.size), one.planned_by, planned)
    console().print(table)


def _show(found: Status, rows: list[NotSwitched], *, every: bool) -> None:
    from rich.table import Table

    from gateway.domain.moves import MoveState, RowState
    from gateway.domain.windows import ZONE

    move = found.move
    print(f"{move.name}: {move.state}, {move.size} subscriptions to mode {move.spec.to}.")
    if move.reason:
        print(f"  {move.reason}")
    print(f"Plan {move.plan_digest}, by {move.planned_by}.")
    if move.approved_at is not None:
        approved = "Approved first" if move.state is MoveState.PLANNED else "Approved"
        print(f"{approved} by {move.approved_by}, {move.approved_at:%Y-%m-%d %H:%M} UTC.")
    if move.applied_at is not None:
        print(f"Applied by {move.applied_by}, {move.applied_at:%Y-%m-%d %H:%M} UTC.")
    shown = [state for state in RowState if found.totals.get(state)]
    table = Table("wave", "state", "not before (Paris)", *(state.lower() for state in shown), box=None, pad_edge=False)
    for wave in found.waves:
        counts = found.counts.get(wave.number, {})
        at = f"{wave.starts_at.astimezone(ZONE):%a %Y-%m-%d %H:%M}"
        table.add_row(str(wave.number), wave.state, at, *(str(counts.get(state, 0)) for state in shown))
    table.add_row("all", "", "", *(str(found.totals[state]) for state in shown))
    print()
    console().print(table)
    if rows:
        print("\nNot switched:")
    for row, known in rows:
        print(f"  {_named(row, known)} {row.state}: {row.reason}")
    for state in (RowState.BLOCKED, RowState.LEFT_OUT):
        if not every and found.totals.get(state, 0) > _MOST:
            print(f"  … and {found.totals[state] - _MOST} more {state}, with --all")


def _named(row: Row, known: Subscription | None) -> str:
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
