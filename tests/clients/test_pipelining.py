"""Requests as JSch sends them: many READs before the first answer, past the end of the file, then CLOSE among them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncssh
import pytest
from asyncssh.constants import (
    FX_EOF,
    FX_OK,
    FXF_CREAT,
    FXF_TRUNC,
    FXF_WRITE,
    FXP_CLOSE,
    FXP_DATA,
    FXP_INIT,
    FXP_READ,
    FXP_RENAME,
    FXP_STATUS,
    FXP_WRITE,
)
from asyncssh.packet import String, UInt32, UInt64

from tests.clients.stage import ANSWER, ARCHIVE, INBOX, OUT, Stage
from tests.sftp_server.wire import Wire

BLOCK: Final = 32_000
PATH: Final = f"{INBOX}/{ARCHIVE}"


@asynccontextmanager
async def wired(stage: Stage) -> AsyncIterator[Wire]:
    """A channel of the account, past its greeting."""
    async with asyncssh.connect(
        "127.0.0.1",
        stage.port,
        username="rennes",
        client_keys=[str(stage.key)],
        known_hosts=str(stage.known_hosts),
        config=[],
    ) as connection:
        writer, reader, _ = await connection.open_session(subsystem="sftp", encoding=None)
        writer.write(UInt32(5) + bytes([FXP_INIT]) + UInt32(3))
        await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))
        yield Wire(writer, reader)


def read(wire: Wire, handle: bytes, offset: int, length: int = BLOCK) -> int:
    return wire.send(FXP_READ, String(handle), UInt64(offset), UInt32(length))


@pytest.mark.parametrize("outstanding", [16, 1000])
async def test_many_reads_ahead_are_answered_in_turn_and_past_the_end_too(stage: Stage, outstanding: int) -> None:
    whole = await stage.content()
    found = bytearray()
    async with wired(stage) as wire:
        handle = await wire.open(PATH)
        asked = [read(wire, handle, place * BLOCK) for place in range(outstanding)]
        while asked:
            kind, number, payload = await wire.receive()
            assert number == asked.pop(0)
            if kind == FXP_STATUS:
                assert int.from_bytes(payload[:4], "big") == FX_EOF
                continue
            assert kind == FXP_DATA
            found += payload[4:]
            assert len(payload) - 4 == min(BLOCK, len(whole) - len(found) + len(payload) - 4)
            if len(found) < len(whole) and len(asked) < outstanding:
                asked.append(read(wire, handle, len(found) + len(asked) * BLOCK))
        assert await wire.status(FXP_CLOSE, String(handle)) == (FX_OK, "")
    assert await stage.same(bytes(found))
    assert await stage.statuses() == ["SENT", "SENT"]


async def test_reads_close_and_rename_sent_at_once_are_done_in_turn(stage: Stage) -> None:
    whole = await stage.content()
    async with wired(stage) as wire:
        handle = await wire.open(PATH)
        offsets = list(range(0, len(whole), BLOCK))
        for offset in reversed(offsets):
            read(wire, handle, offset)
        wire.send(FXP_CLOSE, String(handle))
        wire.send(FXP_RENAME, String(PATH), String(f"{INBOX}/DONE/{ARCHIVE}"))
        parts = [(await wire.receive())[2][4:] for _ in offsets]
        ended = [(await wire.receive())[2][:4] for _ in range(2)]
    assert await stage.same(b"".join(reversed(parts)))
    assert ended == [UInt32(FX_OK)] * 2
    assert await stage.statuses() == ["SI_RECEIVED", "SI_RECEIVED"]


async def test_a_transfer_given_up_counts_for_what_arrived(stage: Stage) -> None:
    size = len(await stage.content())
    async with wired(stage) as wire:
        handle = await wire.open(PATH)
        for place in range(40):
            read(wire, handle, place * BLOCK)
        for _ in range(10):
            await wire.receive()
    covered = await stage.covered()
    assert sum(end - start for start, end in covered) < size
    assert await stage.statuses() == ["HUBEE_NOTIFIED", "HUBEE_NOTIFIED"]


async def test_writes_ahead_in_any_order_make_an_answer(stage: Stage) -> None:
    async with wired(stage) as wire:
        handle = await wire.open(f"{OUT}/réponse.zip", FXF_WRITE | FXF_CREAT | FXF_TRUNC)
        offsets = list(range(0, len(ANSWER), 50))
        for offset in reversed(offsets):
            wire.send(FXP_WRITE, String(handle), UInt64(offset), String(ANSWER[offset : offset + 50]))
        wire.send(FXP_CLOSE, String(handle))
        for _ in (*offsets, "close"):
            kind, _, payload = await wire.receive()
            assert (kind, payload[:4]) == (FXP_STATUS, UInt32(FX_OK))
    await stage.answered()
