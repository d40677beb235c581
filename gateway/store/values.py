"""Between what the domain uses and what columns hold: dates as milliseconds, small structures as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # made once: `dumps` makes one each time
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(when: datetime | None) -> int | None:
    """Milliseconds since 1970 UTC; `when` must carry its offset."""
    return None if when is None else (when - _EPOCH) // _MILLISECOND


def from_ms(value: int | None) -> datetime | None:
    """The date, in UTC."""
    return None if value is None else at(value)


@lru_cache(maxsize=16_384)
def at(value: int) -> datetime:
    """The date, in UTC, of a column that is never null. Remembered: a poll asks for the same ones again and again."""
    return datetime.fromtimestamp(value // 1000, UTC) + timedelta(milliseconds=value % 1000)


def to_json(value: Any) -> str:
    """Compact JSON, with the keys in the order given."""
    return _encode(value)


def from_json(text: str | None) -> Any:
    """The value of a JSON column; None for a null one."""
    return None if text is None else json.loads(text)
