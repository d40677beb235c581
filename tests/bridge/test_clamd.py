"""The client of clamd: clean, infected, too large, away; against a stand-in always, and clamd where it is installed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.bridge.clamd import Clamd
from gateway.domain.errors import UnavailableError
from gateway.services.ports.scanning import TooLargeToScanError
from tests.engines.clamd import INFECTED, MAX_STREAM, REAL, SIGNATURE, StandIn, clamd, stand_in

MINUTE = timedelta(minutes=1)
PIECE = 256 * 1024


@pytest.fixture(params=["tcp", "local socket"])
async def served(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[StandIn]:
    async with stand_in(tmp_path / "s" if request.param == "local socket" else None) as found:
        yield found


@pytest.fixture(params=[REAL])
async def address() -> AsyncIterator[str]:
    async with clamd() as found:
        yield found


async def cut(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), PIECE):
        yield data[start : start + PIECE]


async def scan(address: str, data: bytes, timeout: timedelta = MINUTE, max_stream: int = 1 << 30) -> str | None:
    return await Clamd(address, timeout=timeout, max_stream=max_stream).scan(len(data), cut(data))


async def test_the_antivirus_tells_clean_from_infected_and_from_too_large(address: str) -> None:
    assert await scan(address, b"clean " * 100_000) is None
    assert await scan(address, b"x" * 300_000 + INFECTED) == SIGNATURE
    assert await scan(address, INFECTED) == SIGNATURE
    with pytest.raises(TooLargeToScanError):
        await scan(address, bytes(MAX_STREAM + 1))
    assert await asyncio.gather(*(scan(address, data) for data in (b"clean", INFECTED))) == [None, SIGNATURE]


async def test_bytes_go_in_the_pieces_they_come_in(served: StandIn) -> None:
    data = bytes(range(256)) * 1200
    assert await scan(served.address, data) is None
    assert served.streams == [data]
    assert served.pieces == [PIECE, len(data) - PIECE]


async def test_what_is_larger_than_agreed_is_not_sent(served: StandIn) -> None:
    with pytest.raises(TooLargeToScanError):
        await scan(served.address, b"12345", max_stream=4)
    assert served.streams == []
    assert await scan(served.address, b"1234", max_stream=4) is None


@pytest.mark.parametrize(
    "says", [b"INSTREAM size limit exceeded. ERROR\0", b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0"]
)
async def test_what_clamd_did_not_look_at_is_not_called_infected(served: StandIn, says: bytes) -> None:
    served.says = says
    with pytest.raises(TooLargeToScanError):
        await scan(served.address, b"text")


@pytest.mark.parametrize("says", [b"stream: Can't allocate memory ERROR\0", b"UNKNOWN COMMAND\0", b"\0", b"stream: O"])
async def test_an_answer_that_says_neither_is_no_answer(served: StandIn, says: bytes) -> None:
    served.says = says
    with pytest.raises(UnavailableError, match="cannot be checked for viruses now") as caught:
        await scan(served.address, b"text")
    assert caught.value.retry_after > timedelta(0)


async def test_a_clamd_that_hangs_up_is_away(served: StandIn) -> None:
    served.hangs_up = True
    with pytest.raises(UnavailableError):
        await scan(served.address, bytes(8 << 20))


async def test_a_clamd_that_does_not_answer_in_time_is_away(served: StandIn) -> None:
    served.mute = True
    with pytest.raises(UnavailableError):
        await scan(served.address, b"text", timeout=timedelta(milliseconds=50))


async def test_no_clamd_is_away(tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and nobody listens
        for address in ("{}:{}".format(*bound.getsockname()), str(tmp_path / "nobody")):
            with pytest.raises(UnavailableError):
                await scan(address, b"text")


async def test_what_fails_on_its_way_to_clamd_is_not_clamds_fault(served: StandIn) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"text"
        raise LookupError("no such piece")

    with pytest.raises(LookupError):
        await Clamd(served.address, timeout=MINUTE, max_stream=100).scan(9, broken())
    assert served.streams == []
