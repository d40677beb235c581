"""Bytes of a file that the system itself carries from its cache to the connection, counted as they leave."""

from __future__ import annotations

import asyncio
import os
from typing import Final

from aiohttp import web

_AT_ONCE: Final = 2 * 1024 * 1024  # then the others have their turn


def possible(request: web.Request) -> bool:
    """Whether the system can write to the request's connection past this process: not if it is encrypted here."""
    transport = request.transport
    return (
        hasattr(os, "sendfile")
        and transport is not None
        and transport.get_extra_info("sslcontext") is None
        and transport.get_extra_info("socket") is not None
    )


class FileSending:
    """The bytes from `start` up to `end` of an open file on their way out; `at` is up to where they have left.

    Nothing else may be written to the connection meanwhile, and nothing may wait in the transport's own buffer. The
    socket is used through a descriptor of its own, which the event loop can watch beside the transport's, and which
    is still this connection's when the transport is closed meanwhile.
    """

    def __init__(self, request: web.Request, file: int, start: int, end: int) -> None:
        assert request.transport is not None
        self.at = start
        self._transport = request.transport
        self._file = file
        self._end = end
        self._socket = -1
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Sends as fast as the client takes the bytes. Ends before `end` when the system cannot go on.

        The connection may have broken, or the file may not be readable: whoever goes on from `at` is told.
        """
        loop = asyncio.get_running_loop()
        self._socket = os.dup(self._transport.get_extra_info("socket").fileno())
        loop.add_writer(self._socket, self._step)
        try:
            await self._over
        finally:
            loop.remove_writer(self._socket)
            os.close(self._socket)

    def _step(self) -> None:
        if self._over.done():
            return
        sent = 0
        try:
            if not self._transport.is_closing():
                sent = os.sendfile(self._socket, self._file, self.at, min(_AT_ONCE, self._end - self.at))
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            pass
        self.at += sent
        if not sent or self.at >= self._end:
            self._over.set_result(None)
