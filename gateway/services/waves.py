"""Carrying moves out: wave after wave, each subscription once, whatever is killed and begun again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from gateway.domain.alerts import AlertKind
from gateway.domain.identity import Caller
from gateway.domain.journal import Entry
from gateway.domain.moves import Move, MoveState, Row, RowState, Wave, WaveState
from gateway.domain.wave_times import begins
from gateway.services.alerts import alert
from gateway.services.dual_runs import over, rehearse
from gateway.services.move_rows import held, switch_rows
from gateway.services.move_steps import keep, shown, status_of, tell
from gateway.services.office import Office, gateway_caller
from gateway.services.ports import Transaction
from gateway.services.stopping import stopped
from gateway.services.way_back import roll_back

log = structlog.get_logger(__name__)

BATCH: Final = 50
"""So many subscriptions are switched in one transaction; others' gestures wait for no more than that."""
_LOOK_EVERY: Final = 10
"""After so many batches the stop rules are looked at again."""


@dataclass(slots=True)
class _Place:
    """How far a wave's rows are done, so that those are not passed again for each batch of a large one."""

    wave: int = 0
    position: int = 0

    def following(self, tx: Transaction, move: Move, wave: int) -> list[Row]:
        """The next ones that wait; at the end those that were passed and wait still."""
        found: list[Row] = []
        if wave == self.wave:
            found = tx.move_rows.of_wave(move.id, wave, RowState.WAITING, self.position, BATCH)
        found = found or tx.move_rows.of_wave(move.id, wave, RowState.WAITING, 0, BATCH)
        self.wave, self.position = wave, found[-1].position if found else 0
        return found


async def drive(office: Office, name: str | None = None) -> int:
    """Does whatever the moves that run ask for now, those of one name or all; answers how many rows it settled.

    Every row changes in the transaction that switches its subscription, so that this may break off anywhere and be run
    again, by several at the same time too. A move that fails keeps no other from going on.
    """
    settled = 0
    faults: list[Exception] = []
    caller = gateway_caller(office, "moves")
    for move in await office.store.read(lambda tx: tx.moves.under_way()):
        if name not in (None, move.name):
            continue
        try:
            back = move.state is MoveState.ROLLBACK
            settled += await (roll_back(office, caller, move) if back else _go_on(office, caller, move))
        except Exception as fault:
            log.exception("move failed", move=move.name)
            faults.append(fault)
    if faults:
        raise faults[0]
    return settled


async def _go_on(office: Office, caller: Caller, move: Move) -> int:
    settled = steps = 0
    place = _Place()
    while True:
        if steps % _LOOK_EVERY == 0 and await stopped(office, caller, move):
            return settled
        done = await _step(office, caller, move, place)
        if done is None:
            return settled
        settled += done
        steps += 1


async def _step(office: Office, caller: Caller, move: Move, place: _Place) -> int | None:
    """Begins, carries on or ends a wave; None when there is nothing to be done before some time has passed."""
    now = office.clock()
    waves = await office.store.read(lambda tx: tx.moves.waves(move.id))
    wave = next((one for one in waves if one.state is not WaveState.DONE), None)
    if wave is None:
        await _end(office, caller, move, now)
        return None
    if wave.state is WaveState.WAITING:
        if not due(move, waves, wave, now):
            return None
        after = WaveState.RUNNING if move.spec.via is None else WaveState.REHEARSE
        return await _turn(office, caller, move, wave, after, now)
    if wave.state is WaveState.REHEARSE:
        done = await rehearse(office, caller, move, wave)
        if done is None and await over(office, move, wave):
            return await _turn(office, caller, move, wave, WaveState.DONE, now)
        return done
    if not move.spec.window.is_open(now):
        return None
    found = await office.store.read(lambda tx: place.following(tx, move, wave.number))
    if not found:
        return await _turn(office, caller, move, wave, WaveState.DONE, now)
    return await switch_rows(office, caller, move, found, RowState.WAITING)


def due(move: Move, waves: Sequence[Wave], wave: Wave, now: datetime) -> bool:
    """Whether a wave may begin: its time has come, the window is open, and its pause after the one before is over."""
    at = begins(move, waves, wave, now)
    return at is not None and at <= now


async def _turn(office: Office, caller: Caller, move: Move, wave: Wave, after: WaveState, now: datetime) -> int | None:
    """Moves a wave on; None when the move runs no more, or somebody else did it."""

    def verb(tx: Transaction) -> bool:
        if held(tx, move, MoveState.RUNNING) is None:
            return False
        if not tx.moves.change_wave(move.id, wave.number, wave.state, after, now):
            return True
        counts = tx.move_rows.counts(move.id).get(wave.number, {})
        detail = {"wave": wave.number, "state": after, "rows": shown(counts)}
        tell(tx, caller, move, Entry.MOVE_WAVE, now, detail)
        return True

    if not await office.store.write(verb):
        return None
    log.info("move wave", move=move.name, wave=wave.number, state=after)
    return 0


async def _end(office: Office, caller: Caller, move: Move, now: datetime) -> None:
    """Ends a move whose every wave is done."""

    def verb(tx: Transaction) -> bool:
        kept = held(tx, move, MoveState.RUNNING)
        if kept is None:
            return False
        totals = status_of(tx, kept, now).totals
        done = replace(kept, state=MoveState.DONE, ended_at=now)
        keep(tx, caller, kept, done, Entry.MOVE_ENDED, now, rows=shown(totals))
        detail = {"move": move.name, "rows": shown(totals)}
        alert(tx, office, AlertKind.MOVE_ENDED, f"The move {move.name} is done", now, detail)
        return True

    if await office.store.write(verb):
        office.meter.count("moves_total", state=MoveState.DONE)
        log.info("move done", move=move.name)
