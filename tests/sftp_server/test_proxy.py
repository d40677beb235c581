"""PROXY protocol v2, in real bytes."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import struct
from collections.abc import MutableMapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sftp_server import proxy
from gateway.sftp_server.handshake import Handshake
from gateway.sftp_server.proxy import MOST, SIGNATURE, Header, ProxyHeaderError, parse, trusts
from tests.sftp_server.conftest import Start
from tests.sftp_server.scene import Scene

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def header(source: str, port: int = 40_000, *, tail: bytes = b"", command: int = 0x21) -> bytes:
    """The header of a TCP connection from there."""
    address = ipaddress.ip_address(source)
    family, target = (0x11, b"\x0a\0\0\1") if address.version == 4 else (0x21, bytes(16))
    body = address.packed + target + struct.pack("!HH", port, 22) + tail
    return SIGNATURE + struct.pack("!BBH", command, family, len(body)) + body


def test_the_source_is_read() -> None:
    assert parse(header("192.0.2.7")) == Header(("192.0.2.7", 40_000), 28)
    assert parse(header("2001:db8::7", 1)) == Header(("2001:db8::7", 1), 52)
    assert parse(header("::ffff:192.0.2.7")) == Header(("192.0.2.7", 40_000), 52)


def test_what_follows_is_left_and_extensions_are_skipped() -> None:
    tail = b"\x04\0\x03abc"
    assert parse(header("192.0.2.7", tail=tail) + b"SSH-2.0-x\r\n") == Header(("192.0.2.7", 40_000), 34)


def test_the_balancer_may_speak_for_itself() -> None:
    assert parse(SIGNATURE + b"\x20\x00\0\0") == Header(None, 16)
    assert parse(header("192.0.2.7", command=0x20)) == Header(None, 28)


@pytest.mark.parametrize(
    "wrong",
    [
        b"PROXY TCP4 192.0.2.7 10.0.0.1 40000 22\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        SIGNATURE + b"\x11\x11\0\x0c" + bytes(12),
        SIGNATURE + b"\x22\x11\0\x0c" + bytes(12),
        SIGNATURE + b"\x21\x00\0\0",
        SIGNATURE + b"\x21\x12\0\x0c" + bytes(12),
        SIGNATURE + b"\x21\x31\0\xd8" + bytes(216),
        SIGNATURE + b"\x21\x11\0\x0b" + bytes(11),
        SIGNATURE + b"\x21\x21\0\x0c" + bytes(12),
        SIGNATURE + b"\x21\x11\xff\xff",
        SIGNATURE + b"\x20\x00" + struct.pack("!H", MOST),
    ],
    ids=["v1", "ssh", "version", "command", "unknown", "datagram", "local", "short", "short6", "huge", "huge-local"],
)
def test_another_beginning_is_refused_at_once(wrong: bytes) -> None:
    with pytest.raises(ProxyHeaderError):
        parse(wrong)


@given(st.integers(0, 51), st.binary(max_size=20))
def test_a_chopped_header_is_waited_for(cut: int, tail: bytes) -> None:
    whole = header("2001:db8::7", tail=tail)
    assert parse(whole[:cut]) is None
    assert parse(whole) == Header(("2001:db8::7", 40_000), len(whole))


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_or_waited_for(data: bytes) -> None:
    for start in (data, SIGNATURE + data):
        try:
            found = parse(start)
        except ProxyHeaderError:
            continue
        assert found is None or found.size <= len(start)


def test_trust_is_by_network() -> None:
    networks = (*LOOPBACK, ipaddress.ip_network("2001:db8::/32"))
    assert trusts(networks, "127.0.0.9")
    assert trusts(networks, "::ffff:127.0.0.9")
    assert trusts(networks, "2001:db8::1%eth0")
    assert not trusts(networks, "192.0.2.1")
    assert not trusts(networks, "")


async def _through_balancer(scene: Scene, first: bytes, *, parts: int = 1) -> asyncio.Server:
    """A balancer that begins each connection to the door with these bytes, in so many parts."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection(*scene.address)
        size = -(-len(first) // parts)
        for at in range(0, len(first), size):
            outer.write(first[at : at + size])
            await outer.drain()
        await asyncio.gather(pump(reader, outer), pump(inner, writer))

    return await asyncio.start_server(serve, "127.0.0.1", 0)


@pytest.mark.parametrize(("source", "parts"), [("192.0.2.7", 1), ("192.0.2.7", 28), ("2001:db8::7", 5)])
async def test_the_named_address_counts_everywhere(start: Start, source: str, parts: int) -> None:
    scene = await start(balancers=LOOPBACK)
    balancer = await _through_balancer(scene, header(source, tail=b"\x04\0\x01x"), parts=parts)
    async with balancer, scene.connect(address=balancer.sockets[0].getsockname()[:2]) as conn:
        sftp = await conn.start_sftp_client()
        assert await sftp.listdir("/")
        (connection,) = scene.server._connections
        assert connection.address == source
        assert connection.ssh._peer_addr == source
        assert isinstance(connection.ssh, Handshake)
        assert connection.ssh.acknowledged() is None, "the balancer acknowledges, not its client"
    await scene.settled()


async def test_a_balancer_without_header_gets_nothing(start: Start, lines: list[MutableMapping[str, Any]]) -> None:
    scene = await start(balancers=LOOPBACK)
    for first in (b"SSH-2.0-OpenSSH_9.2\r\n", b"PROXY TCP4 192.0.2.7 10.0.0.1 40000 22\r\nSSH-2.0-x\r\n"):
        assert await _answer(scene, first) == b""
    assert scene.figures.counts["logins_total door=SFTP outcome=turned-away"] == 2
    (line, _) = [line for line in lines if line["event"] == "connection of a balancer refused"]
    assert line["balancer"] == "127.0.0.1"
    assert not scene.server._connections


async def test_the_balancer_may_look_whether_the_door_is_open(start: Start) -> None:
    scene = await start(balancers=LOOPBACK)
    assert (await _answer(scene, SIGNATURE + b"\x20\0\0\0")).startswith(b"SSH-2.0-Gateway\r\n")
    reader, writer = await asyncio.open_connection(*scene.address)
    writer.close()
    await writer.wait_closed()
    assert await reader.read() == b""
    await scene.settled()


async def test_a_header_that_does_not_come_is_not_waited_for(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = await start(balancers=LOOPBACK)
    monkeypatch.setattr(proxy, "TIME", 0.01)
    reader, writer = await asyncio.open_connection(*scene.address)
    writer.write(header("192.0.2.7")[:20])
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()
    assert scene.figures.counts["logins_total door=SFTP outcome=turned-away"] == 1


async def test_who_is_not_trusted_cannot_name_another_source(start: Start) -> None:
    scene = await start(balancers=(ipaddress.ip_network("192.0.2.0/24"),))
    answer = await _answer(scene, header("192.0.2.7") + b"SSH-2.0-x\r\n")
    assert answer.startswith(b"SSH-2.0-Gateway\r\n")
    assert b"kex-strict" not in answer, "it was no SSH"
    async with scene.connect():
        (connection,) = scene.server._connections
        assert connection.address == "127.0.0.1"


async def _answer(scene: Scene, first: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*scene.address)
    try:
        writer.write(first)
        writer.write_eof()
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()
