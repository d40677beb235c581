"""SFTP packets that no honest client sends, and what a door may say to a whole stream of them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from asyncssh.constants import (
    FXP_ATTRS,
    FXP_DATA,
    FXP_EXTENDED_REPLY,
    FXP_HANDLE,
    FXP_NAME,
    FXP_STATUS,
    FXP_VERSION,
)
from hypothesis import strategies as st

from gateway.sftp_server.protocol import LONGEST_PACKET

INIT: Final = b"\0\0\0\5\1\0\0\0\3"
ANSWERS: Final = {FXP_STATUS, FXP_HANDLE, FXP_DATA, FXP_NAME, FXP_ATTRS, FXP_EXTENDED_REPLY}
U32: Final = st.one_of(st.sampled_from([0, 1, 4, 255, 2**15, 2**18, 2**31 - 1, 2**31, 2**32 - 1]), st.integers(0, 64))
U64: Final = st.one_of(
    st.sampled_from([0, 1, 2**20, 2**32, 2**62, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 1]), st.integers(0, 4096)
)
HANDLES: Final = st.one_of(
    st.integers(0, 6).map(lambda number: number.to_bytes(4, "big")), st.binary(max_size=8), st.just(b"x" * 300)
)
EXTENSIONS: Final = st.sampled_from(
    [
        b"posix-rename@openssh.com",
        b"limits@openssh.com",
        b"statvfs@openssh.com",
        b"hardlink@openssh.com",
        b"fsync@openssh.com",
        b"lsetstat@openssh.com",
        b"copy-data",
        b"ranges@asyncssh.com",
        b"check-file-name",
        b"space-available",
        b"\xff\xfe",
        b"",
    ]
)


def string(data: bytes) -> bytes:
    """A string of the protocol: its length, then itself."""
    return struct.pack(">I", len(data)) + data


def framed(payload: bytes) -> bytes:
    """A packet with the length that it has."""
    return string(payload)


@st.composite
def attributes(draw: st.DrawFn) -> bytes:
    """Attributes as they should be, or with flags that do not fit what follows."""
    flags = draw(st.sampled_from([0, 0, 1, 2, 4, 8, 0xF, 0x80000000, 0xFFFFFFFF, 0x8000000F]))
    body = b""
    for flag, form in ((1, ">Q"), (2, ">II"), (4, ">I"), (8, ">II")):
        if flags & flag:
            body += struct.pack(form, *(draw(U64 if form == ">Q" else U32) for _ in form[1:]))
    if flags & 0x80000000:
        body += struct.pack(">I", draw(U32)) + string(draw(st.binary(max_size=8))) * 2
    return struct.pack(">I", flags) + body


@st.composite
def bodies(draw: st.DrawFn, paths: st.SearchStrategy[bytes]) -> bytes:
    """One request without its length: kind, number and what belongs to the kind."""
    kind = draw(
        st.one_of(st.sampled_from([3, 3, 4, 5, 5, 6, 6, 7, 8, 11, 12, 13, 16, 17, 18, 200]), st.integers(0, 255))
    )
    one = string(draw(HANDLES))
    if kind in (3, 7, 9, 11, 13, 14, 15, 16, 17, 18, 19, 20):
        one = string(draw(paths))
    rest = b""
    if kind == 3:
        rest = struct.pack(">I", draw(st.sampled_from([0, 1, 2, 3, 0x0A, 0x1A, 0x2A, 0x3A, 6, 0xFFFFFFFF])))
        rest += draw(attributes())
    elif kind == 5:
        rest = struct.pack(">QI", draw(U64), draw(U32))
    elif kind == 6:
        rest = struct.pack(">Q", draw(U64)) + string(draw(st.binary(max_size=64)))
    elif kind in (9, 10, 14):
        rest = draw(attributes())
    elif kind in (18, 20):
        rest = string(draw(paths))
    elif kind == 200:
        one = string(draw(EXTENSIONS))
        rest = draw(st.one_of(st.binary(max_size=24), paths.map(string), st.tuples(paths, paths).map(_two)))
    elif not 3 <= kind <= 20:
        one = draw(st.binary(max_size=24))
    return bytes([kind]) + struct.pack(">I", draw(U32)) + one + rest


def _two(paths: tuple[bytes, bytes]) -> bytes:
    return string(paths[0]) + string(paths[1])


@st.composite
def packets(draw: st.DrawFn, paths: st.SearchStrategy[bytes]) -> bytes:
    """One packet on its way: as it should be, or damaged within, or with a length that is not its own."""
    body = draw(bodies(paths))
    damage = draw(st.sampled_from(["", "", "", "", "cut", "more", "byte", "inner", "length", "tiny"]))
    at = draw(st.integers(0, max(0, len(body) - 1)))
    if damage == "cut":
        body = body[:at]
    elif damage == "more":
        body += draw(st.binary(min_size=1, max_size=8))
    elif damage == "byte":
        body = body[:at] + bytes([draw(st.integers(0, 255))]) + body[at + 1 :]
    elif damage == "inner":
        body = body[:5] + struct.pack(">I", draw(U32)) + body[9:]
    elif damage == "tiny":
        body = body[: draw(st.integers(0, 5))]
    elif damage == "length":
        return struct.pack(">I", draw(U32)) + body
    return framed(body)


@dataclass(frozen=True)
class Expected:
    """What a stream asks: `numbers` of the requests, in order, and the frames themselves."""

    frames: tuple[bytes, ...]

    @property
    def numbers(self) -> list[int]:
        return [int.from_bytes(frame[1:5], "big") for frame in self.frames]


def requests_in(data: bytes) -> Expected:
    """The requests that a door has to answer in a stream after INIT; it stops where the stream cannot be followed."""
    frames = []
    while len(data) >= 4:
        length = int.from_bytes(data[:4], "big")
        if length > LONGEST_PACKET or length < 5 or len(data) < 4 + length:
            break
        frames.append(data[4 : 4 + length])
        data = data[4 + length :]
    return Expected(tuple(frames))


def answers_in(data: bytes) -> list[tuple[int, int, bytes]]:
    """Kind, number and rest of every answer; fails unless the door's own framing is right to the last byte."""
    found = []
    while data:
        length = int.from_bytes(data[:4], "big")
        assert 5 <= length <= LONGEST_PACKET
        assert len(data) >= 4 + length
        frame, data = data[4 : 4 + length], data[4 + length :]
        found.append((frame[0], int.from_bytes(frame[1:5], "big"), frame[5:]))
    return found


def greeted(data: bytes) -> bytes:
    """What follows the door's VERSION, which has to be 3."""
    length = int.from_bytes(data[:4], "big")
    assert data[4:9] == bytes([FXP_VERSION, 0, 0, 0, 3])
    return data[4 + length :]
