"""What is wrong in a configuration, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    `path` is the dotted path of the key (`http.port`, `subscriptions[3].process`, empty for the whole document).
    `line` and `column` count from 1; 0 means that there is no place in a text, and then `source` is the environment
    variable, or empty. Otherwise `source` is the name of the file. `message` never holds a secret or a host path.
    """

    path: str
    line: int
    column: int
    message: str
    source: str = ""

    def __str__(self) -> str:
        place = f"{self.source or 'line'}:{self.line}:{self.column}" if self.line else self.source
        return ": ".join(part for part in (place, self.path, self.message) if part)


class ConfigurationError(Exception):
    """A configuration was refused whole; `faults` lists everything that is wrong with it, in the order of the text."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(
            sorted(dict.fromkeys(faults), key=lambda fault: (fault.line, fault.column, fault.source, fault.path))
        )
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)
