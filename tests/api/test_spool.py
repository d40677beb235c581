"""Bodies that are taken in through a file."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from gateway.api.spool import SPOOL, pieces, spooled
from gateway.domain.errors import UnavailableError

CONTENT = bytes(range(256)) * 4096


async def test_any_range_is_read_in_bounded_pieces() -> None:
    file = io.BytesIO(CONTENT)
    for offset, size in ((0, len(CONTENT)), (5, 7), (1000, 600_000), (9, 0)):
        found = [piece async for piece in pieces(file, offset, size)]
        assert b"".join(found) == CONTENT[offset : offset + size]
        assert all(0 < len(piece) <= 256 * 1024 for piece in found)
    with pytest.raises(EOFError):
        [piece async for piece in pieces(file, len(CONTENT) - 1, 2)]


async def test_without_room_nothing_is_taken_in(tmp_path: Path) -> None:
    application = web.Application()
    application[SPOOL] = tmp_path / "missing"
    request = make_mocked_request("POST", "/", app=application)
    with pytest.raises(UnavailableError):
        async with spooled(request, 10):
            raise AssertionError("there is no such directory")
