"""When the waves of a move begin, go on or are looked at again (delivery rules, Switch)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from gateway.domain.moves import Move, MoveState, Wave, WaveState
from gateway.domain.windows import Window

LOOK_AGAIN: Final = timedelta(minutes=10)
"""So long a dual run goes on before it is looked at again."""


def pause_before(move: Move, wave: Wave) -> timedelta:
    """How long a wave waits after the end of the one before."""
    sizes = move.spec.waves
    return sizes[wave.number - 1].pause if wave.number <= len(sizes) else timedelta(0)


def begins(move: Move, waves: Sequence[Wave], wave: Wave, now: datetime) -> datetime | None:
    """When a wave that waits may begin, its time, its pause and the window taken together; None: while another goes on.

    Not after `now` when it may begin now.
    """
    before = next((one for one in waves if one.number == wave.number - 1), None)
    if before is None:
        return within(move.spec.window, wave.starts_at, now)
    if before.ended_at is None:
        return None
    return within(move.spec.window, max(wave.starts_at, before.ended_at + pause_before(move, wave)), now)


def within(window: Window, earliest: datetime, now: datetime) -> datetime:
    """The first moment from `earliest` on in the window; when that was missed and it is shut now: when it opens again.

    It stays the same moment as long as the window is open, so that whoever compares two readings sees no change.
    """
    if earliest <= now and window.is_open(now):
        return min(window.opens(earliest), now)
    return window.opens(max(earliest, now))


def upcoming(move: Move, waves: Sequence[Wave], looks: Mapping[int, datetime], now: datetime) -> dict[int, datetime]:
    """When something is done next of each wave that is not over, by its number: nothing of a move that does not run.

    A wave that waits begins then, one that runs goes on, and of one that rehearses the dual runs are looked at:
    `looks` says when those were looked at last. A wave behind one that is not over begins no sooner than that, however
    long that one takes. A moment that has passed: at the next look of the scheduler, or when the wave before is over.
    """
    if move.state is not MoveState.RUNNING:
        return {}
    found: dict[int, datetime] = {}
    over: datetime | None = None
    rehearses = move.spec.via.at_least if move.spec.via is not None else timedelta(0)
    for wave in waves:
        if wave.state is WaveState.DONE:
            over = wave.ended_at
            continue
        begun = wave.started_at or wave.starts_at
        if wave.state is WaveState.REHEARSE:
            look = looks.get(wave.number)
            found[wave.number] = begun if look is None else look + LOOK_AGAIN
            over = max(found[wave.number], begun + rehearses)
        elif wave.state is WaveState.RUNNING:
            over = found[wave.number] = within(move.spec.window, begun, now)
        else:
            earliest = wave.starts_at if over is None else max(wave.starts_at, over + pause_before(move, wave))
            found[wave.number] = within(move.spec.window, earliest, now)
            over = found[wave.number] + rehearses
    return found
