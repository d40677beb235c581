"""The antivirus: a client of clamd that hands it bytes by INSTREAM, over TCP or a local socket."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog

from gateway.domain.errors import UnavailableError
from gateway.services.ports.scanning import TooLargeToScanError

_LENGTH: Final = struct.Struct(">I")
_RETRY_AFTER: Final = timedelta(seconds=30)
_CONNECT: Final = 5.0  # seconds; a clamd that is there answers at once
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
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError) as error:
            log.warning("antivirus away", error=type(error).__name__)
            raise UnavailableError(_AWAY, _RETRY_AFTER) from error
        return _verdict(said)

    async def _ask(self, pieces: AsyncIterator[bytes]) -> str:
        """What clamd said. It may speak, and close, before it has everything."""
        async with asyncio.timeout(_CONNECT):
            reader, writer = await self._connect()
        answer = asyncio.ensure_future(reader.readuntil(b"\0"))
        try:
            with suppress(ConnectionError):  # clamd hung up: what it said counts
                writer.write(b"zINSTREAM\0")
                async for piece in pieces:
                    if answer.done():
                        break
                    writer.writelines((_LENGTH.pack(len(piece)), piece))
                    await writer.drain()
                writer.write(_LENGTH.pack(0))
                await writer.drain()
            return (await answer)[:-1].decode("utf-8", "replace")
        finally:
            answer.cancel()
            writer.transport.abort()
            with suppress(asyncio.CancelledError, OSError, EOFError, asyncio.LimitOverrunError):
                await answer

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._address.startswith("/"):
            return await asyncio.open_unix_connection(self._address)
        host, _, port = self._address.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port))


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
