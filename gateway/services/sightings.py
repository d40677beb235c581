"""What software comes with which credential, kept without a write per login."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from gateway.domain.errors import UnavailableError
from gateway.domain.sightings import EVERY, Sighting
from gateway.services.office import Office
from gateway.services.ports import Transaction


async def note(office: Office, seen: Sighting) -> None:
    """Keeps it, at most once an hour while nothing changes. That it cannot be kept hinders nobody."""

    def query(tx: Transaction) -> tuple[Sighting | None, datetime | None]:
        used = tx.sightings.uses(seen.door, seen.credential) if seen.mark else {}
        return tx.sightings.get(seen.door, seen.credential), used.get(seen.mark or "")

    with suppress(UnavailableError):
        known, used = await office.store.glance(query)
        fresh = seen.mark is not None and (used is None or seen.seen_at - used >= EVERY)
        if fresh or seen.adds_to(known):
            await office.store.write(lambda tx: tx.sightings.note(seen))
