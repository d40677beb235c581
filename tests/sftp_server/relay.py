"""A wire between a client and the door that a test can cut, or let stall."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Relay:
    """Forwards one connection at a time. `cut_after`: bytes from the client after which both ends are cut off."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self.cut_after: int | None = None
        self.forwarded = 0
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Relay:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        self.address = (str(host), int(port))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._flowing.set()
        self._server.close()
        while self._tasks:
            await asyncio.wait(self._tasks)

    def stall(self) -> None:
        """Takes nothing more from the door."""
        self._flowing.clear()

    def flow(self) -> None:
        """Goes on."""
        self._flowing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.forwarded = 0
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        ways = (self._up(reader, far_writer), self._down(far_reader, writer))
        both = [asyncio.ensure_future(way) for way in ways]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, far_writer):
            end.transport.abort()
        for way in both:
            way.cancel()
        await asyncio.gather(*both, return_exceptions=True)
        for end in (writer, far_writer):
            with suppress(OSError):
                await end.wait_closed()
        self._tasks.discard(task)

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            if self.cut_after is not None and self.forwarded + len(data) > self.cut_after:
                writer.write(data[: self.cut_after - self.forwarded])
                await writer.drain()
                return
            self.forwarded += len(data)
            writer.write(data)
            await writer.drain()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await self._flowing.wait()
            data = await reader.read(4096)
            if not data:
                return
            writer.write(data)
            await writer.drain()
