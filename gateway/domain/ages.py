"""Ages as people are told them."""

from __future__ import annotations

from datetime import timedelta

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


def age(time: timedelta) -> str:
    """In whole days, below one in hours, below one in minutes; what lies ahead is no age: 0 min."""
    if time >= _DAY:
        return f"{time.days} d"
    if time >= _HOUR:
        return f"{time // _HOUR} h"
    return f"{max(time // _MINUTE, 0)} min"
