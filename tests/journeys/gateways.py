"""The real wiring, for stories: settings on free ports, databases that know the world, gateways that run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gateway import app
from gateway.config import Settings
from gateway.config.settings import HostKeys
from gateway.services.ports import Clock, Transaction
from gateway.sftp_server import host_keys
from tests.journeys.world import declare

DEADLINE = 60.0


def settings_for(data_dir: Path, keys: Path, **changes: Any) -> Settings:
    """Free ports of this machine, no periodic work unless asked for. `keys`: where the host keys are."""
    changes = {"scheduler": {"enabled": False}, **changes}
    return Settings.model_validate(
        {
            "data_dir": data_dir,
            "host_keys": HostKeys(dir=str(keys)),
            "http": {"port": 0},
            "sftp": {"port": 0},
            **changes,
        }
    )


def make_host_keys(directory: Path) -> Path:
    """Host keys to be shared by gateways; an RSA key takes its time."""
    host_keys.load(directory)
    return directory


async def prepare(settings: Settings, declaration: Callable[[Transaction], None] = declare) -> None:
    """A database that knows the world."""
    await asyncio.to_thread(app.prepare, settings)
    async with app.office_for(settings) as office:
        await office.store.write(declaration)


@asynccontextmanager
async def running(settings: Settings, clock: Clock = app.now) -> AsyncIterator[app.Gateway]:
    """A gateway in this process, both doors open."""
    gateway = app.Gateway(settings, clock)
    await gateway.open()
    try:
        yield gateway
    finally:
        await gateway.close()
