"""A running door on a real store and real blobs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from structlog.testing import capture_logs

from gateway.sftp_server import host_keys
from tests.sftp_server.running import running
from tests.sftp_server.scene import Scene

Start = Callable[..., Awaitable[Scene]]


@pytest.fixture(scope="session")
def key_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Host keys, made once: an RSA key takes its time."""
    directory = tmp_path_factory.mktemp("host-keys") / "keys"
    host_keys.load(directory)
    return directory


@pytest.fixture(scope="session")
def client_key() -> asyncssh.SSHKey:
    """The key that the account rennes may log in with."""
    return asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was logged."""
    with capture_logs() as found:
        yield found


@pytest.fixture
async def start(
    sqlite_database: Path, tmp_path: Path, key_directory: Path, client_key: asyncssh.SSHKey
) -> AsyncIterator[Start]:
    """Opens a door, with other settings than usual where given; one per test."""
    async with AsyncExitStack() as stack:

        async def started(**changes: Any) -> Scene:
            door = running(sqlite_database, tmp_path, key_directory, client_key, **changes)
            return await stack.enter_async_context(door)

        yield started


@pytest.fixture
async def scene(start: Start) -> AsyncIterator[Scene]:
    """An open door with the usual settings."""
    scene = await start()
    yield scene
    await scene.server.close()
    assert scene.figures.gauges["sftp_sessions"] == 0
    assert list(scene.spool.iterdir()) == []
