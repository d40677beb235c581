"""What comes to the port and is no SSH, or only half of it: the door goes on listening, and says nothing of itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from asyncssh.packet import Byte, NameList, String, UInt32
from hypothesis import example, given
from hypothesis import strategies as st

from tests.fuzz.door import WITHIN, Door
from tests.fuzz.profiles import examples

BANNER = b"SSH-2.0-OpenSSH_9.6\r\n"
CLOSES = 1000
TOO_MANY = 150


def packet(payload: bytes, padding: int = 8, length: int | None = None) -> bytes:
    """A packet as it is before keys were exchanged."""
    told = len(payload) + padding + 1 if length is None else length
    return UInt32(told) + Byte(padding % 256) + payload + bytes(padding)


def offer(lists: Sequence[bytes]) -> bytes:
    return Byte(20) + bytes(16) + b"".join(NameList([one]) for one in lists) + bytes(5)


NAMES = st.one_of(
    st.sampled_from(
        [
            b"curve25519-sha256",
            b"diffie-hellman-group14-sha256",
            b"diffie-hellman-group-exchange-sha256",
            b"ssh-ed25519",
            b"aes128-ctr",
            b"none",
            b"\xff\xfe",
            b"",
            b"x," * 3000,
        ]
    ),
    st.binary(max_size=20),
)
GOOD = [*b"curve25519-sha256 ssh-ed25519 aes128-ctr aes128-ctr hmac-sha2-256 hmac-sha2-256 none none".split(), b"", b""]
PAYLOADS = st.one_of(
    st.lists(NAMES, min_size=10, max_size=10).map(offer),
    st.just(offer(GOOD)),
    st.tuples(st.sampled_from([1, 2, 3, 4, 5, 20, 21, 30, 31, 50, 80, 90, 94]), st.binary(max_size=80)).map(
        lambda parts: Byte(parts[0]) + parts[1]
    ),
    st.binary(max_size=30).map(lambda key: Byte(30) + String(key)),
    st.just(b""),
)
PACKETS = st.one_of(
    PAYLOADS.map(packet),
    st.builds(
        packet, PAYLOADS, st.integers(0, 300), st.one_of(st.none(), st.sampled_from([0, 1, 2**15, 2**18, 2**32 - 1]))
    ),
)
FIRST = st.one_of(
    st.just(BANNER),
    st.just(BANNER),
    st.sampled_from(
        [
            b"",
            b"SSH-2.0-",
            b"SSH-1.5-old\r\n",
            b"SSH-9.9-new\r\n",
            b"SSH-2.0-" + b"x" * 300 + b"\r\n",
            b"SSH-2.0-x" * 5000,
            b"\r\n" * 2000,
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00",
            b"SSH-2.0-\xff\xfe\0\r\n",
            b"SSH-2.0-libssh\x1b[31m\r\n",
        ]
    ),
    st.binary(max_size=300),
)


async def talk(door: Door, chunks: Sequence[bytes], *, end: bool) -> bytes:
    """Sends the chunks one after the other, then ends its side or the connection; what the door said till its end."""
    reader, writer = await asyncio.open_connection(*door.scene.address)
    said = b""
    try:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        if end:
            writer.write_eof()
            said = await asyncio.wait_for(reader.read(-1), WITHIN)
    except OSError:
        pass  # the door has had enough
    finally:
        writer.transport.abort()
    return said


async def login_works(door: Door) -> None:
    async with door.scene.connect() as conn, conn.start_sftp_client() as sftp:
        assert await sftp.listdir("/") == [".", "..", "CERTDC", "EtatCivil"]


@examples(150)
@given(FIRST, st.lists(PACKETS, max_size=4).map(b"".join), st.booleans(), st.integers(0, 400))
@example(BANNER, packet(b""), True, 0)
@example(BANNER, packet(b"", 0, 0), True, 0)
def test_bytes_that_are_no_ssh_end_their_connection_only(
    door: Door, first: bytes, more: bytes, end: bool, cut: int
) -> None:
    door.warm()
    data = first + more
    said = door.run(talk(door, [data[:cut], data[cut:]] if cut else [data], end=end))
    assert not said or said.startswith(b"SSH-2.0-Gateway\r\n")
    door.run(door.scene.settled())
    door.check(said)


@examples(10)
@given(st.binary(min_size=1, max_size=40))
def test_slow_bytes_keep_nobody_waiting(door: Door, data: bytes) -> None:
    async def slow() -> None:
        _, writer = await asyncio.open_connection(*door.scene.address)
        try:
            for byte in data:
                writer.write(bytes([byte]))
                await asyncio.wait_for(asyncio.shield(_turn()), WITHIN)
        finally:
            writer.transport.abort()

    async def both() -> None:
        await asyncio.gather(slow(), login_works(door))

    door.run(both())
    door.check()


async def _turn() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_thousand_connections_that_close_at_once_leave_nothing(door: Door) -> None:
    async def one() -> None:
        _, writer = await asyncio.open_connection(*door.scene.address)
        writer.transport.abort()

    async def all_of_them() -> None:
        for _ in range(CLOSES // 50):
            await asyncio.gather(*(one() for _ in range(50)))
        await door.scene.settled()
        await login_works(door)
        await door.scene.settled()

    door.run(all_of_them())
    door.check()


def test_those_who_only_connect_take_a_part_of_the_places(door: Door) -> None:
    """Some are let in and the others closed at once; meanwhile another address logs in as ever."""

    async def silent() -> None:
        opened = [await asyncio.open_connection(*door.scene.address) for _ in range(TOO_MANY)]
        greeted = await asyncio.gather(*(asyncio.wait_for(_greeting(reader), WITHIN) for reader, _ in opened))
        assert 0 < sum(greeted) <= 50
        async with door.scene.connect(local_addr=("127.0.0.9", 0)) as conn:
            assert await (await conn.start_sftp_client()).exists("/EtatCivil/in")
        for _, writer in opened:
            writer.transport.abort()
        await door.scene.settled()
        await login_works(door)
        await door.scene.settled()

    door.run(silent())
    door.check()


async def _greeting(reader: asyncio.StreamReader) -> bool:
    try:
        return bool(await reader.read(1))
    except OSError:
        return False
