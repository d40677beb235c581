"""The exit codes of the `gateway` command, and which failure ends with which."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from gateway.domain.errors import DomainError, UnavailableError


class Exit(IntEnum):
    """What the shell is told."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INVALID = 3
    REFUSED = 4
    UNAVAILABLE = 5


MEANINGS: Final = {
    Exit.OK: "done",
    Exit.FAILED: "failed: something unexpected happened, a step of the demo went wrong, or the doctor found a problem",
    Exit.USAGE: "usage: an option or argument is wrong",
    Exit.INVALID: "the configuration or the file given is invalid; every fault is listed, nothing was changed",
    Exit.REFUSED: "not found, or refused in the state that the object is in",
    Exit.UNAVAILABLE: "the store is not available now; try again",
}
"""The one table of the codes, shown by `gateway --help`."""


def table() -> str:
    """The exit codes as lines of text."""
    return "\n\n".join(f"{code.value}  {meaning}" for code, meaning in MEANINGS.items())


def code_of(error: BaseException) -> Exit:
    """The code for an error that ends a command."""
    from gateway.config import ConfigurationError  # imported late: the help text needs no YAML

    if isinstance(error, ConfigurationError):
        return Exit.INVALID
    if isinstance(error, UnavailableError):
        return Exit.UNAVAILABLE
    return Exit.REFUSED if isinstance(error, DomainError) else Exit.FAILED
