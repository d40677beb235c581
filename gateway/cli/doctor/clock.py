"""The system's clock and the time zone in which dates are written for people."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.cli.doctor.findings import Finding, problem, warning, well

_BUILT: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""No gateway of this version ran before."""
_FAR: Final = datetime(2100, 1, 1, tzinfo=UTC)
_TOLERATED: Final = timedelta(minutes=2)
_SET_IT: Final = "set the clock by NTP (chrony, systemd-timesyncd): deadlines and legal dates depend on it"
_PARIS: Final = "Europe/Paris"


def check(now: datetime, written: Path | None, monotonic: Callable[[], float] = time.monotonic) -> list[Finding]:
    """`written`: a file that the gateway wrote some time ago, if there is one: it cannot be of the future."""
    return [_plausible(now, written), _forward(monotonic), zone(_PARIS)]


def _plausible(now: datetime, written: Path | None) -> Finding:
    said = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if not _BUILT <= now < _FAR:
        return problem("clock.time", f"{said} cannot be", _SET_IT)
    if written is not None and written.exists():
        latest = datetime.fromtimestamp(written.stat().st_mtime, UTC)
        if latest > now + _TOLERATED:
            return problem(
                "clock.time", f"{said}, but the data were written at {latest:%Y-%m-%d %H:%M:%S} UTC", _SET_IT
            )
    return well("clock.time", said)


def _forward(monotonic: Callable[[], float]) -> Finding:
    moments = [monotonic() for _ in range(100)]
    if moments != sorted(moments):
        return problem("clock.monotonic", "the monotonic clock goes backwards", "look at the host or its hypervisor")
    return well("clock.monotonic", "goes forward")


def zone(name: str) -> Finding:
    """Whether the time zone is known, with its summer time."""
    try:
        found = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return problem("clock.zone", f"the time zone {name} is not known here", "install tzdata")
    winter, summer = (datetime(2026, month, 1, 12, tzinfo=found).utcoffset() for month in (1, 7))
    if (winter, summer) != (timedelta(hours=1), timedelta(hours=2)):
        return warning("clock.zone", f"{name} has no summer time of an hour here", "update tzdata")
    return well("clock.zone", f"{name} is known")
