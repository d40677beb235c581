"""What moved when one organization's cases became another's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Transferred:
    """How many of each."""

    cases: int = 0
    events: int = 0
    notifications: int = 0
    deliveries: int = 0

    def __add__(self, other: Transferred) -> Transferred:
        return Transferred(
            self.cases + other.cases,
            self.events + other.events,
            self.notifications + other.notifications,
            self.deliveries + other.deliveries,
        )
