"""Arbitrary SFTP packets over a real connection: every request is answered or the channel closed, and no more."""

from __future__ import annotations

import asyncio
import struct

import pytest
from asyncssh.constants import FXP_ATTRS, FXP_CLOSE, FXP_HANDLE, FXP_OPENDIR, FXP_STAT, FXP_STATUS
from asyncssh.packet import String
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.sftp_server.protocol import MOST_HANDLES
from tests.fuzz.door import WITHIN, Door
from tests.fuzz.packets import ANSWERS, INIT, U32, answers_in, framed, greeted, packets, requests_in, string
from tests.fuzz.profiles import examples

PATHS = st.sampled_from(
    [
        b"/",
        b"/EtatCivil",
        b"/EtatCivil/in",
        b"/EtatCivil/in/DONE",
        b"/EtatCivil/in/A-1-ABC-EtatCivil-1.zip",
        b"/EtatCivil/in/DONE/A-1-ABC-EtatCivil-1.zip",
        b"/EtatCivil/out",
        b"/EtatCivil/out/a.zip",
        b"/EtatCivil/out/b.part",
        b"/CERTDC/out/a.zip",
        b"EtatCivil/../..//EtatCivil/out/./a.zip",
        b"/etc/passwd",
        b"/EtatCivil/out/\xff",
        b"/EtatCivil/out/a\0b",
        b"x" * 5000,
        b"",
    ]
)


def check_answers(data: bytes, asked: bytes) -> None:
    """The answers are those to the requests, in their order, and no more handles are open than may be."""
    answers, expected = answers_in(data), requests_in(asked)
    assert [number for _, number, _ in answers] == expected.numbers
    handles = 0
    for (kind, _, rest), frame in zip(answers, expected.frames, strict=True):
        assert kind in ANSWERS
        if kind == FXP_HANDLE:
            handles += 1
        elif kind == FXP_STATUS:
            code = int.from_bytes(rest[:4], "big")
            assert code <= 8, "a code of version 3"
            handles -= frame[0] == FXP_CLOSE and code == 0
        assert 0 <= handles <= MOST_HANDLES


@pytest.fixture(scope="module", autouse=True)
def archive(door: Door) -> str:
    """The archive whose path is above, so that packets reach more than refusals."""
    return door.run(door.scene.deposit())


async def _whole(door: Door) -> None:
    """A session of somebody else works as ever."""
    wire = await door.channel("brest")
    wire.writer.write(INIT)
    await asyncio.wait_for(wire.receive(), WITHIN)
    assert (await asyncio.wait_for(wire.ask(FXP_STAT, String("/EtatCivil/in")), WITHIN))[0] == FXP_ATTRS
    wire.writer.channel.close()
    await wire.writer.channel.wait_closed()


def said(door: Door, data: bytes) -> bytes:
    """What the door says to the stream; then everything else has to be as before."""
    answer = door.run(door.talk(data))
    door.check(answer)
    return answer


@examples(250)
@given(st.lists(packets(PATHS), min_size=1, max_size=24).map(b"".join))
@example(framed(b""))
@example(framed(b"\x03\0\0\0"))
@example(
    framed(b"\x03" + bytes(4) + string(b"/EtatCivil/out/a.zip") + struct.pack(">II", 0x1B, 0))
    + framed(b"\x05" + bytes(4) + string(bytes(4)) + struct.pack(">QI", 2**63, 1))
    + framed(b"\x05" + bytes(4) + string(bytes(4)) + struct.pack(">QI", 2**63 - 1, 2**32 - 1))
)
def test_every_request_is_answered_or_the_channel_closed(door: Door, asked: bytes) -> None:
    door.warm()
    check_answers(greeted(said(door, INIT + asked)), asked)


@examples(20)
@given(st.lists(packets(PATHS), min_size=1, max_size=24).map(b"".join))
def test_others_do_not_notice(door: Door, asked: bytes) -> None:
    said(door, INIT + asked)
    door.run(_whole(door))


NAMES = st.sampled_from([b"supported", b"supported2", b"acl-supported", b"vendor-id", b"newline", b"\xff", b""])


@examples(250)
@given(
    st.one_of(
        st.tuples(st.sampled_from([1, 1, 1, 0, 2, 3, 255]), U32, st.binary(max_size=12)).map(
            lambda parts: framed(bytes([parts[0]]) + struct.pack(">I", parts[1]) + parts[2])
        ),
        st.lists(st.tuples(NAMES, st.binary(max_size=12)), max_size=3).map(
            lambda pairs: framed(INIT[4:] + b"".join(string(name) + string(data) for name, data in pairs))
        ),
        st.binary(max_size=40),
        packets(PATHS),
    )
)
@example(framed(INIT[4:] + string(b"supported") + string(b"")))
@example(framed(INIT[4:] + string(b"vendor-id") + string(b"\xff")))
def test_a_channel_may_begin_with_anything(door: Door, first: bytes) -> None:
    stat = framed(b"\x11\0\0\0\x07" + string(b"/"))
    answer = said(door, first + stat)
    if not answer:
        return  # closed without a word
    assert first[4:5] == b"\1", "only INIT is answered"
    assert len(answers_in(answer)) in (1, 2)


def test_no_more_directories_than_files_may_be_open(door: Door) -> None:
    opened = framed(bytes([FXP_OPENDIR]) + bytes(4) + string(b"/EtatCivil/in"))
    asked = opened * (MOST_HANDLES + 3)
    answer = greeted(said(door, INIT + asked))
    check_answers(answer, asked)
    assert [kind for kind, _, _ in answers_in(answer)] == [FXP_HANDLE] * MOST_HANDLES + [FXP_STATUS] * 3


def test_a_packet_that_is_announced_and_never_sent_holds_nothing(door: Door) -> None:
    door.warm()
    for length in (2**18, 2**18 + 1, 2**31, 2**32 - 1):
        assert answers_in(greeted(said(door, INIT + struct.pack(">I", length) + bytes(1000)))) == []
