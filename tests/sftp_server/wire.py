"""SFTP spoken by hand, packet by packet."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncssh
from asyncssh.constants import FXP_HANDLE, FXP_INIT, FXP_OPEN, FXP_STATUS
from asyncssh.packet import String, UInt32

from tests.sftp_server.scene import Scene


class Wire:
    """One SFTP channel, spoken by hand."""

    def __init__(self, writer: asyncssh.SSHWriter[bytes], reader: asyncssh.SSHReader[bytes]) -> None:
        self.writer = writer
        self.reader = reader
        self._number = 0

    def send(self, kind: int, *parts: bytes) -> int:
        self._number += 1
        payload = bytes([kind]) + UInt32(self._number) + b"".join(parts)
        self.writer.write(UInt32(len(payload)) + payload)
        return self._number

    async def receive(self) -> tuple[int, int, bytes]:
        (length,) = struct.unpack(">I", await self.reader.readexactly(4))
        packet = await self.reader.readexactly(length)
        return packet[0], int.from_bytes(packet[1:5], "big"), packet[5:]

    async def ask(self, kind: int, *parts: bytes) -> tuple[int, bytes]:
        number = self.send(kind, *parts)
        answer, answered, payload = await self.receive()
        assert answered == number
        return answer, payload

    async def status(self, kind: int, *parts: bytes) -> tuple[int, str]:
        answer, payload = await self.ask(kind, *parts)
        assert answer == FXP_STATUS
        size = int.from_bytes(payload[4:8], "big")
        return int.from_bytes(payload[:4], "big"), payload[8 : 8 + size].decode()

    async def handle(self, kind: int, *parts: bytes) -> bytes:
        answer, payload = await self.ask(kind, *parts)
        assert answer == FXP_HANDLE, payload
        return payload[4:]

    async def open(self, path: str, flags: int = 1) -> bytes:
        return await self.handle(FXP_OPEN, String(path), UInt32(flags), UInt32(0))


@asynccontextmanager
async def wired(scene: Scene, version: int = 3, **options: Any) -> AsyncIterator[Wire]:
    async with scene.connect(**options) as conn, channel_of(conn, version) as wire:
        yield wire


@asynccontextmanager
async def channel_of(
    conn: asyncssh.SSHClientConnection, version: int = 3, *, window: int = 2**21
) -> AsyncIterator[Wire]:
    """A channel of a connection that the test ends itself; `window`: bytes that the door may send unasked."""
    writer, reader, _ = await conn.open_session(subsystem="sftp", encoding=None, window=window)
    writer.write(UInt32(5) + bytes([FXP_INIT]) + UInt32(version))
    yield Wire(writer, reader)
