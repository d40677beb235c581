"""SFTP version 3 on one channel: requests one after another, each answered before the next is looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, cast

import asyncssh
from asyncssh import (
    FX_BAD_MESSAGE,
    FX_OK,
    FX_OP_UNSUPPORTED,
    FXP_ATTRS,
    FXP_CLOSE,
    FXP_DATA,
    FXP_EXTENDED,
    FXP_EXTENDED_REPLY,
    FXP_FSETSTAT,
    FXP_FSTAT,
    FXP_HANDLE,
    FXP_LSTAT,
    FXP_NAME,
    FXP_OPEN,
    FXP_OPENDIR,
    FXP_READ,
    FXP_READDIR,
    FXP_REALPATH,
    FXP_REMOVE,
    FXP_RENAME,
    FXP_STAT,
    FXP_STATUS,
    FXP_SYMLINK,
    FXP_WRITE,
    SFTPLimits,
)
from asyncssh.packet import PacketDecodeError, SSHPacket, String, UInt32
from asyncssh.sftp import SFTPServerHandler

from gateway.services.ports import Meter
from gateway.sftp_server import errors, lean
from gateway.sftp_server.connection import Connection
from gateway.sftp_server.session import READ_MOST, Session

VERSION: Final = 3
LONGEST_PACKET: Final = 256 * 1024
MOST_HANDLES: Final = 64
_NAMES: Final = 256  # of a directory, in one answer
_SLICE: Final = 0.002  # seconds of work for one client before others get their turn
_POSIX_RENAME: Final = b"posix-rename@openssh.com"
_LIMITS: Final = b"limits@openssh.com"
_MEANINGFUL: Final = frozenset({FXP_OPEN, FXP_OPENDIR, FXP_REMOVE, FXP_RENAME, _POSIX_RENAME})
"""Requests before which an account that was disabled meanwhile is found out."""

_SAID: Final = frozenset({FXP_CLOSE, FXP_WRITE, FXP_FSETSTAT, FXP_REMOVE, FXP_RENAME, FXP_EXTENDED})
"""Requests that mean something though their client waits for no answer; nothing is read for one that has left."""

_OK: Final = UInt32(FX_OK) + String("") + String("")


class Protocol(SFTPServerHandler):
    """asyncssh's decoding of requests, with our own answers: bounded, fair, and with no text of an unforeseen error.

    Of asyncssh's extensions it offers those that are true of virtual files; copies between handles and sparse ranges
    are not among them.
    """

    _extensions = [(_POSIX_RENAME, b"1"), (_LIMITS, b"1")]  # noqa: RUF012 (declared so by asyncssh)
    _requests = {  # noqa: RUF012 (never changed)
        kind: process
        for kind, process in SFTPServerHandler._packet_handlers.items()
        if kind in (_POSIX_RENAME, _LIMITS) or (isinstance(kind, int) and kind <= FXP_SYMLINK)
    }

    def __init__(
        self,
        session: Session,
        reader: asyncssh.SSHReader[bytes],
        writer: asyncssh.SSHWriter[bytes],
        connection: Connection,
        meter: Meter,
    ) -> None:
        super().__init__(session, reader, writer, VERSION)
        # Anything unsent counts as a full buffer: so a request is taken up only when all answers before it have left.
        writer.channel.set_write_buffer_limits(high=0, low=0)
        lean.silence(writer.channel)
        lean.silence(self)
        self._session = session
        self._answers = writer
        self._connection = connection
        self._meter = meter
        self._ended = False
        # Where what was read last ends in what the connection has sent; None while it is leaving.
        self._data_ends: int | None = None
        self._data_leaves = False

    @property
    def open_files(self) -> int:
        """How many files the client has open."""
        return len(self._file_handles)

    def leaving(self) -> None:
        """The client has ended its side: if it has got what it read, that is all it wants."""
        if self._data_ends is not None and self._connection.has_arrived(self._data_ends):
            for file in self._file_handles.values():
                self._session.left(file)

    async def serve(self) -> None:
        """Runs until the client leaves or the connection is lost; then ends what is still open."""
        self._connection.channels.add(self)
        try:
            await self.run()
        except (EOFError, OSError, asyncssh.Error, PacketDecodeError):
            pass  # the client left in the middle of something, or what it sent is too short for a request
        except Exception as error:
            errors.internal(error, self._connection.log, self._meter)
        finally:
            await self._cleanup(None)
            self._connection.channels.discard(self)
            self._connection.settle()

    def _log_extensions(self, extensions: object) -> None:
        """Looks at none: asyncssh would read what the client says of itself, and fail over what it cannot read."""

    async def recv_packet(self) -> SSHPacket:
        reader = cast("asyncssh.SSHReader[bytes]", self._reader)
        length = int.from_bytes(await reader.readexactly(4), "big")
        if length > LONGEST_PACKET:
            raise asyncssh.SFTPBadMessage("The request is too long")
        return SSHPacket(await reader.readexactly(length))

    async def recv_packets(self) -> None:
        if self._version != VERSION:
            raise asyncssh.SFTPBadMessage("Only version 3 is spoken here")
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            packet = await self.recv_packet()
            kind, number = packet.get_byte(), packet.get_uint32()
            if self._connection.left or self._answers.channel.is_closing():
                if self._connection.ended:
                    break
                if kind not in _SAID:
                    continue
            with self._connection.work():
                await self._process_packet(kind, number, packet)
            self._connection.settle()
            with suppress(OSError, asyncssh.Error):  # whoever is gone has still said what came before that
                await self._answers.drain()
                if self._data_leaves:
                    self._data_ends, self._data_leaves = self._connection.written(), False
            await self._connection.writable()
            if loop.time() - began > _SLICE:
                await asyncio.sleep(0)
                began = loop.time()

    async def _process_packet(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        try:
            kind = packet.get_string() if pkttype == FXP_EXTENDED else pkttype
            answer, payload = await self._answer(kind, packet)
        except PacketDecodeError:
            answer, payload = FXP_STATUS, _status(FX_BAD_MESSAGE, "The request cannot be read")
        except Exception as error:
            refusal = errors.status(error, self._connection.log, self._meter)
            answer, payload = FXP_STATUS, refusal.encode(VERSION)
        with suppress(asyncssh.SFTPConnectionLost):
            self.send_packet(answer, pktid, UInt32(pktid), payload)
        if answer == FXP_DATA:
            self._data_ends, self._data_leaves = None, True

    async def _answer(self, kind: int | bytes, packet: SSHPacket) -> tuple[int, bytes]:
        if kind == FXP_READDIR:
            return FXP_NAME, self._next_names(packet)
        if kind == _LIMITS:
            limits = SFTPLimits(LONGEST_PACKET, READ_MOST, READ_MOST, MOST_HANDLES)
            return FXP_EXTENDED_REPLY, limits.encode()
        if kind in (FXP_OPEN, FXP_OPENDIR):
            if len(self._file_handles) + len(self._dir_handles) >= MOST_HANDLES:
                raise errors.failure("Too many open files: close some first")
            if self._connection.draining:
                raise errors.failure("The server is stopping: connect again")
        if kind in _MEANINGFUL and not await self._session.is_current():
            self._connection.disconnect("The account was changed; log in again")
            raise errors.denied()
        if kind == FXP_OPENDIR:
            return FXP_HANDLE, String(await self._open_directory(packet))
        process = self._requests.get(kind)
        if process is None:
            return FXP_STATUS, _status(FX_OP_UNSUPPORTED, "Operation not supported")
        result: Any = await process(self, packet)
        if kind == FXP_OPEN:
            return FXP_HANDLE, String(result)
        if kind == FXP_READ:
            return FXP_DATA, String(result[0])
        if kind in (FXP_STAT, FXP_LSTAT, FXP_FSTAT):
            return FXP_ATTRS, result.encode(VERSION)
        if kind == FXP_REALPATH:
            return FXP_NAME, UInt32(1) + result[0][0].encode(VERSION)
        return FXP_STATUS, _OK

    async def _open_directory(self, packet: SSHPacket) -> bytes:
        path = packet.get_string()
        packet.check_end()
        entries = await self._session.entries(path)
        handle = self._get_next_handle()
        self._dir_handles[handle] = cast(Any, iter(entries))
        return handle

    def _next_names(self, packet: SSHPacket) -> bytes:
        handle = packet.get_string()
        packet.check_end()
        entries = cast("Iterator[bytes] | None", self._dir_handles.get(handle))
        if entries is None:
            raise errors.failure("Invalid handle")
        names = [entry for _, entry in zip(range(_NAMES), entries, strict=False)]
        if not names:
            raise asyncssh.SFTPEOFError
        return UInt32(len(names)) + b"".join(names)

    async def _cleanup(self, exc: Exception | None) -> None:
        """Ends what the client left open as broken off; asyncssh would close it as if the client had."""
        if self._ended:
            return
        self._ended = True
        while self._file_handles:
            _, file = self._file_handles.popitem()
            try:
                await self._session.abandon(file)
            except Exception as error:
                errors.status(error, self._connection.log, self._meter)
        await super()._cleanup(exc)


def _status(code: int, reason: str) -> bytes:
    return UInt32(code) + String(reason) + String("en")
