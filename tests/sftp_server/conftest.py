"""A running door on a real store and real blobs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from structlog.testing import capture_logs

from gateway.services.office import Office
from gateway.sftp_server import host_keys
from gateway.sftp_server.server import SftpServer
from gateway.store.blobs import LocalBlobs
from tests.databases import opened
from tests.sftp_server.scene import ANSWER_MAX_SIZE, OSL, Clock, Figures, PlainSecrets, Scene, declare

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
            clock, figures, secrets = Clock(), Figures(), PlainSecrets()
            blobs = LocalBlobs(tmp_path / "blobs")
            await blobs.open()
            store = await stack.enter_async_context(opened(sqlite_database))
            office = Office(store, blobs, clock, secrets, figures, OSL)
            await store.write(lambda tx: declare(tx, client_key))
            settings: dict[str, Any] = {
                "host": "127.0.0.1",
                "port": 0,
                "host_keys": key_directory,
                "spool": tmp_path / "spool",
                "max_sessions": 100,
                "login_timeout": 30,
                "idle_timeout": 600,
                "answer_max_size": ANSWER_MAX_SIZE,
            }
            server = SftpServer(office, **(settings | changes))
            await server.open()
            stack.push_async_callback(server.close)
            return Scene(office, server, clock, figures, secrets, client_key, tmp_path / "spool")

        yield started


@pytest.fixture
async def scene(start: Start) -> AsyncIterator[Scene]:
    """An open door with the usual settings."""
    scene = await start()
    yield scene
    await scene.server.close()
    assert scene.figures.gauges["sftp_sessions"] == 0
    assert list(scene.spool.iterdir()) == []
