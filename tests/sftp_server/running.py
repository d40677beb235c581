"""A door that is open on a real store and real blobs, for as long as a context lasts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncssh

from gateway.services.office import Office
from gateway.sftp_server.server import SftpServer
from gateway.store.blobs import LocalBlobs
from tests.databases import opened
from tests.sftp_server.scene import ANSWER_MAX_SIZE, OSL, Clock, Figures, PlainSecrets, Scene, declare


@asynccontextmanager
async def running(
    database: Path, directory: Path, key_directory: Path, client_key: asyncssh.SSHKey, **changes: Any
) -> AsyncIterator[Scene]:
    """The door with the usual settings but for `changes`; `database` holds the schema, `directory` takes all else."""
    clock, figures, secrets = Clock(), Figures(), PlainSecrets()
    blobs = LocalBlobs(directory / "blobs")
    await blobs.open()
    async with opened(database) as store:
        office = Office(store, blobs, clock, secrets, figures, OSL)
        await store.write(lambda tx: declare(tx, client_key))
        settings: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": 0,
            "host_keys": key_directory,
            "spool": directory / "spool",
            "max_sessions": 100,
            "login_timeout": 30,
            "idle_timeout": 600,
            "answer_max_size": ANSWER_MAX_SIZE,
        }
        server = SftpServer(office, **(settings | changes))
        await server.open()
        try:
            yield Scene(office, server, clock, figures, secrets, client_key, directory / "spool")
        finally:
            await server.close()
