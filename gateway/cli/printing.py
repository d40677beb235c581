"""How commands write: tables and words for people, JSON for scripts; plain lines where there is no terminal."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

WIDTH_WITHOUT_TERMINAL = 140


def console(stream: TextIO | None = None) -> Console:
    """A console on standard output (or the given stream); wide and without colours where it is no terminal."""
    from rich.console import Console

    stream = stream or sys.stdout
    width = None if stream.isatty() else WIDTH_WITHOUT_TERMINAL
    return Console(file=stream, width=width, highlight=False, soft_wrap=not stream.isatty())


def print_json(value: Any) -> None:
    """One JSON document on standard output; dataclasses are objects, moments ISO 8601 with offset."""
    print(json.dumps(plain(value), ensure_ascii=False, indent=2))


def moment(at: datetime, timespec: str = "minutes") -> str:
    """A moment as people read it in tables: local time as windows have it, with its offset."""
    from gateway.domain.windows import ZONE

    return at.astimezone(ZONE).isoformat(sep=" ", timespec=timespec)


def plain(value: Any) -> Any:
    """The value as JSON has it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value
