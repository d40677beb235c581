"""`gateway moves`: plans recorded, approved and applied, moves watched, paused, taken back and certified."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from gateway.cli import certificates
from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.planning import operator, read_plan
from gateway.cli.printing import console, print_json

if TYPE_CHECKING:
    from gateway.domain.identity import Caller
    from gateway.domain.moves import Move, Row, RowState
    from gateway.services.certify import Asked, Balance
    from gateway.services.move_steps import Status
    from gateway.services.office import Office

_PAGE: Final = 1000
_MOST: Final = 10
_LOOK_EVERY: Final = 1.0

Steps = Callable[["Office", "Caller"], Awaitable["Move"]]


def apply(file: Path, config: Path | None, *, wait: bool) -> None:
    """Records a plan, approves it where one person may, and lets it run; `wait` carries it out here, to its end.

    Raises CommandError when it waits for somebody else's approval, or did not end well.
    """
    plan = read_plan(file)

    async def verb(office: Office, caller: Caller) -> Move:
        from gateway.domain.moves import MoveState
        from gateway.services import moves

        move = await moves.record(office, caller, plan.spec, plan.waves, plan.rows(), plan.digest)
        if move.state is MoveState.PLANNED:
            if office.policy.two_people and move.planned_by == caller.actor:
                return move
            await moves.approve(office, caller, move.name, plan.digest)
        move = await moves.apply(office, caller, move.name, plan.digest)
        return await _carried_out(office, move) if wait else move

    move = at_the_office(settings_of(config), operator(), verb)
    _tell(move)


def step(name: str, config: Path | None, taken: str, *, digest: str = "", wait: bool = False) -> None:
    """Approves, pauses, resumes or rolls back a move."""

    async def verb(office: Office, caller: Caller) -> Move:
        from gateway.services import moves
        from gateway.services.move_steps import Status, Step

        done = await moves.take(office, caller, name, Step(taken), digest=digest or None)
        assert isinstance(done, Status), "nothing is replayed without a key"
        return await _carried_out(office, done.move) if wait else done.move

    _tell(at_the_office(settings_of(config), operator(), verb))


def status(name: str | None, config: Path | None, *, json: bool) -> None:
    """Shows every move, or one with its waves and who was not switched and why."""
    if name is None:
        _show_all(config, json=json)
        return
    wanted = name

    async def verb(office: Office, caller: Caller) -> tuple[Status, list[Row]]:
        from gateway.domain.moves import RowState
        from gateway.services import moves

        found = await moves.status(office, caller, wanted)
        rows: list[Row] = []
        for state in (RowState.BLOCKED, RowState.LEFT_OUT):
            rows += await moves.rows(office, caller, wanted, most=_MOST, state=state)
        return found, rows

    found, rows = at_the_office(settings_of(config), operator(), verb)
    if json:
        print_json(_status(found))
    else:
        _show(found, rows)


def certify(name: str, file: Path, config: Path | None, *, json: bool) -> None:
    """Writes the certificate of a move. Raises CommandError when it says that something went wrong."""
    from gateway.services.certify import certificate

    async def verb(office: Office, caller: Caller, out: IO[str]) -> Balance:
        asked = await _asked(office, caller, name)
        if not asked:
            raise CommandError(f"The move {name} has switched nothing: there is nothing to certify", Exit.REFUSED)

        def lines(office: Office, caller: Caller, balance: Balance) -> AsyncIterator[str]:
            return certificate(office, caller, asked, {"move": name}, balance)

        return await certificates.write(office, caller, out, lines)

    settings = settings_of(config)
    with certificates.new_file(file) as out:
        balance = at_the_office(settings, operator(), lambda office, caller: verb(office, caller, out))
    certificates.show(balance.shown(), json=json)
    if not balance.clean:
        raise CommandError("Not everything went as it should: see the certificate", Exit.FAILED)
    if not json:
        print(f"\nCheck it anywhere with: gateway moves verify {file.name} --key KEY.pem")


async def _asked(office: Office, caller: Caller, name: str) -> list[Asked]:
    """Every subscription that the move switched, from that switch on."""
    from gateway.services import moves
    from gateway.services.certify import Asked

    asked: list[Asked] = []
    after = 0
    while page := await moves.rows(office, caller, name, after, _PAGE):
        asked += [Asked(row.subscription_id, row.epoch) for row in page if row.epoch is not None]
        after = page[-1].position
    return asked


async def _carried_out(office: Office, move: Move) -> Move:
    """Carries a move out until it is over or paused, with its progress; whoever serves may do so beside."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from gateway.domain.moves import SETTLED, MoveState
    from gateway.services import moves, waves
    from gateway.services.office import gateway_caller

    caller = gateway_caller(office, operator())
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=console(sys.stderr), transient=True) as progress:
        task = progress.add_task(move.name, total=move.size)
        while True:
            await waves.drive(office, move.name)
            found = await moves.status(office, caller, move.name)
            planned = found.counts.get(0, {})
            settled = sum(count - planned.get(state, 0) for state, count in found.totals.items() if state in SETTLED)
            progress.update(task, completed=settled, description=f"{move.name} {found.move.state}")
            if found.move.state not in (MoveState.RUNNING, MoveState.ROLLBACK):
                return found.move
            await asyncio.sleep(_LOOK_EVERY)


def _tell(move: Move) -> None:
    from gateway.domain.moves import MoveState

    print(f"{move.name}: {_WORDS[move.state]}")
    if move.state is MoveState.PLANNED:
        raise CommandError(
            f"Somebody else has to approve it: gateway moves approve {move.name} {move.plan_digest}", Exit.REFUSED
        )
    if move.state is MoveState.PAUSED and move.reason is not None:
        print(f"  {move.reason}")


_WORDS: Final = {
    "PLANNED": "recorded, waits for approval.",
    "APPROVED": "approved. Next: gateway moves apply PLAN",
    "RUNNING": "under way; the processes that serve carry it on.",
    "PAUSED": "paused.",
    "DONE": "done. What became of every delivery: gateway moves certify",
    "ROLLBACK": "on its way back; the processes that serve carry it on.",
    "ROLLED_BACK": "rolled back.",
}


def _show_all(config: Path | None, *, json: bool) -> None:
    from rich.table import Table

    async def verb(office: Office, caller: Caller) -> list[Move]:
        from gateway.services import moves

        found: list[Move] = []
        while page := await moves.listing(office, caller, found[-1].name if found else "", _PAGE):
            found += page
        return found

    found = at_the_office(settings_of(config), operator(), verb)
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


def _show(found: Status, rows: list[Row]) -> None:
    from rich.table import Table

    from gateway.domain.moves import RowState
    from gateway.domain.windows import ZONE

    move = found.move
    print(f"{move.name}: {move.state}, {move.size} subscriptions to mode {move.spec.to}.")
    if move.reason:
        print(f"  {move.reason}")
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
        print("\nNot switched, the first of each kind:")
        for row in rows:
            print(f"  {row.subscription_id} {row.state}: {row.reason}")


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
