"""Dossiers for a subscriber's own server, through gateways that run all their jobs, one of which is killed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp

from gateway import app
from tests.bridge.pushed import push_to
from tests.bridge.servers import Server
from tests.bridge.servers import serving as subscriber_serving
from tests.faults.left import check_consistent, lines
from tests.journeys.gateways import prepare, running, settings_for
from tests.journeys.rest import Rest
from tests.journeys.served import serving
from tests.journeys.story import MovableClock
from tests.journeys.world import PROCESS
from tests.pec.answers import answer_zip

DEADLINE: Final = 20.0
SIGNED: Final = b"%PDF-1.4 signed"
SECTIONS: Final[dict[str, Any]] = {
    "outbox": {"every": "50ms", "first_delay": "100ms", "ceiling": "400ms", "private_targets": True},
    "push": {"poll": "100ms"},
}


class Counting:
    """What was asked of the subscriber's server; after a rename it may never come to answer."""

    def __init__(self) -> None:
        self.renames: list[str] = []
        self.renamed = asyncio.Event()
        self.silent = False

    async def __call__(self, verb: str, path: str) -> None:
        if verb == "renamed":
            self.renames.append(path)
            self.renamed.set()
            if self.silent:
                await asyncio.Event().wait()


async def _declared(data_dir: Path, keys: Path, server: Server) -> None:
    settings = settings_for(data_dir, keys)
    await prepare(settings)
    async with app.office_for(settings) as office:
        await push_to(office, "rennes", server.target())


async def test_a_served_gateway_delivers_and_fetches_the_answer(
    tmp_path: Path, keys: Path, http: aiohttp.ClientSession
) -> None:
    async with subscriber_serving(tmp_path / "rennes") as server:
        await _declared(tmp_path / "var", keys, server)
        async with serving(tmp_path / "var", keys, **SECTIONS) as gateway:
            depositor = Rest(http, gateway.http_port, "depot")
            folder = await depositor.deposit("A-9-1", "rennes")
            await depositor.until(folder, "SENT", "SENT")
            assert list(server.files()) == [f"A-9-1-{PROCESS}-1.zip"]
            (server.root / "out" / "retour.zip").write_bytes(answer_zip("A-9-1", 19, "Voici", {"acte.pdf": SIGNED}))
            await depositor.until(folder, "DONE", "DONE")
            async with asyncio.timeout(DEADLINE):
                while not (server.root / "out" / "DONE" / "retour.zip").exists():
                    await depositor.folder(folder)
    assert server.files("out") == {}


async def test_a_kill_between_the_rename_there_and_the_commit_here_ends_in_one_delivery(
    tmp_path: Path, keys: Path, http: aiohttp.ClientSession
) -> None:
    async with subscriber_serving(tmp_path / "rennes") as server:
        seen = server.trouble = Counting()
        await _declared(tmp_path / "var", keys, server)
        seen.silent = True
        async with serving(tmp_path / "var", keys, **SECTIONS) as gateway:
            folder = await Rest(http, gateway.http_port, "depot").deposit("A-9-1", "rennes")
            await asyncio.wait_for(seen.renamed.wait(), DEADLINE)
            gateway.process.kill()
            await gateway.ends()
        assert list(server.files()) == [f"A-9-1-{PROCESS}-1.zip"]
        seen.silent = False
        # The one that died holds the right to go to that server a while longer.
        later = MovableClock(timedelta(minutes=10))
        settings = settings_for(tmp_path / "var", keys, scheduler={"enabled": True}, **SECTIONS)
        async with running(settings, later) as second:
            depositor = Rest(http, second.http_port, "depot")
            await depositor.until(folder, "SENT", "SENT")
            await check_consistent(second.office)
            written = await lines(second.office)
        (pushed,) = [line for line in written if line.entry == "delivery.pushed"]
        assert pushed.detail["found"] is True
        assert [line.entry for line in written].count("delivery.accepted") == 1
        assert list(server.files()) == [f"A-9-1-{PROCESS}-1.zip"]
        assert len(seen.renames) == 1
