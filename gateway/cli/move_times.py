"""When the waves of a move go on, and what their dual runs still wait for, in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from gateway.cli.printing import moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.domain.moves import Wave
    from gateway.domain.referential import Subscription
    from gateway.domain.windows import Window
    from gateway.services.dual_run_progress import Progress
    from gateway.services.move_steps import Status

_INSTANT = timedelta(milliseconds=1)


def next_steps(found: Status, now: datetime) -> list[str]:
    """What the move does next: of the first wave that is not over, and of the one behind it."""
    from gateway.domain.moves import WaveState

    open_ = [wave for wave in found.waves if wave.number in found.next_at]
    if not open_:
        return []
    window, first = found.move.spec.window, open_[0]
    at = found.next_at[first.number]
    if first.state is WaveState.REHEARSE:
        lines = [_rehearses(first, at, window, now)]
    elif at > now:
        verb = "begins" if first.state is WaveState.WAITING else "continues"
        lines = [f"wave {first.number} {verb} on {_when(at, window)}"]
    elif first.state is WaveState.WAITING:
        lines = [f"wave {first.number} may begin: the processes that serve begin it at their next look"]
    else:
        lines = [f"wave {first.number} goes on"]
    for wave in open_[1:2]:
        after = found.next_at[wave.number]
        earliest = f", not before {_when(after, window)}" if after > now else ""
        lines.append(f"wave {wave.number} begins when wave {first.number} is over{earliest}")
    return lines


def dual_run(of: Progress, window: Window, now: datetime) -> str:
    """What one dual run has shown, and what it still waits for."""
    from gateway.services.dual_runs import Verdict

    shown = f"{of.equal} of {of.wanted} equal"
    if of.pending:
        shown += f", {of.pending} not at their end at both systems"
    if of.different:
        shown += f", {of.different} different"
    if of.verdict is Verdict.NO_GO:
        return f"{shown}; not switched: {of.reason}"
    if of.verdict is Verdict.GO:
        look = max(of.look_at, now)
        shut = "" if window.is_open(look) else f", on {_when(window.opens(look), window)}"
        return f"{shown}; switched at the next look{shut}"
    waits = []
    if now < of.enough_at:
        waits.append(f"lasts until {moment(of.enough_at)} at least")
    if of.equal < of.wanted:
        waits.append(f"waits for {of.wanted - of.equal} more")
        if of.all_at is not None:
            waits.append(
                f"those that there are suffice from {moment(max(of.all_at, of.enough_at))} on, all of them equal"
            )
    return "; ".join((shown, *waits, f"given up on {moment(of.ends_at)}"))


def as_json(of: Progress, known: Subscription | None) -> dict[str, Any]:
    """The same for scripts."""
    return {
        "subscription": of.row.subscription_id,
        "organization": known and known.organization,
        "process": known and known.process,
        "wave": of.row.wave,
        "rehearsal": of.row.rehearsal_id,
        "equal": of.equal,
        "wanted": of.wanted,
        "pending": of.pending,
        "different": of.different,
        "enoughAt": of.enough_at,
        "allAt": of.all_at,
        "endsAt": of.ends_at,
        "nextLookAt": of.look_at,
        "verdict": of.verdict,
        "reason": of.reason or None,
    }


def _rehearses(wave: Wave, at: datetime, window: Window, now: datetime) -> str:
    from gateway.domain.ages import age
    from gateway.domain.wave_times import LOOK_AGAIN

    told = f"wave {wave.number} rehearses: each dual run is looked at every {age(LOOK_AGAIN)}, next "
    told += f"on {_on(at)}" if at > now else "at once"
    if not window.is_open(now):
        told += f"; nobody is switched before {_when(window.opens(now), window)}"
    return told


def _when(at: datetime, window: Window) -> str:
    opens = window.is_open(at) and not window.is_open(at - _INSTANT)
    return _on(at) + (", when its window opens" if opens else "")


def _on(at: datetime) -> str:
    from gateway.domain.windows import ZONE

    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M} ({ZONE.key})"


def sentences(lines: Sequence[str]) -> str:
    """Those lines as they are printed below a move."""
    return "".join(f"  {line}.\n" for line in lines)
