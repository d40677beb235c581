"""PROXY headers of any bytes: a header, more to wait for, or a refusal, and the same however they arrive."""

from __future__ import annotations

import asyncio
import ipaddress
import struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.sftp_server.proxy import MOST, SIGNATURE, Header, ProxyHeaderError, parse, trusts
from tests.fuzz.door import WITHIN, Door
from tests.fuzz.profiles import examples

ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6), st.just(ipaddress.ip_address("::ffff:192.0.2.1")))
COMMANDS = st.one_of(st.sampled_from([0x20, 0x21, 0x21, 0x21]), st.integers(0, 255))
FAMILIES = st.one_of(st.sampled_from([0x11, 0x21, 0x00, 0x12, 0x22, 0x31]), st.integers(0, 255))


@st.composite
def headers(draw: st.DrawFn) -> bytes:
    """A header that is nearly right: its figures may lie, its addresses be of the other family."""
    body = draw(
        st.one_of(
            st.tuples(ADDRESSES, ADDRESSES, st.integers(0, 65535)).map(
                lambda parts: parts[0].packed + parts[1].packed + struct.pack(">HH", parts[2], 22)
            ),
            st.binary(max_size=60),
        )
    )
    body += draw(st.one_of(st.just(b""), st.binary(max_size=20), st.just(bytes(3000))))
    length = draw(st.one_of(st.just(min(len(body), 65535)), st.just(len(body) + 1), st.integers(0, 65535)))
    head = SIGNATURE + bytes([draw(COMMANDS), draw(FAMILIES)]) + struct.pack(">H", length)
    return head + body + draw(st.sampled_from([b"", b"SSH-2.0-x\r\n"]))


def parsed(data: bytes) -> Header | str | None:
    try:
        return parse(data)
    except ProxyHeaderError as refused:
        return str(refused)


@examples(250)
@given(st.one_of(headers(), st.binary(max_size=40), st.binary(max_size=40).map(lambda rest: SIGNATURE + rest)))
@example(SIGNATURE + b"\x20\x00\0\0")
@example(SIGNATURE + b"\x21\x11\xff\xff")
def test_a_header_is_the_same_however_it_arrives(data: bytes) -> None:
    """Byte by byte nothing is decided that more bytes would undo, and nothing waits for more than the limit."""
    whole = parsed(data)
    decided: Header | str | None = None
    for upto in range(min(len(data), MOST + 1) + 1):
        found = parsed(data[:upto])
        assert decided is None or found == decided
        decided = found
        assert found is not None or upto < MOST
    assert decided == whole
    if isinstance(whole, Header):
        assert len(SIGNATURE) + 4 <= whole.size <= min(len(data), MOST)
        if whole.source is not None:
            address, port = whole.source
            assert str(ipaddress.ip_address(address)) == address
            assert not address.startswith("::ffff:")
            assert 0 <= port <= 65535
    elif isinstance(whole, str):
        assert not set(whole) - set(map(chr, range(32, 127)))


@examples(60)
@given(st.one_of(st.text(max_size=20), ADDRESSES.map(str), ADDRESSES.map(lambda one: f"{one}%eth0")))
def test_any_text_is_trusted_or_not(address: str) -> None:
    assert not trusts((), address)
    networks = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
    try:
        ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        assert not trusts(networks, address)
    else:
        assert trusts(networks, address)


@pytest.mark.parametrize("size", [MOST - 16, MOST - 15])
def test_the_limit_is_that_of_the_whole_header(size: int) -> None:
    data = SIGNATURE + b"\x20\x00" + struct.pack(">H", size) + bytes(size)
    assert isinstance(parsed(data), Header) == (size <= MOST - 16)


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    """Everybody here is a balancer."""
    return {"balancers": (ipaddress.ip_network("127.0.0.0/8"),)}


async def handed_on(door: Door, data: bytes) -> bytes:
    """What the door says to a connection that begins with `data` and then ends."""
    reader, writer = await asyncio.open_connection(*door.scene.address)
    try:
        writer.write(data)
        writer.write_eof()
        return await asyncio.wait_for(reader.read(-1), WITHIN)
    except OSError:
        return b""  # refused while it was being said
    finally:
        writer.transport.abort()


@examples(80)
@given(st.one_of(headers(), st.binary(max_size=40)))
@example(b"SSH-2.0-x\r\n")
def test_a_balanced_connection_is_greeted_after_its_header_only(door: Door, data: bytes) -> None:
    said = door.run(handed_on(door, data))
    door.run(door.scene.settled())
    door.check(said)
    assert not said or (isinstance(parsed(data), Header) and said.startswith(b"SSH-2.0-Gateway\r\n"))
