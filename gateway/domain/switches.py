"""Switches of access mode: what is asked for, and what becomes of the open deliveries (delivery rules, Switch)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.domain.identity import Mode, Transport


class InFlight(StrEnum):
    """What becomes of the deliveries that are open at a switch."""

    CARRY = "carry"
    """They are simply in the new inbox."""
    DRAIN = "drain"
    """They finish through the old door, until a deadline; then they are carried."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch that is asked for. `drain_for` goes with DRAIN alone.

    `epoch`: the epoch that the subscription must still have; None: whichever it has.
    """

    to: Mode
    transport: Transport = Transport.PULL
    in_flight: InFlight = InFlight.CARRY
    drain_for: timedelta | None = None
    epoch: int | None = None


@dataclass(frozen=True, slots=True)
class OpenDeliveries:
    """The open deliveries of a subscription at one moment; `pinned` of them finish through a door of their own."""

    ready: int
    fetched: int
    pinned: int = 0

    @property
    def total(self) -> int:
        """READY and FETCHED together."""
        return self.ready + self.fetched


@dataclass(frozen=True, slots=True)
class Switched:
    """A switch that was made. `open` counts what was open at that moment, `pinned_until` the end of a drain."""

    subscription_id: str
    organization: str
    process: str
    before: tuple[Mode, Transport]
    after: tuple[Mode, Transport]
    epoch: int
    open: OpenDeliveries
    pinned_until: datetime | None = None
