"""Large bodies on their way in: written to an unnamed file, which is gone when it is closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Final, cast

from aiohttp import web

from gateway.api.reading import stream
from gateway.domain.errors import UnavailableError

SPOOL: Final = web.AppKey("spool", Path)
"""The directory of these files; the system's own where the door has none."""
_PIECE: Final = 256 * 1024
_RETRY_AFTER: Final = timedelta(seconds=30)


@asynccontextmanager
async def spooled(request: web.Request, most: int) -> AsyncIterator[BinaryIO]:
    """The whole body, of at most `most` bytes, in a file.

    Raises what `reading.stream` does, and UnavailableError when there is no room for it.
    """
    try:
        file = await asyncio.to_thread(_empty, request.app.get(SPOOL))
    except OSError as error:
        raise _no_room() from error
    with file:
        async for piece in stream(request, most):
            try:
                await asyncio.to_thread(file.write, piece)
            except OSError as error:
                raise _no_room() from error
        yield file


async def pieces(file: BinaryIO, offset: int, size: int) -> AsyncIterator[bytes]:
    """`size` bytes from `offset` on."""
    end = offset + size
    while offset < end:
        piece = await asyncio.to_thread(_read, file, offset, min(_PIECE, end - offset))
        if not piece:
            raise EOFError("the spool ends before its size")
        offset += len(piece)
        yield piece


def _empty(directory: Path | None) -> BinaryIO:
    return cast(BinaryIO, TemporaryFile(dir=directory))


def _read(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)


def _no_room() -> UnavailableError:
    return UnavailableError("The body cannot be taken in now: there is no room for it", _RETRY_AFTER)
