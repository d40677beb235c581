"""How much the door does for one client: no more than the client takes, and not at the cost of others."""

from __future__ import annotations

import asyncio

import pytest
from asyncssh import SFTPAttrs
from asyncssh.constants import FXP_INIT, FXP_READ, FXP_STAT
from asyncssh.packet import String, UInt32, UInt64

from gateway.sftp_server.channel import SftpChannel
from gateway.sftp_server.connection import Connection
from gateway.sftp_server.session import READ_MOST, Session
from gateway.store.blobs import BlobReader
from tests.sftp_server.relay import Relay
from tests.sftp_server.scene import Scene
from tests.sftp_server.wire import Wire, wired

BIG = {"acte.pdf": bytes(range(256)) * 16384}  # 4 MiB


class Served:
    """Counts what is read of the blobs, whatever becomes of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes = 0

        read = BlobReader.read

        async def counted(reader: BlobReader, offset: int, length: int) -> bytes:
            data = await read(reader, offset, length)
            self.bytes += len(data)
            return data

        monkeypatch.setattr(BlobReader, "read", counted)


def _ask_for_much(wire: Wire, handle: bytes) -> None:
    for number in range(1000):
        wire.send(FXP_READ, String(handle), UInt64(number % 16 * READ_MOST), UInt32(READ_MOST))


async def test_a_client_that_does_not_take_its_answers_is_not_served_ahead(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps its channel's window shut: no more is prepared than fits in there."""
    path, served, stuck = f"/EtatCivil/in/{await scene.deposit(BIG)}", Served(monkeypatch), asyncio.Event()

    def pause(channel: SftpChannel) -> None:
        super(SftpChannel, channel).pause_writing()
        stuck.set()

    monkeypatch.setattr(SftpChannel, "pause_writing", pause)
    async with wired(scene) as wire:
        await wire.receive()
        handle = await wire.open(path)
        stuck.clear()
        _ask_for_much(wire, handle)
        await asyncio.wait_for(stuck.wait(), 20)
        for _ in range(3000):
            await asyncio.sleep(0)  # turns of the loop, enough to serve everything
        assert served.bytes < 6 * 2**20


async def test_a_client_with_an_endless_window_is_not_served_ahead_either(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops to take bytes from the socket: no more is prepared than the system's buffers take."""
    path, served, stuck = f"/EtatCivil/in/{await scene.deposit(BIG)}", Served(monkeypatch), asyncio.Event()
    writable = Connection.writable

    async def watched(connection: Connection) -> None:
        if not connection._writable.is_set():
            stuck.set()
        await writable(connection)

    monkeypatch.setattr(Connection, "writable", watched)
    async with Relay(scene.address) as relay, scene.connect(address=relay.address) as conn:
        writer, reader, _ = await conn.open_session(subsystem="sftp", encoding=None, window=2**31)
        writer.write(UInt32(5) + bytes([FXP_INIT]) + UInt32(3))
        wire = Wire(writer, reader)
        await wire.receive()
        handle = await wire.open(path)
        relay.stall()
        _ask_for_much(wire, handle)
        await asyncio.wait_for(stuck.wait(), 20)
        assert served.bytes < 40 * 2**20
        relay.flow()
        conn.abort()


async def test_others_get_their_turn_beside_a_client_with_much_to_ask(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, seen, longest = 0, 0, 0
    stat = Session.stat

    async def counted(session: Session, path: bytes) -> SFTPAttrs:
        nonlocal done
        done += 1
        return await stat(session, path)

    async def other() -> None:
        nonlocal seen, longest
        while True:
            longest, seen = max(longest, done - seen), done
            await asyncio.sleep(0)

    monkeypatch.setattr(Session, "stat", counted)
    async with wired(scene) as wire:
        await wire.receive()
        watching = asyncio.ensure_future(other())
        request = bytes([FXP_STAT]) + UInt32(1) + String("/")
        wire.writer.write((UInt32(len(request)) + request) * 4000)
        for _ in range(4000):
            await wire.receive()
        watching.cancel()
    assert done == 4000
    assert longest < 1000, "a few milliseconds of work at a time"


async def test_fifty_clients_poll_beside_one_that_takes_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has asked for much, stopped to read, and left an upload half done; a second one never began to log in."""
    name, stuck = await scene.deposit(BIG), asyncio.Event()
    writable = Connection.writable

    async def watched(connection: Connection) -> None:
        if not connection._writable.is_set():
            stuck.set()
        await writable(connection)

    async def poll() -> list[str]:
        async with scene.connect() as conn, conn.start_sftp_client() as sftp:
            return [str(one) for one in await sftp.listdir("/EtatCivil/in")]

    monkeypatch.setattr(Connection, "writable", watched)
    _, silent = await asyncio.open_connection(*scene.address)
    async with Relay(scene.address) as relay, scene.connect(address=relay.address) as conn:
        uploading, _, _ = await conn.open_session(subsystem="sftp", encoding=None)
        uploading.write(UInt32(5) + bytes([FXP_INIT]) + UInt32(3) + UInt32(200_000) + b"half of a request")
        writer, reader, _ = await conn.open_session(subsystem="sftp", encoding=None, window=2**31)
        writer.write(UInt32(5) + bytes([FXP_INIT]) + UInt32(3))
        wire = Wire(writer, reader)
        await wire.receive()
        handle = await wire.open(f"/EtatCivil/in/{name}")
        relay.stall()
        _ask_for_much(wire, handle)
        await asyncio.wait_for(stuck.wait(), 20)
        for _ in range(5):
            listings = await asyncio.wait_for(asyncio.gather(*(poll() for _ in range(10))), 20)
            assert all(name in listing for listing in listings)
        (stalled,) = [one for one in scene.server._connections if one.account is not None]
        assert not stalled._writable.is_set(), "it still takes nothing"
        relay.flow()
        conn.abort()
    silent.close()
