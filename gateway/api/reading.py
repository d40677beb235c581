"""Taking in request bodies: asked for only once the request is known to be wanted, and never more than allowed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web
from aiohttp.http import HttpVersion11

from gateway.api.context import CONTEXT
from gateway.api.errors import Refusal
from gateway.api.pace import Pace

PATIENCE: Final = 60.0
"""Seconds that a client may be silent in the middle of its body."""
LEAST_RATE: Final = 64.0
"""Bytes per second that a client must send at least, over RATE_WINDOW seconds of waiting for it."""
RATE_WINDOW: Final = 30.0
_CONTINUE: Final = "100-continue"


async def expect(_request: web.Request) -> None:
    """Leaves a client that waits for `100 Continue` waiting until somebody reads its body."""


async def read_json(request: web.Request, most: int | None = None) -> bytes:
    """The whole body, as it was sent, of at most `most` bytes (default: the door's limit for JSON).

    Raises Refusal when it is too large (413), or not said to be JSON (415).
    """
    kind = request.content_type
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Refusal(415, "Content-Type must be application/json")
    return await read(request, most or request.app[CONTEXT].json_max_size)


async def read(request: web.Request, most: int) -> bytes:
    """The whole body. Raises Refusal when it is larger than `most` bytes (413), encoded (415) or stalled (408)."""
    pieces = [piece async for piece in stream(request, most)]
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def stream(request: web.Request, most: int) -> AsyncIterator[bytes]:
    """The body piece by piece, as it comes in; nothing is asked of the client before the first piece is wanted.

    Raises Refusal when it is larger than `most` bytes (413), encoded (415) or stalled (408), and what the connection
    raises when it breaks.
    """
    _admit(request, most)
    await _invite(request)
    taken = 0
    body = request.content
    pace = Pace(LEAST_RATE, RATE_WINDOW)
    now = asyncio.get_running_loop().time
    while True:
        asked = now()
        try:
            async with asyncio.timeout(PATIENCE):
                piece = await body.readany()
        except TimeoutError:
            raise _late() from None
        if not piece:
            return
        if not pace.kept(now() - asked, len(piece)):
            raise _late()
        taken += len(piece)
        if taken > most:
            raise _too_large(most)
        yield piece


def _admit(request: web.Request, most: int) -> None:
    if request.headers.get("Expect", _CONTINUE).lower() != _CONTINUE:
        raise Refusal(417, "Expectation is not known, only 100-continue is")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal(415, "Content-Encoding is not supported: send the body as it is")
    if request.content_length is not None and request.content_length > most:
        raise _too_large(most)


def _late() -> Refusal:
    return Refusal(408, "The body did not arrive in time", {"Connection": "close"})


def _too_large(most: int) -> Refusal:
    return Refusal(413, f"The body is too large: at most {most} bytes are accepted")


async def _invite(request: web.Request) -> None:
    if "Expect" in request.headers and request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun
