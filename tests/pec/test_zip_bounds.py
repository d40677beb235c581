"""A zip is unpacked to be counted, and no further than its bounds allow."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pec.zip_bounds import Bounds, UnboundedZipError, measure

MIB = 2**20
SMALL = Bounds(entries=10, total=4 * MIB, ratio=50, ratio_from=MIB, nesting=2)
NOISE = bytes((7 * n * n + n // 3) % 256 for n in range(5000))


def packed(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return made.getvalue()


class Unseekable(io.BytesIO):
    """What makes a writer put sizes after the data."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise io.UnsupportedOperation


def names(data: bytes, bounds: Bounds = SMALL) -> list[str]:
    return measure(io.BytesIO(data), io.BytesIO, bounds)


def refused(data: bytes, bounds: Bounds = SMALL) -> str:
    with pytest.raises(UnboundedZipError) as caught:
        names(data, bounds)
    return caught.value.reason


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_honest_zip_tells_the_names_of_its_entries(method: int) -> None:
    data = packed(("a/é.txt", NOISE), ("b.txt", b""), ("c.zip", packed(("inner", NOISE))), method=method)
    assert names(data) == ["a/é.txt", "b.txt", "c.zip"]
    assert names(packed()) == []


def test_sizes_may_follow_the_data() -> None:
    made = Unseekable()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", NOISE)
    assert names(made.getvalue()) == ["a.txt"]


def test_entries_are_counted_over_all_zips() -> None:
    assert names(packed(*((f"{n}", b"") for n in range(10))))
    assert refused(packed(*((f"{n}", b"") for n in range(11)))) == "too many entries"
    inner = packed(*((f"{n}", b"") for n in range(6)))
    assert refused(packed(("1.zip", inner), ("2.zip", inner))) == "too many entries"
    assert refused(packed(("a" * 500, b"")), replace(SMALL, directory=500)) == "too many entries"


def test_what_it_unpacks_to_is_bounded_as_told_and_as_counted() -> None:
    bomb = packed(("a", bytes(4 * MIB + 1)))
    assert refused(bomb, replace(SMALL, ratio=10_000)) == "too large unpacked"
    liar = bytearray(bomb)
    struct.pack_into("<I", liar, liar.rindex(b"PK\x01\x02") + 24, 100)
    assert refused(bytes(liar)) == "damaged zip"
    inner = packed(("a", bytes(3 * MIB)))
    assert refused(packed(("1", inner), ("2", inner)), replace(SMALL, ratio=10_000)) == "too large unpacked"


def test_the_ratio_counts_only_beyond_some_size_and_over_all_zips() -> None:
    assert names(packed(("a", bytes(MIB))))
    assert refused(packed(("a", bytes(MIB + 1)))) == "ratio too high"
    inner = packed(("a", bytes(MIB)))
    assert refused(packed(("1", inner), ("2", inner))) == "ratio too high"
    assert names(packed(("a", bytes(MIB + 1)), ("b", NOISE * 5), method=zipfile.ZIP_STORED))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zips_within_zips_are_walked_to_a_depth(method: int) -> None:
    data = packed(("text", b"x"))
    for _ in range(2):
        data = packed(("inner.docx", data), method=method)
    assert names(data) == ["inner.docx"]
    assert refused(packed(("once more", data), method=method)) == "nested too deep"


def test_one_entry_that_is_many_times_in_the_directory_counts_every_time() -> None:
    data = packed(("a", bytes(MIB)))
    start = data.index(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    record = data[start:end]
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 8, 8, 8 * len(record), start, 0)
    assert refused(data[:start] + 8 * record + tail, replace(SMALL, ratio=10_000)) == "too large unpacked"


def test_what_cannot_be_counted_is_refused() -> None:
    good = packed(("a", NOISE))
    at = good.rindex(b"PK\x01\x02")
    encrypted, strange = bytearray(good), bytearray(good)
    encrypted[at + 8] |= 1
    strange[at + 10] = 12
    assert refused(bytes(encrypted)) == "encrypted zip"
    assert refused(bytes(strange)) == "unknown compression"
    assert refused(good[:-1]) == "damaged zip"
    assert refused(good.replace(b"PK\x03\x04", b"PK\x03\x05")) == "damaged zip"
    assert refused(good[:40] + b"\xff" * 20 + good[60:]) == "damaged zip"
    assert refused(packed(("a", packed(("b", NOISE))[:-4]))) == "damaged zip"


def test_sizes_of_zip64_are_read() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a", "w", force_zip64=True) as entry:
        entry.write(NOISE)
    data = bytearray(made.getvalue())
    at = data.rindex(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    packed_size, size = struct.unpack_from("<2I", data, at + 20)
    extra = struct.pack("<2H2Q", 1, 16, size, packed_size)
    record = bytearray(data[at:end]) + extra
    struct.pack_into("<2I", record, 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", record, 30, len(extra))
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(record), at, 0)
    assert names(bytes(data[:at] + record + tail)) == ["a"]


@given(st.binary(max_size=8), st.integers(0, 200), st.integers(0, 255))
def test_any_bytes_are_measured_or_refused(junk: bytes, at: int, value: int) -> None:
    data = bytearray(packed(("a", NOISE[:50]), ("b.zip", packed(("c", b"text")))))
    data[-at - 1 : -at or None] = bytes([value])
    for changed in (bytes(data), junk + bytes(data), bytes(data) + junk):
        with suppress(UnboundedZipError):
            names(changed)


def test_places_that_no_file_has_are_refused() -> None:
    data = packed(("a", NOISE))
    start, end = data.index(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    for header in (2**63, 2**64 - 1):
        record = bytearray(data[start:end]) + struct.pack("<2HQ", 1, 8, header)
        struct.pack_into("<H", record, 30, 12)
        struct.pack_into("<I", record, 42, 0xFFFFFFFF)
        tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(record), start, 0)
        assert refused(data[:start] + record + tail) == "damaged zip"


def test_entries_that_share_their_bytes_are_not_read_again_and_again() -> None:
    """However little comes out of them: each says that all of the file is its own."""
    data = packed(("a", b"x" * 10), ("filler", random.Random(1).randbytes(50_000)))
    start, end = data.index(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    record = bytearray(data[start : data.rindex(b"PK\x01\x02")])
    struct.pack_into("<I", record, 20, start - 31)
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 8, 8, 8 * len(record), start, 0)

    class Counting(io.BytesIO):
        read_bytes = 0

        def read(self, size: int | None = -1) -> bytes:
            found = super().read(size)
            self.read_bytes += len(found)
            return found

    file = Counting(data[:start] + 8 * bytes(record) + tail)
    with pytest.raises(UnboundedZipError, match="damaged zip"):
        measure(file, io.BytesIO, SMALL)
    assert end - start < file.read_bytes < 2 * len(data)


def test_a_zip_within_is_found_when_its_first_bytes_come_one_by_one() -> None:
    inner = packed(("a", b"x"))
    for _ in range(2):
        inner = packed(("z", inner))
    packer = zlib.compressobj(wbits=-15)
    stream = packer.compress(inner[:1]) + packer.flush(zlib.Z_FULL_FLUSH)
    stream += b"\0\0\0\xff\xff" * 60_000 + packer.compress(inner[1:]) + packer.flush()
    data = bytearray(packed(("z", stream), method=zipfile.ZIP_STORED))
    for at in (8, data.rindex(b"PK\x01\x02") + 10):
        struct.pack_into("<H", data, at, zipfile.ZIP_DEFLATED)
        struct.pack_into("<I", data, at + 14, len(inner))
    assert refused(bytes(data)) == "nested too deep"
