"""The stage on which the programs play."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import asyncssh
import pytest

from tests.clients.stage import Stage, deposit_large
from tests.journeys.conftest import http, keys
from tests.journeys.gateways import prepare, running, settings_for
from tests.journeys.rest import Rest
from tests.journeys.world import private_key_text

__all__ = ["http", "keys"]


@pytest.fixture
async def stage(http: aiohttp.ClientSession, keys: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    settings = settings_for(tmp_path / "data", keys)
    await prepare(settings)
    home = tmp_path / "client"
    home.mkdir()
    key, known_hosts = home / "key", home / "known_hosts"
    key.touch(0o600)
    key.write_text(private_key_text("rennes"))
    public = asyncssh.read_private_key(key).export_public_key().decode()
    async with running(settings) as gateway:
        lines = [f"[127.0.0.1]:{gateway.sftp_port} {line}" for line in public_lines(keys)]
        known_hosts.write_text("".join(lines))
        depositor = Rest(http, gateway.http_port, "depot")
        yield Stage(gateway, depositor, await deposit_large(depositor), home, key, public, known_hosts)


def public_lines(keys: Path) -> list[str]:
    """The public host keys as `known_hosts` has them, each ended."""
    return [asyncssh.read_private_key(path).export_public_key().decode() for path in sorted(keys.glob("*_key"))]
