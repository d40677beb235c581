"""What the rows say that an operator should look at; read before the gateway itself is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from gateway.domain.outgoing import OutgoingState
from gateway.services.ports import Store, Transaction


@dataclass(frozen=True, slots=True)
class Standing:
    """Calls given up, when the oldest undelivered delivery was published, the last day of each legacy exception."""

    dead: int
    oldest_undelivered: datetime | None
    legacy_until: Mapping[str, date]


async def standing(store: Store) -> Standing:
    """Reads one consistent state. Raises UnavailableError when the store is away."""

    def query(tx: Transaction) -> Standing:
        figures = tx.figures.snapshot()
        dead = figures.outgoing.get(OutgoingState.DEAD, 0)
        return Standing(dead, figures.oldest_undelivered, tx.figures.legacy_until())

    return await store.read(query)
