"""What the stories share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.journeys.gateways import make_host_keys
from tests.journeys.rest import browsing


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Host keys."""
    return make_host_keys(tmp_path_factory.mktemp("host-keys") / "keys")


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """For clients of the REST door."""
    async with browsing() as session:
        yield session
