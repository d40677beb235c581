"""SFTP packet by packet: what stock clients never send, and what is left of it when they vanish."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, MutableMapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from asyncssh.constants import (
    FX_BAD_MESSAGE,
    FX_EOF,
    FX_FAILURE,
    FX_NO_SUCH_FILE,
    FX_OK,
    FX_OP_UNSUPPORTED,
    FXP_ATTRS,
    FXP_CLOSE,
    FXP_DATA,
    FXP_EXTENDED,
    FXP_EXTENDED_REPLY,
    FXP_FSTAT,
    FXP_INIT,
    FXP_NAME,
    FXP_OPEN,
    FXP_OPENDIR,
    FXP_READ,
    FXP_READDIR,
    FXP_STAT,
    FXP_STATUS,
    FXP_VERSION,
    FXP_WRITE,
)
from asyncssh.packet import String, UInt32, UInt64

from gateway.domain.deliveries import DeliveryState, Listed
from gateway.services import archives
from gateway.sftp_server.protocol import LONGEST_PACKET, MOST_HANDLES
from gateway.sftp_server.session import READ_MOST
from tests.sftp_server.scene import START, Scene
from tests.sftp_server.wire import Wire, wired

BIG = {"acte.pdf": bytes(range(256)) * 16384}  # 4 MiB


@pytest.fixture
async def wire(scene: Scene) -> AsyncIterator[Wire]:
    async with wired(scene) as wire:
        await wire.receive()
        yield wire


async def test_only_what_is_true_of_virtual_files_is_advertised(scene: Scene) -> None:
    async with wired(scene, version=6) as wire:
        kind, version, extensions = await wire.receive()
    assert (kind, version) == (FXP_VERSION, 3)
    assert extensions == b"".join(map(String, ["posix-rename@openssh.com", "1", "limits@openssh.com", "1"]))


async def test_an_older_version_is_not_spoken(scene: Scene) -> None:
    async with wired(scene, version=2) as wire:
        await wire.receive()
        assert await wire.reader.read() == b""


async def test_its_limits_are_those_it_keeps(scene: Scene, wire: Wire) -> None:
    kind, payload = await wire.ask(FXP_EXTENDED, String("limits@openssh.com"))
    assert kind == FXP_EXTENDED_REPLY
    assert struct.unpack(">QQQQ", payload) == (LONGEST_PACKET, READ_MOST, READ_MOST, MOST_HANDLES)
    path = f"/EtatCivil/in/{await scene.deposit(BIG)}"
    handle = await wire.open(path)
    kind, payload = await wire.ask(FXP_READ, String(handle), UInt64(0), UInt32(0xFFFFFFFF))
    assert (kind, len(payload)) == (FXP_DATA, 4 + READ_MOST)
    handles = [await wire.open(path) for _ in range(MOST_HANDLES - 1)]
    for request in ((FXP_OPEN, String(path), UInt32(1), UInt32(0)), (FXP_OPENDIR, String("/"))):
        assert await wire.status(*request) == (FX_FAILURE, "Too many open files: close some first")
    assert await wire.status(FXP_CLOSE, String(handles[0])) == (FX_OK, "")
    await wire.open(path)


async def test_a_request_that_is_too_long_ends_the_session(wire: Wire) -> None:
    wire.writer.write(UInt32(LONGEST_PACKET + 1))
    assert await wire.reader.read() == b""


async def test_a_request_that_cannot_be_read_gets_an_error(wire: Wire) -> None:
    assert await wire.status(FXP_OPEN, UInt32(1000)) == (FX_BAD_MESSAGE, "The request cannot be read")
    assert await wire.status(FXP_STAT, String("/"), b"more") == (FX_BAD_MESSAGE, "The request cannot be read")


@pytest.mark.parametrize("packet", [b"", b"\x03", b"\x03\0\0\0"])
async def test_a_packet_too_short_for_a_request_ends_the_session_and_is_no_error_of_ours(
    scene: Scene, wire: Wire, packet: bytes
) -> None:
    wire.writer.write(UInt32(len(packet)) + packet)
    assert await wire.reader.read() == b""
    assert scene.figures.counts["errors_total door=SFTP"] == 0


async def test_what_a_client_says_of_itself_is_not_looked_at(scene: Scene) -> None:
    async with scene.connect() as conn:
        writer, reader, _ = await conn.open_session(subsystem="sftp", encoding=None)
        for_us = bytes([FXP_INIT]) + UInt32(3) + String("supported") + String("") + String("vendor-id") + String("?")
        writer.write(String(for_us))
        wire = Wire(writer, reader)
        assert (await wire.receive())[0] == FXP_VERSION
        assert (await wire.ask(FXP_STAT, String("/")))[0] == FXP_ATTRS


@pytest.mark.parametrize(
    "request_of",
    [
        (99,),
        (FXP_EXTENDED, String("copy-data"), bytes(40)),
        (FXP_EXTENDED, String("ranges@asyncssh.com"), bytes(20)),
        (FXP_EXTENDED, String("statvfs@openssh.com"), String("/")),
        (FXP_EXTENDED, String("hardlink@openssh.com"), String("/etc/passwd"), String("/EtatCivil/in/x")),
        (FXP_EXTENDED, String("fsync@openssh.com"), bytes(8)),
        (FXP_EXTENDED, String("\0nobody@knows")),
        (22, bytes(24)),
    ],
)
async def test_other_requests_are_unsupported(wire: Wire, request_of: tuple[Any, ...]) -> None:
    assert await wire.status(*request_of) == (FX_OP_UNSUPPORTED, "Operation not supported")


@pytest.mark.parametrize("kind", [FXP_READ, FXP_WRITE, FXP_CLOSE, FXP_FSTAT, FXP_READDIR])
async def test_a_handle_that_was_never_given_is_invalid(wire: Wire, kind: int) -> None:
    rest = {FXP_READ: UInt64(0) + UInt32(1), FXP_WRITE: UInt64(0) + String(b"x")}.get(kind, b"")
    code, reason = await wire.status(kind, String(b"none"), rest)
    assert code == FX_FAILURE
    assert "nvalid" in reason


async def test_a_missing_directory_is_told_at_once(wire: Wire) -> None:
    assert (await wire.status(FXP_OPENDIR, String("/etc")))[0] == FX_NO_SUCH_FILE


async def test_a_long_listing_comes_in_pieces(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    async def inbox(*_: object, **__: object) -> list[Listed]:
        return [Listed(str(number), f"{number}.zip", number, START) for number in range(300)]

    monkeypatch.setattr(archives, "inbox", inbox)
    handle = await wire.handle(FXP_OPENDIR, String("/EtatCivil/in"))
    counts = []
    while True:
        kind, payload = await wire.ask(FXP_READDIR, String(handle))
        if kind == FXP_STATUS:
            break
        assert kind == FXP_NAME
        counts.append(int.from_bytes(payload[:4], "big"))
    assert int.from_bytes(payload[:4], "big") == FX_EOF
    assert counts == [256, 300 + 4 - 256]
    assert await wire.status(FXP_CLOSE, String(handle)) == (FX_OK, "")


async def test_reading_past_the_end_is_the_end(scene: Scene, wire: Wire) -> None:
    handle = await wire.open(f"/EtatCivil/in/{await scene.deposit()}")
    for offset in (10**6, 2**63, 2**64 - 1):
        assert (await wire.status(FXP_READ, String(handle), UInt64(offset), UInt32(10)))[0] == FX_EOF


async def test_sizes_of_open_files_are_told(scene: Scene, wire: Wire) -> None:
    path = f"/EtatCivil/in/{await scene.deposit()}"
    handle = await wire.open(path)
    assert await wire.ask(FXP_FSTAT, String(handle)) == await wire.ask(FXP_STAT, String(path))
    assert (await wire.ask(FXP_FSTAT, String(handle)))[0] == FXP_ATTRS


async def test_the_text_of_an_unforeseen_error_stays_here(
    scene: Scene, wire: Wire, monkeypatch: pytest.MonkeyPatch, lines: list[MutableMapping[str, Any]]
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(archives, "inbox", fail)
    code, reason = await wire.status(FXP_OPENDIR, String("/EtatCivil/in"))
    (line,) = [line for line in lines if line["event"] == "internal error"]
    assert (code, reason) == (FX_FAILURE, f"Internal error {line['error']}")
    assert {"session", "account"} <= set(line)
    assert scene.figures.counts["errors_total door=SFTP"] == 1
    assert (await wire.ask(FXP_STAT, String("/")))[0] == FXP_ATTRS, "the session goes on"


@pytest.mark.parametrize("change", [{"enabled": False}, {"password_hash": "other", "version": 2}])
async def test_a_session_ends_soon_after_its_account_was_changed(
    scene: Scene, wire: Wire, change: dict[str, Any]
) -> None:
    handle = await wire.handle(FXP_OPENDIR, String("/"))
    assert await wire.status(FXP_CLOSE, String(handle)) == (FX_OK, "")
    await scene.change_account("rennes", lambda account: replace(account, **change))
    scene.clock.pass_by(timedelta(minutes=1))
    wire.send(FXP_OPENDIR, String("/"))
    assert await wire.reader.read() == b"", "no listing"
    await scene.settled()


async def test_a_session_goes_on_while_its_account_is_the_same(scene: Scene, wire: Wire) -> None:
    for _ in range(3):
        scene.clock.pass_by(timedelta(minutes=1))
        assert await wire.handle(FXP_OPENDIR, String("/"))


async def test_a_reading_that_was_not_closed_does_not_count(scene: Scene) -> None:
    name = await scene.deposit()
    async with scene.connect() as conn:
        sftp = await conn.start_sftp_client()
        file = await sftp.open(f"/EtatCivil/in/{name}", "rb")
        assert await file.read()
        conn.abort()
    await scene.settled()
    assert (await scene.delivery(name)).state is DeliveryState.READY

    async with wired(scene) as wire:
        await wire.receive()
        handle = await wire.open(f"/EtatCivil/in/{name}")
        size = (await scene.delivery(name)).archive_size
        # The last range of a broken session may not have arrived, and was not kept: read it again.
        assert (await wire.ask(FXP_READ, String(handle), UInt64(0), UInt32(size)))[0] == FXP_DATA
        assert await wire.status(FXP_CLOSE, String(handle)) == (FX_OK, "")
        assert (await scene.delivery(name)).state is DeliveryState.FETCHED
