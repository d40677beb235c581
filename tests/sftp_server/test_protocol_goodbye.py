"""What a client's goodbye says of the files that it left open, and what was said in the same breath before it."""

from __future__ import annotations

import asyncio

import asyncssh
import pytest
from asyncssh.constants import FXP_CLOSE, FXP_READ, FXP_RENAME, FXP_WRITE
from asyncssh.packet import String, UInt32, UInt64

from gateway.domain.answers import AnswerState
from gateway.domain.deliveries import DeliveryState
from gateway.services import authenticate
from gateway.sftp_server.handshake import Handshake
from gateway.sftp_server.protocol import Protocol
from tests.pec.answers import answer_zip
from tests.sftp_server.relay import Relay
from tests.sftp_server.scene import START, Scene
from tests.sftp_server.wire import Wire, channel_of, wired

WRITE_NEW = 0x02 | 0x08 | 0x10
MUCH = {"acte.pdf": bytes(range(256)) * 8192}  # 2 MiB: more than the wire holds in the tests that keep it there


async def _read(wire: Wire, path: str, size: int = 200_000) -> bytes:
    """Opens an archive and reads it, past its end too; it stays open."""
    await wire.receive()
    handle = await wire.open(path)
    await wire.ask(FXP_READ, String(handle), UInt64(0), UInt32(size))
    return handle


async def _said(scene: Scene, conn: asyncssh.SSHClientConnection) -> None:
    await conn.wait_closed()
    await scene.settled()


async def test_who_says_goodbye_with_all_bytes_at_hand_has_read_it(scene: Scene) -> None:
    name = await scene.deposit()
    async with scene.connect() as conn, channel_of(conn) as wire:
        await _read(wire, f"/EtatCivil/in/{name}")
        conn.close()
        await _said(scene, conn)
    assert (await scene.delivery(name)).state is DeliveryState.FETCHED


async def test_who_ends_its_channel_with_all_bytes_at_hand_has_read_it(scene: Scene) -> None:
    name = await scene.deposit()
    async with wired(scene) as wire:
        await _read(wire, f"/EtatCivil/in/{name}")
        wire.writer.write_eof()
        assert await wire.reader.read() == b""
    await scene.settled()
    assert (await scene.delivery(name)).state is DeliveryState.FETCHED


async def test_a_question_after_the_end_that_nobody_waits_for_changes_nothing(scene: Scene) -> None:
    name = await scene.deposit()
    async with scene.connect() as conn, channel_of(conn) as wire:
        handle = await _read(wire, f"/EtatCivil/in/{name}")
        wire.send(FXP_READ, String(handle), UInt64(1_000_000), UInt32(32_768))
        conn.close()
        await _said(scene, conn)
    assert (await scene.delivery(name)).state is DeliveryState.FETCHED


async def test_who_is_cut_off_has_not(scene: Scene) -> None:
    name = await scene.deposit()
    async with (
        Relay(scene.address) as relay,
        scene.connect(address=relay.address) as conn,
        channel_of(conn) as wire,
    ):
        await _read(wire, f"/EtatCivil/in/{name}")
        conn.abort()
        await _said(scene, conn)
    assert (await scene.delivery(name)).state is DeliveryState.READY


async def test_who_leaves_complaining_has_not(scene: Scene) -> None:
    name = await scene.deposit()
    async with scene.connect() as conn, channel_of(conn) as wire:
        await _read(wire, f"/EtatCivil/in/{name}")
        conn.disconnect(asyncssh.DISC_PROTOCOL_ERROR, "what is this?")
        await _said(scene, conn)
    assert (await scene.delivery(name)).state is DeliveryState.READY


async def test_one_byte_short_is_not_read(scene: Scene) -> None:
    name = await scene.deposit()
    size = (await scene.delivery(name)).archive_size
    async with scene.connect() as conn, channel_of(conn) as wire:
        await _read(wire, f"/EtatCivil/in/{name}", size - 1)
        conn.close()
        await _said(scene, conn)
    assert (await scene.delivery(name)).state is DeliveryState.READY


@pytest.mark.parametrize("acknowledged", [None, 1], ids=["nobody can tell", "the rest is under way"])
async def test_what_may_still_be_on_the_wire_was_not_read(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, acknowledged: int | None
) -> None:
    name = await scene.deposit()
    monkeypatch.setattr(Handshake, "acknowledged", lambda _: acknowledged)
    async with scene.connect() as conn, channel_of(conn) as wire:
        await _read(wire, f"/EtatCivil/in/{name}")
        conn.close()
        await _said(scene, conn)
    assert (await scene.delivery(name)).state is DeliveryState.READY


async def test_what_waits_for_room_in_the_channel_was_not_read(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    name, asked = await scene.deposit(MUCH), asyncio.Event()
    size = (await scene.delivery(name)).archive_size
    process = Protocol._answer

    async def answer(protocol: Protocol, kind: int | bytes, packet: asyncssh.packet.SSHPacket) -> tuple[int, bytes]:
        found = await process(protocol, kind, packet)
        if kind == FXP_READ:
            asyncio.get_running_loop().call_soon(asked.set)
        return found

    monkeypatch.setattr(Protocol, "_answer", answer)
    async with scene.connect() as conn, channel_of(conn, window=4096) as wire:
        await wire.receive()
        handle = await wire.open(f"/EtatCivil/in/{name}")
        for offset in range(0, size - 100_000, 100_000):
            await wire.ask(FXP_READ, String(handle), UInt64(offset), UInt32(100_000))
        asked.clear()
        wire.writer.channel.pause_reading()
        wire.send(FXP_READ, String(handle), UInt64(size - 100_000 - size % 100_000), UInt32(200_000))
        await asked.wait()
        conn.close()
        await _said(scene, conn)
    assert (await scene.delivery(name)).state is DeliveryState.READY


async def test_a_close_in_the_same_breath_counts_but_not_what_nobody_sent(scene: Scene) -> None:
    name = await scene.deposit()
    async with scene.connect() as conn, channel_of(conn) as wire:
        await wire.receive()
        handle = await wire.open(f"/EtatCivil/in/{name}")
        wire.send(FXP_READ, String(handle), UInt64(0), UInt32(200_000))
        wire.send(FXP_CLOSE, String(handle))
        conn.close()
        await _said(scene, conn)
    assert (await scene.delivery(name)).state is DeliveryState.READY


async def test_a_reading_closed_and_moved_in_the_same_breath_as_the_goodbye_counts(scene: Scene) -> None:
    name = await scene.deposit()
    path = f"/EtatCivil/in/{name}"
    async with scene.connect() as conn, channel_of(conn) as wire:
        handle = await _read(wire, path)
        wire.send(FXP_READ, String(handle), UInt64(1_000_000), UInt32(32_768))
        wire.send(FXP_CLOSE, String(handle))
        wire.send(FXP_RENAME, String(path), String(f"/EtatCivil/in/DONE/{name}"))
        conn.close()
        await _said(scene, conn)
    assert (await scene.case_of(name)).status.value == "SI_RECEIVED"


async def test_an_answer_written_and_closed_in_the_same_breath_as_the_goodbye_is_one(scene: Scene) -> None:
    answer = answer_zip(await scene.deposit(), 19, "Voilà")
    async with scene.connect() as conn, channel_of(conn) as wire:
        await wire.receive()
        handle = await wire.open("/EtatCivil/out/r.zip", WRITE_NEW)
        wire.send(FXP_WRITE, String(handle), UInt64(0), String(answer))
        wire.send(FXP_CLOSE, String(handle))
        conn.close()
        await _said(scene, conn)
    assert await _uploaded(scene) == [(len(answer), AnswerState.QUEUED)]


async def test_an_answer_that_was_not_closed_is_none_however_politely_its_client_left(scene: Scene) -> None:
    answer = answer_zip(await scene.deposit(), 19, "Voilà")
    async with scene.connect() as conn, channel_of(conn) as wire:
        await wire.receive()
        handle = await wire.open("/EtatCivil/out/r.zip", WRITE_NEW)
        assert (await wire.status(FXP_WRITE, String(handle), UInt64(0), String(answer)))[0] == 0
        conn.close()
        await _said(scene, conn)
    assert await _uploaded(scene) == []


async def _uploaded(scene: Scene) -> list[tuple[int, AnswerState]]:
    account = await authenticate.sftp_account(scene.office, "rennes")
    assert account is not None
    found = await scene.office.store.read(lambda tx: tx.answers.directory(account.id, "EtatCivil", "", START))
    return [(one.blob.size, one.state) for one in found]
