"""An office on each engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.services.office import Office
from tests.databases import Database
from tests.journeys.offices import Clock, office_on


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def office(database: Database, tmp_path: Path, clock: Clock) -> AsyncIterator[Office]:
    async with office_on(database, tmp_path / "blobs", clock) as office:
        yield office
