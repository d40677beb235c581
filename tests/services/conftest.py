"""The town on a fresh database of each engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.services.office import Office
from gateway.store.blobs import LocalBlobs
from tests.databases import AnyStore
from tests.services.people import GATEWAY, Clock, Counts, PlainSecrets
from tests.services.town import Town


@pytest.fixture
async def town(store: AnyStore, tmp_path: Path) -> Town:
    """Declared, with nothing handed in yet."""
    blobs = LocalBlobs(tmp_path / "blobs")
    await blobs.open()
    clock, meter, secrets = Clock(), Counts(), PlainSecrets()
    made = Town(store, blobs, Office(store, blobs, clock, secrets, meter, GATEWAY), clock, meter, secrets)
    await made.declare()
    return made
