"""A gateway whose recipients stand at the door that the test is about."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from gateway.domain.identity import Mode
from tests.doors.drivers import DOORS
from tests.doors.place import Place
from tests.journeys.conftest import http, keys
from tests.journeys.gateways import prepare, running, settings_for
from tests.journeys.rest import Rest
from tests.journeys.world import NANTES, RENNES, declare

__all__ = ["http", "keys"]


@pytest.fixture(params=list(DOORS), ids=str)
async def place(
    request: pytest.FixtureRequest, http: aiohttp.ClientSession, keys: Path, tmp_path: Path
) -> AsyncIterator[Place]:
    mode: Mode = request.param
    settings = settings_for(tmp_path / "data", keys)
    await prepare(settings, lambda tx: declare(tx, {RENNES: mode, NANTES: mode}))
    async with running(settings) as gateway:
        doors = {name: DOORS[mode](gateway, Rest(http, gateway.http_port, name), name) for name in ("rennes", "nantes")}
        yield Place(gateway, Rest(http, gateway.http_port, "depot"), doors["rennes"], doors["nantes"])
