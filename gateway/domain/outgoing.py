"""Outgoing calls and the leases that keep two processes from doing one job twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class OutgoingState(StrEnum):
    """PENDING until it succeeds; DEAD when every attempt failed, until somebody replays it."""

    PENDING = "PENDING"
    SENT = "SENT"
    DEAD = "DEAD"


@dataclass(frozen=True, slots=True)
class WebhookKeys:
    """Which generations of a subscription's key sign now: the last one, and until a date the one before too."""

    generation: int = 1
    previous_until: datetime | None = None

    def signing(self, now: datetime) -> tuple[int, ...]:
        """The generations, the last one first."""
        overlaps = self.generation > 1 and self.previous_until is not None and now < self.previous_until
        return (self.generation, self.generation - 1) if overlaps else (self.generation,)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One outgoing call; its `id` is its idempotency key. `fence` is the number of the claim under which it runs.

    `case_id`: the case that it tells of, None for a test call.
    """

    id: str
    kind: str
    subscription_id: str
    payload: str
    created_at: datetime
    attempts: int = 0
    fence: int = 0
    state: OutgoingState = OutgoingState.PENDING
    next_at: datetime | None = None
    last_error: str | None = None
    case_id: str | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run one named job until `until`; `fence` grows each time it changes hands."""

    name: str
    holder: str
    fence: int
    until: datetime
