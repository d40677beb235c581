"""The antivirus: a client of clamd that hands it bytes by INSTREAM, over TCP or a local socket."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import structlog

from gateway.domain.errors import UnavailableError
from gateway.services.ports.scanning import TooLargeToScanError

_LENGTH: Final = struct.Struct(">I")
_RETRY_AFTER: Final = timedelta(seconds=30)
_CONNECT: Final = 5.0  # seconds; a clamd that is there answers at once
_LONGEST: Final = 4096
_AWAY: Final = "The content cannot be checked for viruses now: put it again later"
_LIMITS: Final = "Heuristics.Limits.Exceeded"  # what clamd, told so, "finds" in what it did not look at

log = structlog.get_logger(__name__)


class Clamd:
    """Scans one stream per connection, as clamd wants it.

    `address` is the path of a local socket or `host:port`; `timeout` the time for one scan, the sending included;
    `max_stream` the most bytes that this clamd takes (its StreamMaxLength, and no more than its MaxFileSize, beyond
    which it calls clean what it has not read).
    """

    def __init__(self, address: str, *, timeout: timedelta, max_stream: int) -> None:
        self._address = address
        self._timeout = timeout.total_seconds()
        self._max_stream = max_stream

    async def scan(self, size: int, pieces: AsyncIterator[bytes]) -> str | None:
        """The name of what clamd found in the `size` bytes of `pieces`, or None when they are clean.

        Raises TooLargeToScanError; UnavailableError when clamd is away, too slow, or cannot tell.
        """
        if size > self._max_stream:
            raise TooLargeToScanError
        try:
            async with asyncio.timeout(self._timeout):
                said = await self._ask(pieces)
        except (OSError, EOFError, TimeoutError) as error:
            log.warning("antivirus away", error=type(error).__name__)
            raise UnavailableError(_AWAY, _RETRY_AFTER) from error
        return _verdict(said)

    async def _ask(self, pieces: AsyncIterator[bytes]) -> str:
        """What clamd said. It may speak, and close, before it has everything.

        A plain socket, not a stream: a stream whose writing breaks throws away what was said before.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_CONNECT):
            connection = await self._connect()
        with connection:
            answer = asyncio.ensure_future(_reply(loop, connection))
            try:
                with suppress(ConnectionError):  # clamd hung up: what it said counts
                    await loop.sock_sendall(connection, b"zINSTREAM\0")
                    async for piece in pieces:
                        if answer.done():
                            break
                        await loop.sock_sendall(connection, _LENGTH.pack(len(piece)) + piece)
                    await loop.sock_sendall(connection, _LENGTH.pack(0))
                return (await answer).decode("utf-8", "replace")
            finally:
                answer.cancel()
                with suppress(asyncio.CancelledError, OSError, EOFError):
                    await answer

    async def _connect(self) -> socket.socket:
        loop = asyncio.get_running_loop()
        if self._address.startswith("/"):
            return await _connected(socket.AF_UNIX, self._address)
        host, _, port = self._address.rpartition(":")
        found = await loop.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        for family, _, _, _, address in found[:-1]:
            with suppress(OSError):
                return await _connected(family, address)
        return await _connected(found[-1][0], found[-1][4])


async def _connected(family: int, address: Any) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


async def _reply(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> bytes:
    """What is said up to the first zero byte. Raises EOFError when nothing of it comes any more, or too much."""
    said = b""
    while not said.endswith(b"\0"):
        more = await loop.sock_recv(connection, _LONGEST)
        said += more
        if not more or len(said) > _LONGEST:
            raise EOFError("clamd did not answer")
    return said[:-1]


def _verdict(said: str) -> str | None:
    outcome = said.removeprefix("stream: ")
    if outcome == "OK":
        return None
    signature, _, found = outcome.rpartition(" ")
    if found == "FOUND" and not signature.startswith(_LIMITS):
        return signature
    if found == "FOUND" or "size limit exceeded" in said:
        raise TooLargeToScanError
    log.warning("antivirus cannot tell", said=said[:200])
    raise UnavailableError(_AWAY, _RETRY_AFTER)
