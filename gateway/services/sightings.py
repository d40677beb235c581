"""What software comes with which credential, kept without a write per login."""

from __future__ import annotations

from contextlib import suppress

from gateway.domain.errors import UnavailableError
from gateway.domain.sightings import Sighting
from gateway.services.office import Office


async def note(office: Office, seen: Sighting) -> None:
    """Keeps it, at most once an hour while nothing changes. That it cannot be kept hinders nobody."""
    with suppress(UnavailableError):
        known = await office.store.glance(lambda tx: tx.sightings.get(seen.door, seen.credential))
        if seen.adds_to(known):
            await office.store.write(lambda tx: tx.sightings.note(seen))
