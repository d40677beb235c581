"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How bad it is. A warning lets the gateway work; a problem does not, or not for long."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """`check`: its name, `area.subject`. `found`: what is there or wrong. `advice`: what to do, if anything."""

    check: str
    state: State
    found: str
    advice: str = ""


def well(check: str, found: str) -> Finding:
    """All is as it should be."""
    return Finding(check, State.OK, found)


def warning(check: str, found: str, advice: str) -> Finding:
    """It works, and somebody should look."""
    return Finding(check, State.WARNING, found, advice)


def problem(check: str, found: str, advice: str) -> Finding:
    """It does not work, or will soon not."""
    return Finding(check, State.PROBLEM, found, advice)


def reason(error: OSError) -> str:
    """Why the system refused, without the path that it refused."""
    return (error.strerror or type(error).__name__).lower()
