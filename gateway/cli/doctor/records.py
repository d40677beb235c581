"""What the rows say that somebody should look at: exceptions that end, calls given up, dossiers that nobody takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from gateway.cli.doctor.findings import Finding, warning, well
from gateway.domain.expiring import Expiring
from gateway.services.checkup import Standing

_SOON: Final = timedelta(days=30)
_SHOWN: Final = 5


def check(found: Standing, now: datetime, expire_after: timedelta, expiring: Sequence[Expiring] = ()) -> list[Finding]:
    """`expire_after`: how long a delivery may be left, unless its process says."""
    return [
        _legacy(found.legacy_until, now.date()),
        _expiring(expiring, now),
        _dead(found.dead),
        _oldest(found.oldest_undelivered, now, expire_after),
    ]


def _legacy(until: Mapping[str, date], today: date) -> Finding:
    ended = [name for name, last in until.items() if last < today]
    ending = [name for name, last in until.items() if today <= last <= today + _SOON]
    name = "credentials.legacy"
    if ended:
        advice = (
            "these accounts are served current algorithms only: see that their software is, then drop the exception"
        )
        return warning(name, f"{len(ended)} exceptions for legacy algorithms have ended: {_some(ended)}", advice)
    if ending:
        advice = "tell them, or import a later legacy_algorithms_until"
        return warning(name, f"{len(ending)} exceptions end within {_SOON.days} days: {_some(ending)}", advice)
    return well(name, f"{len(until)} accounts may use legacy algorithms" if until else "no exceptions")


def _expiring(found: Sequence[Expiring], now: datetime) -> Finding:
    name = "credentials.expiring"
    if not found:
        return well(name, "no password or key ends soon")
    ended = sum(one.ends_at <= now for one in found)
    names = sorted({one.username for one in found})
    said = f"{len(found)} passwords and keys end soon, {ended} of them have ended: {_some(names)}"
    return warning(name, said, "see `gateway accounts expiring`; import new ones before their end")


def _some(names: list[str]) -> str:
    shown = ", ".join(sorted(names)[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown


def _dead(count: int) -> Finding:
    if count:
        advice = "see them with `gateway outgoing list`, try one again with `gateway outgoing replay ID`"
        return warning("outgoing.dead", f"{count} calls were given up", advice)
    return well("outgoing.dead", "no call was given up")


def _oldest(oldest: datetime | None, now: datetime, expire_after: timedelta) -> Finding:
    if oldest is None:
        return well("deliveries.oldest", "nothing waits for its recipient")
    age = now - oldest
    said = f"the oldest undelivered dossier has waited {age.days} days (since {oldest:%Y-%m-%d})"
    if age > expire_after / 2:
        return warning("deliveries.oldest", said, "ask its recipient: it expires when nobody takes it")
    return well("deliveries.oldest", said)
