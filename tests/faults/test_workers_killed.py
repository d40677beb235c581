"""Several clients at work through the ports of two workers, one of which is killed again and again.

What was answered is there: every folder that was completed is published once, with its bytes; every archive that was
renamed is accepted once. Who was cut off comes back, says it again, and finds a worker that serves.
"""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import aiohttp

from gateway import app
from tests.app.supervised import Supervised, supervised
from tests.faults.left import check_consistent, counted
from tests.faults.story import LOST
from tests.journeys import legacy
from tests.journeys.conftest import http, keys
from tests.journeys.gateways import settings_for
from tests.journeys.offices import PDF, XML
from tests.journeys.rest import Rest

__all__ = ["http", "keys"]

T = TypeVar("T")
DEPOSITORS: Final = 4
FOLDERS: Final = 12
ALL: Final = DEPOSITORS * FOLDERS
KILLS: Final = ((8, 1), (20, 2), (32, 1))
"""After how many completed folders which worker is killed."""


class Work:
    """What the clients have done so far, and the gateway they do it with."""

    def __init__(self, served: Supervised, http: aiohttp.ClientSession) -> None:
        self.served, self.http = served, http
        self.folders: list[dict[str, Any]] = []
        self.reached = {number: asyncio.Event() for number in (*dict(KILLS), ALL)}
        self.renamed: Counter[str] = Counter()

    async def insist(self, step: Callable[[], Awaitable[T]]) -> T:
        """Does a step until it is answered: who is cut off connects again."""
        for _ in range(100):
            with suppress(*LOST):
                return await step()
        raise AssertionError("cut off a hundred times")

    async def deposit(self, depositor: int) -> None:
        rest = Rest(self.http, self.served.http_port, "depot")
        for position in range(FOLDERS):
            number, to = f"A-{depositor}-{position}", ("rennes", "nantes")[position % 2]
            folder = await self.insist(partial(rest.create, number, to, key=number))
            for which in range(2):
                await self.insist(partial(rest.put, folder, which))
            await self.insist(partial(rest.complete, folder))
            self.folders.append(folder)
            if reached := self.reached.get(len(self.folders)):
                reached.set()

    async def pull(self, recipient: str) -> None:
        """Polls, and fetches and renames what there is, until all is handed in and nothing is left."""
        complete, found = False, 1
        while found or not complete:
            complete = self.reached[ALL].is_set()
            found = await self.insist(lambda: asyncio.to_thread(self._poll, recipient))

    def _poll(self, recipient: str) -> int:
        with legacy.session(self.served.sftp_port, recipient) as server:
            names = server.list()
            for name in names:
                contents = server.entries(name).values()
                assert XML in contents
                assert PDF in contents
                server.rename(name)
                self.renamed[name] += 1
            return len(names)

    async def kill(self) -> None:
        for number, worker in KILLS:
            await self.reached[number].wait()
            self.served.workers[worker].kill()
            assert (await self.served.says("worker ended"))["worker"] == worker
            await self.served.says("worker serving")


async def test_everything_that_was_answered_is_there(http: aiohttp.ClientSession, keys: Path, tmp_path: Path) -> None:
    async with supervised(tmp_path, keys, scheduler={"enabled": False}) as served:
        work = Work(served, http)
        depositors = [work.deposit(number) for number in range(DEPOSITORS)]
        await asyncio.gather(work.kill(), *depositors, work.pull("rennes"), work.pull("nantes"))
        depositor = Rest(http, served.http_port, "depot")
        for number in (1, 2):
            with served.served_by(number):
                for folder in work.folders:
                    assert await depositor.statuses(folder) == ["SI_RECEIVED", "SI_RECEIVED"]
        assert await served.ends(signal.SIGTERM) == 0
    assert len({folder["id"] for folder in work.folders}) == ALL
    assert set(work.renamed.values()) == {1}
    async with app.office_for(settings_for(tmp_path / "data", keys)) as office:
        await check_consistent(office)
        found = await counted(office)
    for entry in ("folder.created", "folder.completed", "delivery.published", "delivery.accepted"):
        assert found[entry] == ALL
    assert found["attachment.received"] == 2 * ALL
