"""A door that is kept for many examples, driven from outside its loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterator, MutableMapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncssh
import psutil  # type: ignore[import-untyped]  # it has no types of its own
from structlog.testing import capture_logs

from tests.sftp_server.running import running
from tests.sftp_server.scene import Scene
from tests.sftp_server.wire import Wire

T = TypeVar("T")
MOST_GROWTH: Final = 64 * 2**20
"""Bytes by which the process may grow over all the examples of a module, once it is warm."""
WITHIN: Final = 30.0
"""Seconds after which an answer that should have come at once is taken for missing."""
_FORESEEN: Final = "connection of a balancer refused"
_GIVEN_AWAY: Final = (b"Traceback", b"Errno", b"asyncssh", b'File "', b".py", b"site-packages", b"Internal error")


class Kept(logging.Handler):
    """The lines of the standard library's loggers."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name}: {record.getMessage()} {record.exc_info or ''}")


class Door:
    """A scene, the loop it runs on, and what must hold after every example."""

    def __init__(
        self,
        runner: asyncio.Runner,
        scene: Scene,
        lines: list[MutableMapping[str, Any]],
        kept: Kept,
        directory: Path,
    ) -> None:
        self.scene = scene
        self._runner = runner
        self._lines = lines
        self._kept = kept
        self._unhandled: list[str] = []
        self._secrets = (*_GIVEN_AWAY, str(directory).encode(), str(Path(__file__).parents[2]).encode())
        self._connections: dict[str, asyncssh.SSHClientConnection] = {}
        self._stack = AsyncExitStack()
        self._memory = 0
        runner.get_loop().set_exception_handler(lambda _, context: self._unhandled.append(repr(context)))

    def run(self, part: Coroutine[Any, Any, T]) -> T:
        """Runs one part of an example to its end."""
        return self._runner.run(part)

    async def connection(self, username: str) -> asyncssh.SSHClientConnection:
        """The account's connection, made at its first use and again when it was lost."""
        conn = self._connections.get(username)
        if conn is None or conn.is_closed():
            conn = await self._stack.enter_async_context(self.scene.connect(username))
            self._connections[username] = conn
        return conn

    async def channel(self, username: str = "rennes") -> Wire:
        """A new SFTP channel of the account, on which nothing was said yet."""
        writer, reader, _ = await (await self.connection(username)).open_session(subsystem="sftp", encoding=None)
        return Wire(writer, reader)

    async def talk(self, data: bytes, username: str = "rennes") -> bytes:
        """Says all of `data` at once on a new channel, and its end; what the door answers until it closes."""
        wire = await self.channel(username)
        try:
            wire.writer.write(data)
            wire.writer.write_eof()
        except (OSError, asyncssh.Error):
            pass  # closed by the door while it was being said
        answer = await asyncio.wait_for(wire.reader.read(), WITHIN)
        wire.writer.channel.close()
        await asyncio.wait_for(wire.writer.channel.wait_closed(), WITHIN)
        return answer

    def check(self, *answers: bytes) -> None:
        """What clients were told is not of this machine, and nothing went wrong that was not foreseen."""
        wrong = [line for line in self._lines if line.get("log_level") in ("warning", "error", "critical")]
        wrong = [line for line in wrong if line["event"] != _FORESEEN]
        found = [repr((line["event"], line.get("exc_info"))) for line in wrong] + self._unhandled + self._kept.lines
        errors = self.scene.figures.counts.pop("errors_total door=SFTP", 0)
        for kept in (self._lines, self._unhandled, self._kept.lines):
            kept.clear()  # the next example is not to blame
        assert not found
        assert not errors
        for answer in answers:
            assert not [secret for secret in self._secrets if secret in answer], answer

    def warm(self) -> None:
        """Remembers how much memory there is now."""
        self._memory = self._memory or psutil.Process().memory_info().rss

    def check_left(self) -> None:
        """Nothing of the examples is left: no channel, no file of the spool, no memory."""
        self.run(self.hang_up())
        self.run(self.scene.settled())
        self.check()
        assert list(self.scene.spool.iterdir()) == []
        assert self.scene.figures.gauges["sftp_sessions"] == 0
        if self._memory:
            assert psutil.Process().memory_info().rss - self._memory < MOST_GROWTH

    async def lose(self, username: str) -> None:
        """Breaks the account's connection off, if it has one."""
        conn = self._connections.pop(username, None)
        if conn is not None:
            conn.abort()
            await asyncio.wait_for(conn.wait_closed(), WITHIN)

    async def hang_up(self) -> None:
        """Ends all connections."""
        for conn in self._connections.values():
            conn.abort()
        await self._stack.aclose()
        self._connections.clear()


@contextmanager
def opened_door(
    runner: asyncio.Runner,
    database: Path,
    directory: Path,
    key_directory: Path,
    client_key: asyncssh.SSHKey,
    **changes: Any,
) -> Iterator[Door]:
    """A door as the tests of its room have it, but for `changes` of its settings, on a loop of its own."""
    kept, stack = Kept(), AsyncExitStack()
    loggers = [logging.getLogger(name) for name in ("asyncio", "asyncssh")]
    for logger in loggers:
        logger.addHandler(kept)
    try:
        with capture_logs() as lines:
            context = running(database, directory, key_directory, client_key, **changes)
            scene = runner.run(stack.enter_async_context(context))
            try:
                yield Door(runner, scene, lines, kept, directory)
            finally:
                runner.run(stack.aclose())
    finally:
        for logger in loggers:
            logger.removeHandler(kept)
