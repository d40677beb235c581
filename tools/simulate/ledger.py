"""What virtual clients write down themselves, to be compared with what the gateway says at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class What(StrEnum):
    """One thing that a client did."""

    FETCHED = "fetched"
    """It has every byte; about an archive by its name, or a case by its id."""
    RENAMED = "renamed"
    DELETED = "deleted"
    FAILED = "failed"
    ANSWERED = "answered"
    """About a dossier, by its number."""
    DISMISSED = "dismissed"
    """About a delivery, by its id."""
    STATUS = "status"
    POSTED = "posted"
    """About a case, by its id."""


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a client's ledger. `taken`: the gateway took it; `status`: the status that it was to have."""

    at: datetime
    door: str
    actor: str
    what: What
    about: str
    taken: bool = True
    status: str = ""


@dataclass
class Ledger:
    """What one subscriber's software did. `faults`: what a client itself can see to be wrong."""

    lines: list[Said] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def note(self, *said: Said) -> None:
        """Adds lines."""
        self.lines += said

    def about(self, what: What) -> Iterator[Said]:
        """The lines of one kind that the gateway took, in their order."""
        return (one for one in self.lines if one.what is what and one.taken)


@dataclass(frozen=True, slots=True)
class Deposited:
    """A case as its depositor knows it."""

    case: str
    folder: str
    number: str
    subscription: str
    at: datetime


@dataclass
class DepositorLedger:
    """What was handed in, and what came back: the statuses of each case, in the order of its notifications."""

    cases: dict[str, Deposited] = field(default_factory=dict)
    contents: dict[str, frozenset[bytes]] = field(default_factory=dict)
    """SHA-256 of the attachments, by the dossier's number."""
    statuses: dict[str, list[str]] = field(default_factory=dict)
    reopened: dict[str, datetime] = field(default_factory=dict)
    messages: int = 0
