"""Whole bytes of a layout, and a reader of local headers as streaming clients have it."""

import struct
import zlib
from collections.abc import Mapping

from gateway.pec.layout import Layout, Slice


def whole(layout: Layout, blobs: Mapping[str, bytes]) -> bytes:
    return read(layout, blobs, 0, layout.size)


def read(layout: Layout, blobs: Mapping[str, bytes], offset: int, length: int) -> bytes:
    return b"".join(
        blobs[part.blob][part.offset : part.offset + part.length] if isinstance(part, Slice) else part
        for part in layout.pieces(offset, length)
    )


def stream(data: bytes) -> list[tuple[str, bytes]]:
    """Read entry after entry from the front, never looking at the directory."""
    found = []
    at = 0
    while data[at : at + 4] == b"PK\x03\x04":
        fields = struct.unpack_from("<5H3I2H", data, at + 4)
        flags, method, crc32, packed, size, name_length, extra_length = (fields[1], fields[2], *fields[5:])
        assert not flags & 0x0008, "sizes must not follow the data"
        assert flags & 0x0800, "names are UTF-8"
        assert method == 0
        assert packed == size
        start = at + 30 + name_length + extra_length
        content = data[start : start + size]
        assert zlib.crc32(content) == crc32
        found.append((data[at + 30 : at + 30 + name_length].decode(), content))
        at = start + size
    return found
