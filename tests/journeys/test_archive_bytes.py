"""An archive is the same bytes whoever serves them, and whenever; what was read of it is known to all gateways."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import paramiko

from tests.databases import Database
from tests.journeys import legacy
from tests.journeys.gateways import prepare, running
from tests.journeys.legacy import Legacy
from tests.journeys.rest import Rest
from tests.journeys.story import declare_secrets, story_settings
from tests.journeys.world import PROCESS

NUMBER = "A 9 Élancourt n°7"
NAME = f"{NUMBER}-{PROCESS}-1.zip"


async def test_it_is_the_same_at_every_gateway_and_after_a_restart(
    database: Database, tmp_path: Path, keys: Path, http: aiohttp.ClientSession
) -> None:
    settings = story_settings(database, tmp_path / "data", keys)
    await prepare(settings, declare_secrets)
    async with running(settings) as first, running(settings) as second:
        depositor = Rest(http, first.http_port, "depot")
        folder = await depositor.deposit(NUMBER, "rennes")
        found = [await asyncio.to_thread(part, gateway.sftp_port, 0, None) for gateway in (first, second)]
        await depositor.until(folder, "SENT", "SENT")
    async with running(settings) as again:
        found.append(await asyncio.to_thread(part, again.sftp_port, 0, None))
    assert found[0] == found[1] == found[2]
    assert found[0]


async def test_halves_read_at_two_gateways_and_after_a_restart_make_a_whole(
    database: Database, tmp_path: Path, keys: Path, http: aiohttp.ClientSession
) -> None:
    settings = story_settings(database, tmp_path / "data", keys)
    await prepare(settings, declare_secrets)
    async with running(settings) as first, running(settings) as second:
        depositor = Rest(http, first.http_port, "depot")
        folder = await depositor.deposit(NUMBER, "rennes")
        start = await asyncio.to_thread(part, first.sftp_port, 0, 1000)
        middle = await asyncio.to_thread(part, second.sftp_port, 1000, 2000)
        assert await depositor.statuses(folder) == ["HUBEE_NOTIFIED", "HUBEE_NOTIFIED"]
    async with running(settings) as again:
        end = await asyncio.to_thread(part, again.sftp_port, 2000, None)
        depositor = Rest(http, again.http_port, "depot")
        await depositor.until(folder, "SENT", "SENT")
        await asyncio.to_thread(put_away, again.sftp_port)
        await depositor.until(folder, "SI_RECEIVED", "SI_RECEIVED")
    assert len(legacy.unzipped(start + middle + end)) == 4


def part(port: int, start: int, end: int | None) -> bytes:
    """A range of the archive, read by a session of its own and closed."""
    with legacy.session(port, "rennes") as server, opened(server) as file:
        file.seek(start)
        return file.read() if end is None else file.read(end - start)


def opened(server: Legacy) -> paramiko.SFTPFile:
    return server.sftp.open(f"/{PROCESS}/in/{NAME}")


def put_away(port: int) -> None:
    with legacy.session(port, "rennes") as server:
        server.rename(NAME)
