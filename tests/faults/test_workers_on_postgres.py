"""Two workers on PostgreSQL, one of which is killed between deposits and polls: what was answered is there, once."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from pathlib import Path

import aiohttp

from gateway import app
from tests.app.supervised import supervised
from tests.faults.left import check_consistent, counted
from tests.faults.story import LOST
from tests.journeys import legacy
from tests.journeys.conftest import http, keys
from tests.journeys.gateways import settings_for
from tests.journeys.rest import Rest

__all__ = ["http", "keys"]

NUMBERS = [f"A-{number}" for number in range(12)]


async def test_what_two_workers_answered_is_there_once(
    http: aiohttp.ClientSession, keys: Path, tmp_path: Path, postgres_database: str
) -> None:
    database = {"url": postgres_database}
    done: list[str] = []
    renamed: list[str] = []
    async with supervised(tmp_path, keys, database=database) as served:
        rest, half = Rest(http, served.http_port, "depot"), asyncio.Event()

        async def deposit(numbers: list[str]) -> None:
            for number in numbers:
                for _ in range(20):
                    with suppress(*LOST):
                        folder = await rest.create(number, "rennes", key=number)
                        for which in range(2):
                            await rest.put(folder, which)
                        await rest.complete(folder)
                        done.append(number)
                        break
                else:
                    raise AssertionError("cut off twenty times")
            half.set()

        def poll() -> bool:
            """Fetches and renames what there is; whether that was nothing."""
            with suppress(*LOST), legacy.session(served.sftp_port, "rennes") as server:
                names = server.list()
                for name in names:
                    server.entries(name)
                    server.rename(name)
                    renamed.append(name)
                return not names
            return False

        async def kill() -> None:
            await half.wait()
            served.workers[1].kill()
            assert (await served.says("worker ended"))["worker"] == 1
            await served.says("worker serving")

        async def pull() -> None:
            empty = False
            while not (empty and len(done) == len(NUMBERS)):
                before = len(done)
                empty = await asyncio.to_thread(poll) and before == len(NUMBERS)

        async with asyncio.timeout(240):
            await asyncio.gather(deposit(NUMBERS[:4]), deposit(NUMBERS[4:]), kill(), pull())
        for number in (1, 2):
            with served.served_by(number), legacy.session(served.sftp_port, "rennes") as server:
                assert server.list() == []
        assert await served.ends(signal.SIGTERM) == 0
    async with app.office_for(settings_for(tmp_path / "data", keys, database=database)) as office:
        await check_consistent(office)
        found = await counted(office)
    assert len(set(renamed)) == len(renamed)
    for entry in ("folder.completed", "delivery.published", "delivery.accepted"):
        assert found[entry] == len(NUMBERS)
