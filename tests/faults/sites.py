"""A gateway in another process and the clients that call it, for tests that kill it."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from tests.faults import mortal
from tests.journeys import legacy
from tests.journeys.legacy import Legacy
from tests.journeys.rest import Rest

T = TypeVar("T")

WAIT = 30.0


class GoneError(Exception):
    """The gateway died before it answered."""


class Players:
    """Everybody who calls a gateway, and its bridge when it is told to run."""

    def __init__(self, session: aiohttp.ClientSession, ports: tuple[int, int], commands: Connection) -> None:
        self.depositor = Rest(session, ports[0], "depot")
        self.brest = Rest(session, ports[0], "brest")
        self._sftp_port = ports[1]
        self._commands = commands

    async def rennes(self, work: Callable[[Legacy], T]) -> T:
        """What the legacy server of Rennes does in one session."""

        def session() -> T:
            with legacy.session(self._sftp_port, "rennes") as server:
                return work(server)

        return await asyncio.to_thread(session)

    async def carry(self) -> None:
        """Lets the bridge take in what is queued."""
        await tell(self._commands, "carry")


async def tell(commands: Connection, command: str, argument: object = None) -> Any:
    """Gives a command and waits for its answer. Raises GoneError."""
    try:
        commands.send((command, argument))
        if not await asyncio.to_thread(commands.poll, WAIT):
            raise AssertionError(f"no answer to {command}")
        return commands.recv()
    except (EOFError, BrokenPipeError, ConnectionResetError) as error:
        raise GoneError(command) from error


class Site:
    """One process of the gateway on a prepared directory, forked from a process that has imported everything."""

    _context = multiprocessing.get_context("forkserver")
    _context.set_forkserver_preload([mortal.__name__])

    def __init__(self, session: aiohttp.ClientSession, data_dir: Path, keys: Path) -> None:
        self._session = session
        self._commands, theirs = self._context.Pipe()
        self._process = self._context.Process(target=mortal.run, args=(data_dir, keys, theirs), daemon=True)
        self._process.start()
        theirs.close()

    async def open(self) -> Players:
        """Waits until it serves."""
        assert await asyncio.to_thread(self._commands.poll, WAIT), "the gateway does not start"
        try:
            ports = self._commands.recv()
        except EOFError:
            raise AssertionError("the gateway does not start") from None
        return Players(self._session, ports, self._commands)

    async def arm(self, fatal: int) -> None:
        """From now on it counts its points, and dies at the fatal one."""
        await tell(self._commands, "arm", fatal)

    async def passed(self) -> list[str]:
        """The points passed since it was armed."""
        found: list[str] = await tell(self._commands, "passed")
        return found

    async def died(self) -> bool:
        """Waits for its end; whether it was killed."""
        await asyncio.to_thread(self._process.join, WAIT)
        return self._process.exitcode == -signal.SIGKILL

    async def kill(self) -> None:
        self._process.kill()
        assert await self.died()

    async def stop(self) -> None:
        """Ends it as an operator would."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self._commands.send(("stop", None))
        await asyncio.to_thread(self._process.join, WAIT)
        self._commands.close()
        assert self._process.exitcode in (0, -signal.SIGKILL)


@asynccontextmanager
async def served(session: aiohttp.ClientSession, data_dir: Path, keys: Path) -> AsyncIterator[tuple[Site, Players]]:
    """A site that serves, and is gone afterwards."""
    site = Site(session, data_dir, keys)
    try:
        yield site, await site.open()
    finally:
        await site.stop()
