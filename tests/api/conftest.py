"""A door on a real store and real blobs, with organizations, processes, subscriptions and clients."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from gateway.api.metrics import PrometheusMeter
from gateway.services.office import Office
from tests.api.serving import Clock, opened, server_on
from tests.api.visitor import Visitor

if TYPE_CHECKING:
    from tests.api.lasting import LastingDoor


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was logged, with the ids that were bound."""
    with capture_logs([merge_contextvars]) as found:
        yield found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meter() -> PrometheusMeter:
    return PrometheusMeter()


@pytest.fixture
async def office(sqlite_database: Path, tmp_path: Path, clock: Clock, meter: PrometheusMeter) -> AsyncIterator[Office]:
    async with opened(sqlite_database, tmp_path / "blobs", clock, meter) as office:
        yield office


@pytest.fixture
async def visitor(office: Office, meter: PrometheusMeter) -> AsyncIterator[Visitor]:
    server = server_on(office, meter)
    await server.open()
    # one connection: a request begins when the one before has ended at the door too
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
        yield Visitor(server, office, session)
    await server.close()


@pytest.fixture(scope="session")
def lasting_door(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LastingDoor]:
    """One door for many tests, in a thread of its own."""
    from tests.api.lasting import LastingDoor

    place = tmp_path_factory.mktemp("lasting")
    door = LastingDoor(Path(shutil.copy(sqlite_template, place / "gateway.db")), place / "blobs")
    door.open()
    yield door
    door.close()
