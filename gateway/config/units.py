"""Durations (`30s`, `10m`, `1h`, `14d`) and sizes (`512KiB`, `1GiB`) as people write them, and as pydantic fields."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field

_SECONDS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES: Final = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_DURATION: Final = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)\Z")
_SIZE: Final = re.compile(r"([0-9]{1,12}) ?(B|KiB|MiB|GiB|TiB)\Z")
_LONGEST: Final = timedelta(days=36525)


def parse_duration(text: object) -> timedelta:
    """Raises ValueError when it is not a whole number with a unit, or longer than a century."""
    if isinstance(text, timedelta):
        return text
    found = _DURATION.match(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("must be a duration: a whole number and ms, s, m, h or d, for example 30s or 14d")
    duration = timedelta(seconds=int(found[1]) * _SECONDS[found[2]])
    if duration > _LONGEST:
        raise ValueError("must not be longer than a century")
    return duration


def parse_size(text: object) -> int:
    """A number of bytes. Raises ValueError when it is not a whole number with a unit; a bare number is bytes."""
    if isinstance(text, int) and not isinstance(text, bool):
        return text
    found = _SIZE.match(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("must be a size: a whole number and B, KiB, MiB, GiB or TiB, for example 1GiB")
    return int(found[1]) * _BYTES[found[2]]


def _lasting(duration: timedelta) -> timedelta:
    if duration <= timedelta(0):
        raise ValueError("must be longer than 0s")
    return duration


Delay = Annotated[timedelta, BeforeValidator(parse_duration, json_schema_input_type=str)]
"""A time span that may be nothing (`0s`)."""
Duration = Annotated[Delay, AfterValidator(_lasting)]
"""A time span that lasts."""
Size = Annotated[int, BeforeValidator(parse_size, json_schema_input_type=str), Field(gt=0)]
"""A number of bytes, at least 1."""
