"""What health and metrics show of the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Open deliveries by (state, access mode), the oldest of them, outgoing calls and answers by state.

    `failing_servers`: subscribers' own servers whose last attempt failed. `moves`: planned ones by state, but for those
    that are over.
    """

    deliveries: dict[tuple[str, str], int] = field(default_factory=dict)
    oldest_undelivered: datetime | None = None
    outgoing: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    failing_servers: int = 0
    moves: dict[str, int] = field(default_factory=dict)
