"""Rows: a move of thousands of subscriptions, applied by the served gateway while deposits and fetches go on."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import structlog

from gateway.app import office_for
from gateway.config import Settings
from gateway.config.moves import read_move
from gateway.domain.moves import Move, MoveState, RowState
from gateway.services import moves, waves
from gateway.services.move_steps import Status
from gateway.services.office import Office, gateway_caller
from gateway.services.planning import plan
from gateway.store.session import Row as Found
from gateway.store.session import Session
from gateway.store.statement import Statement
from tools.bench import traffic
from tools.bench.figures import Row, Series, percentile
from tools.bench.plans import in_flight_of, moving
from tools.bench.stage import Stage
from tools.bench.world import SMALL, publish

_DOSSIERS: Final = 100
_LOOK: Final = 0.25
_ALONE: Final = 15.0
_LATE: Final = 0.25
"""Seconds by which the 99th of a hundred fetches may be answered while a move goes on."""
_WRITES: Final = ("INSERT", "UPDATE", "DELETE")
_FILE: Final = """\
move: {name}
select: {{mode: SFTP, department: "{department}", process: [{processes}]}}
to: API
waves: [{{size: 5}}, {{size: 10%}}, {{size: 100%}}]
stop_when: {{failed_deliveries_over: 2%, undelivered_age_over: 4h, error_rate_over: 1%}}
"""


def measure(stage: Stage, settings: Settings) -> list[Row]:
    """Switches a second, what one costs and writes, and how soon others are answered alone and beside it."""
    files = publish(settings, [(f"M-{number}", [SMALL, SMALL]) for number in range(_DOSSIERS)])
    paths = [path for dossier in files for path in dossier.paths]
    written = asyncio.run(_written(stage, settings))
    until = time.perf_counter() + _ALONE
    used = stage.gateway.cpu()
    alone = traffic.run(stage, paths, lambda: time.perf_counter() > until)
    pace = (stage.gateway.cpu() - used) / alone.seconds
    ended = threading.Event()
    found: list[Move] = []
    mover = threading.Thread(target=lambda: _moved(stage, settings, found, ended))
    used = stage.gateway.cpu()
    mover.start()
    beside = traffic.run(stage, paths, ended.is_set)
    mover.join()
    used = stage.gateway.cpu() - used
    if not found:
        raise RuntimeError("the move did not come to its end, see above")
    return rows(
        found[0], in_flight_of(stage.effort.organizations), used - pace * beside.seconds, written, alone, beside
    )


def rows(
    move: Move, in_flight: int, used: float, written: float, alone: traffic.Waits, beside: traffic.Waits
) -> list[Row]:
    """What is told. `used`: processor seconds of the gateway beyond what the others cost alone."""
    assert move.applied_at is not None
    assert move.ended_at is not None, "it was waited for"
    took = (move.ended_at - move.applied_at).total_seconds()
    late = percentile(beside.fetches, 0.99)
    return [
        Row(f"apply {move.size:,} switches", "/s", Series((move.size / took,)), None, note=f"{in_flight:,} in flight"),
        Row("  processor time of one", "ms", Series((1000 * used / move.size,)), None),
        Row("  rows written for one", "", Series((written,)), None),
        Row("fetches beside it, p99", "s", Series((late,)), _LATE, note=_both(alone.fetches, beside.fetches)),
        Row(
            "deposits beside it, p99",
            "s",
            Series((percentile(beside.deposits, 0.99),)),
            None,
            note=_both(alone.deposits, beside.deposits),
        ),
    ]


def _both(alone: tuple[float, ...], beside: tuple[float, ...]) -> str:
    return f"{traffic.told(beside)}; alone {traffic.told(alone)}"


def _moved(stage: Stage, settings: Settings, found: list[Move], ended: threading.Event) -> None:
    async def run() -> Move:
        async with office_for(settings) as office:
            size = moving(stage.effort.organizations)
            move = await _begun(office, stage, "switches", range(size // organizations(size)), size)
            known = await _ended(office, move)
            switched = known.totals.get(RowState.SWITCHED, 0)
            if known.move.state is not MoveState.DONE or switched != size:
                raise RuntimeError(f"{switched} of {size} were switched: {known.move.state} {known.move.reason or ''}")
            return known.move

    try:
        found.append(asyncio.run(run()))
    finally:
        ended.set()


async def _written(stage: Stage, settings: Settings) -> float:
    """Rows that a switch writes, its own and its part of a wave's: of a small move that this process carries out."""
    async with office_for(settings) as office:
        size = organizations(moving(stage.effort.organizations))
        move = await _begun(office, stage, "few", range(29, 30), size)
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # what is carried out here
        with counted() as wrote:
            settled = await waves.drive(office, move.name)
        await _ended(office, move)  # the gateway may have done some of it
        return sum(wrote) / max(settled, 1)


def organizations(size: int) -> int:
    """How many organizations have the subscriptions that move, each to ten processes."""
    return size // 10


def department(count: int) -> str:
    """What the branches of so many organizations, a power of ten up to 1,000, begin with: the first is 10000."""
    return str(10000)[: 6 - len(str(count))]


async def _begun(office: Office, stage: Stage, name: str, processes: range, size: int) -> Move:
    caller = gateway_caller(office, "bench")
    text = _FILE.format(
        name=name,
        department=department(organizations(moving(stage.effort.organizations))),
        processes=", ".join(f"plan-{number}" for number in processes),
    )
    file = Path(stage.directory) / f"{name}.yaml"
    file.write_text(text)
    made = await plan(office, caller, read_move(file).spec)
    if made.moving != size:
        raise RuntimeError(f"{made.moving} subscriptions were planned instead of {size}")
    await moves.record(office, caller, made.spec, made.waves, made.rows(), made.digest)
    await moves.approve(office, caller, name, made.digest)
    return await moves.apply(office, caller, name, made.digest)


async def _ended(office: Office, move: Move) -> Status:
    while True:
        known = await moves.status(office, gateway_caller(office, "bench"), move.name)
        if known.move.state is not MoveState.RUNNING:
            return known
        await asyncio.sleep(_LOOK)


@contextmanager
def counted() -> Iterator[list[int]]:
    """Notes how many rows each statement of this process has changed, meanwhile."""
    wrote: list[int] = []
    inner_run, inner_rows = Session.run, Session.rows

    def run(self: Session, statement: Statement, **values: Any) -> int:
        touched = inner_run(self, statement, **values)
        if _writes(self, statement):
            wrote.append(touched)
        return touched

    def rows(self: Session, statement: Statement, **values: Any) -> list[Found]:
        found = inner_rows(self, statement, **values)
        if _writes(self, statement):
            wrote.append(len(found))
        return found

    with patch.object(Session, "run", run), patch.object(Session, "rows", rows):
        yield wrote


def _writes(session: Session, statement: Statement) -> bool:
    return statement.on(session.dialect)[0].lstrip().upper().startswith(_WRITES)
