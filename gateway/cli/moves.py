"""`gateway moves`: plans recorded, approved and applied, moves watched, paused, taken back and certified."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from gateway.cli import certificates
from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.move_times import sentences
from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.operating import COMMAND
from gateway.cli.planning import read_plan
from gateway.cli.printing import console

if TYPE_CHECKING:
    from gateway.domain.identity import Caller
    from gateway.domain.moves import Move
    from gateway.services.certify import Balance
    from gateway.services.move_steps import Status
    from gateway.services.office import Office

    Told = tuple[Move, list[str]]

ACTOR: Final = f"{COMMAND} moves"
_LOOK_EVERY: Final = 1.0


def apply(file: Path, config: Path | None, *, wait: bool) -> None:
    """Records a plan, approves it where one person may, and lets it run; `wait` carries it out here, to its end.

    Raises CommandError when it waits for somebody else's approval, or did not end well.
    """
    plan = read_plan(file)

    async def verb(office: Office, caller: Caller) -> Told:
        from gateway.domain.moves import MoveState
        from gateway.services import moves

        move = await moves.record(office, caller, plan.spec, plan.waves, plan.rows(), plan.digest)
        if move.state is MoveState.PLANNED:
            if office.policy.two_people and move.planned_by == caller.actor:
                return move, []
            await moves.approve(office, caller, move.name, plan.digest)
        move = await moves.apply(office, caller, move.name, plan.digest)
        return await _after(office, caller, await _carried_out(office, caller, move) if wait else move)

    _tell(*at_the_office(settings_of(config), ACTOR, verb))


def step(name: str, config: Path | None, taken: str, *, digest: str = "", wait: bool = False) -> None:
    """Approves, pauses, resumes or rolls back a move."""

    async def verb(office: Office, caller: Caller) -> Told:
        from gateway.services import moves
        from gateway.services.move_steps import Status, Step

        done = await moves.take(office, caller, name, Step(taken), digest=digest or None)
        assert isinstance(done, Status), "nothing is replayed without a key"
        return await _after(office, caller, await _carried_out(office, caller, done.move) if wait else done.move)

    _tell(*at_the_office(settings_of(config), ACTOR, verb))


def certify(name: str, file: Path, config: Path | None, *, json: bool) -> None:
    """Writes the certificate of a move. Raises CommandError when it says that something went wrong."""
    from gateway.services.certify import certificate, of_move

    async def verb(office: Office, caller: Caller, out: IO[str]) -> Balance:
        asked = await of_move(office, caller, name)

        def lines(office: Office, caller: Caller, balance: Balance) -> AsyncIterator[str]:
            return certificate(office, caller, asked, {"move": name}, balance)

        return await certificates.write(office, caller, out, lines)

    settings = settings_of(config)
    with certificates.new_file(file) as out:
        balance = at_the_office(settings, ACTOR, lambda office, caller: verb(office, caller, out))
    certificates.show(balance.shown(), json=json)
    if not balance.clean:
        raise CommandError("Not everything went as it should: see the certificate", Exit.FAILED)
    if not json:
        print(f"\nCheck it anywhere with: gateway moves verify {file.name} --key KEY.pem")


async def _carried_out(office: Office, caller: Caller, move: Move) -> Move:
    """Carries a move out until it is over or paused, with its progress; whoever serves may do so beside."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from gateway.domain.moves import SETTLED, MoveState
    from gateway.services import moves, waves

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=console(sys.stderr), transient=True) as progress:
        task = progress.add_task(move.name, total=move.size)
        while True:
            await waves.drive(office, move.name)
            found = await moves.status(office, caller, move.name)
            planned = found.counts.get(0, {})
            settled = sum(count - planned.get(state, 0) for state, count in found.totals.items() if state in SETTLED)
            progress.update(task, completed=settled, description=_progress(found, office.clock()))
            if found.move.state not in (MoveState.RUNNING, MoveState.ROLLBACK):
                return found.move
            await asyncio.sleep(_LOOK_EVERY)


def _progress(found: Status, now: datetime) -> str:
    """A line beside the bar: a window that is shut must not look like one that hangs."""
    from gateway.cli.move_times import next_steps

    return "; ".join((f"{found.move.name} {found.move.state}", *next_steps(found, now)[:1]))


async def _after(office: Office, caller: Caller, move: Move) -> Told:
    """The move, and what it does next."""
    from gateway.cli.move_times import next_steps
    from gateway.services import moves

    return move, next_steps(await moves.status(office, caller, move.name), office.clock())


def _tell(move: Move, steps: list[str]) -> None:
    from gateway.domain.moves import MoveState

    print(f"{move.name}: {_WORDS[move.state]}")
    if move.state is MoveState.PLANNED:
        raise CommandError(
            f"Somebody else has to approve it: gateway moves approve {move.name} {move.plan_digest}", Exit.REFUSED
        )
    if move.state is MoveState.PAUSED and move.reason is not None:
        print(f"  {move.reason}")
    print(sentences(steps), end="")


_WORDS: Final = {
    "PLANNED": "recorded, waits for approval.",
    "APPROVED": "approved. Next: gateway moves apply PLAN",
    "RUNNING": "under way; the processes that serve carry it on.",
    "PAUSED": "paused.",
    "DONE": "done. What became of every delivery: gateway moves certify",
    "ROLLBACK": "on its way back; the processes that serve carry it on.",
    "ROLLED_BACK": "rolled back.",
}
