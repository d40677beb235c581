"""The town, or an office in which nothing or little is declared, on a fresh database of each engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.services.office import Office
from gateway.store.blobs import LocalBlobs
from tests.databases import AnyStore, Database
from tests.journeys import offices
from tests.journeys.world import declare
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


@pytest.fixture
def clock() -> offices.Clock:
    """The clock of `office`."""
    return offices.Clock()


@pytest.fixture
async def office(database: Database, tmp_path: Path, clock: offices.Clock) -> AsyncIterator[Office]:
    """An office that knows of nobody but the gateway itself."""
    async with offices.office_on(database, tmp_path / "blobs", clock) as office:
        yield office


@pytest.fixture
async def declared(office: Office) -> None:
    """Declares the world of the stories to `office`."""
    await office.store.write(declare)
