"""What was last seen of a credential."""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.identity import Door
from gateway.domain.sightings import Sighting
from tests.databases import AnyStore
from tests.store.rows import HOUR, NOW

SEEN = Sighting(Door.SFTP, "rennes", NOW, "OpenSSH_9.2", "curve25519-sha256 ssh-ed25519")


async def test_a_sighting_is_written_over(store: AnyStore) -> None:
    later = replace(SEEN, seen_at=NOW + HOUR, software=None, algorithms=None)
    for seen in (SEEN, later):
        await store.write(lambda tx, seen=seen: tx.sightings.note(seen))  # type: ignore[misc]  # bound on purpose
        assert await store.read(lambda tx: tx.sightings.get(Door.SFTP, "rennes")) == seen
    assert await store.read(lambda tx: tx.sightings.get(Door.API, "rennes")) is None


async def test_when_legacy_algorithms_were_last_used_is_kept(store: AnyStore) -> None:
    await store.write(lambda tx: tx.sightings.note(replace(SEEN, legacy_at=NOW)))
    await store.write(lambda tx: tx.sightings.note(replace(SEEN, seen_at=NOW + HOUR)))
    found = await store.read(lambda tx: tx.sightings.get(Door.SFTP, "rennes"))
    assert found == replace(SEEN, seen_at=NOW + HOUR, legacy_at=NOW)
