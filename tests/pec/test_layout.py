import io
import os
import shutil
import struct
import subprocess
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pec.layout import Layout, Slice
from gateway.pec.manifest import Archive, Entry
from tests.engines.required import unavailable
from tests.pec.samples import PUBLISHED
from tests.pec.zip_bytes import read, stream, whole

GIB4 = 2**32
BLOBS = {"b1": b"<form/>", "b2": bytes(range(256)) * 40, "b3": b""}


def stored(name: str, blob: str) -> Entry:
    return Entry(name, len(BLOBS[blob]), zlib.crc32(BLOBS[blob]), blob, None)


ARCHIVE = Archive(
    "A-1-DAUA-1.zip",
    PUBLISHED,
    (
        Entry.of_text("message.xml", b"<m/>"),
        stored("A-1-DAUA-doc-Reçu de dépôt-1-1.xml", "b1"),
        stored("A-1-DAUA-pj-x-1-1.bin", "b2"),
        stored("A-1-DAUA-pj-y-1-1.bin", "b3"),
    ),
)
CONTENTS = [
    (entry.name, entry.text if entry.text is not None else BLOBS[entry.blob or ""]) for entry in ARCHIVE.entries
]


def test_the_standard_library_reads_it() -> None:
    data = whole(Layout(ARCHIVE), BLOBS)
    assert len(data) == Layout(ARCHIVE).size
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert [(info.filename, archive.read(info)) for info in archive.infolist()] == CONTENTS
        for info in archive.infolist():
            assert info.external_attr >> 16 == 0o100644
            assert info.create_system == 3
            assert info.flag_bits == 0x800
            assert info.date_time == (2026, 7, 4, 10, 54, 14)
            assert info.extra == b""
            assert info.extract_version == 20


def test_a_streaming_reader_reads_it() -> None:
    assert stream(whole(Layout(ARCHIVE), BLOBS)) == CONTENTS


@pytest.mark.parametrize("command", [("unzip", "-tqq"), ("bsdtar", "-tf")])
def test_foreign_programs_read_it(command: tuple[str, ...], tmp_path: Path) -> None:
    program = shutil.which(command[0])
    if program is None:
        unavailable(f"{command[0]} is not installed")
    path = tmp_path / "a.zip"
    path.write_bytes(whole(Layout(ARCHIVE), BLOBS))
    environment = os.environ | {"LC_ALL": "C.UTF-8"}
    done = subprocess.run([program, *command[1:], path], capture_output=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_empty_archive_is_a_zip() -> None:
    with zipfile.ZipFile(io.BytesIO(whole(Layout(Archive("a", PUBLISHED, ())), {}))) as archive:
        assert archive.namelist() == []


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 1, 31, 23, 30, 59, tzinfo=UTC), (2026, 2, 1, 0, 30, 58)),
        (datetime(1970, 1, 1, tzinfo=UTC), (1980, 1, 1, 0, 0, 0)),
        (datetime(2200, 1, 1, tzinfo=UTC), (2107, 12, 31, 23, 59, 58)),
    ],
)
def test_times_are_local_and_within_the_format(moment: datetime, expected: tuple[int, ...]) -> None:
    data = whole(Layout(Archive("a", moment, (Entry.of_text("n", b""),))), {})
    assert zipfile.ZipFile(io.BytesIO(data)).infolist()[0].date_time == expected


@st.composite
def archives(draw: st.DrawFn) -> tuple[Archive, dict[str, bytes]]:
    contents = draw(st.lists(st.binary(max_size=60), max_size=5))
    blobs = {f"b{index}": content for index, content in enumerate(contents)}
    entries = []
    for index in range(draw(st.integers(0, 8))):
        name = f"{index}{draw(st.text(st.characters(codec='utf-8'), max_size=8))}"
        key = draw(st.sampled_from([None, *blobs]))
        if key is None:
            entries.append(Entry.of_text(name, draw(st.binary(max_size=40))))
        else:
            entries.append(Entry(name, len(blobs[key]), zlib.crc32(blobs[key]), key, None))
    return Archive("a.zip", PUBLISHED, tuple(entries)), blobs


@given(archives(), st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 1500)), max_size=8))
def test_any_range_is_that_of_the_whole(
    given_: tuple[Archive, dict[str, bytes]], ranges: list[tuple[int, int]]
) -> None:
    archive, blobs = given_
    layout = Layout(archive)
    data = whole(layout, blobs)
    assert len(data) == layout.size
    assert [name for name, _ in stream(data)] == [entry.name for entry in archive.entries]
    for offset, length in ranges:
        assert read(layout, blobs, offset, length) == data[offset : offset + length]


def test_no_part_is_empty_and_blobs_are_addressed_exactly() -> None:
    layout = Layout(ARCHIVE)
    parts = layout.pieces(0, layout.size)
    assert all(part.length if isinstance(part, Slice) else part for part in parts)
    assert [part for part in parts if isinstance(part, Slice)] == [
        Slice("b1", 0, len(BLOBS["b1"])),
        Slice("b2", 0, len(BLOBS["b2"])),
    ]
    assert layout.pieces(layout.size, 10) == []
    assert layout.pieces(0, 0) == []


@pytest.mark.parametrize(("offset", "length"), [(-1, 5), (0, -1)])
def test_a_negative_range_is_refused(offset: int, length: int) -> None:
    with pytest.raises(ValueError, match="range"):
        Layout(ARCHIVE).pieces(offset, length)


class Pretended(io.RawIOBase):
    """The layout as a file whose blobs are zeros that exist nowhere."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.at = layout, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = (0, self.at, self.layout.size)[whence] + offset
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, size: int = -1) -> bytes:
        length = self.layout.size - self.at if size < 0 else min(size, self.layout.size - self.at)
        assert length < 2**24, "no test reads gigabytes"
        parts = self.layout.pieces(self.at, length)
        self.at += length
        return b"".join(bytes(part.length) if isinstance(part, Slice) else part for part in parts)


def pretended(*sizes: int) -> Layout:
    return Layout(
        Archive("a", PUBLISHED, tuple(Entry(f"e{i}", size, 7, f"b{i}", None) for i, size in enumerate(sizes)))
    )


@pytest.mark.parametrize(
    "sizes",
    [
        (GIB4 - 2, 5),
        (GIB4 - 1, 5),
        (GIB4, 5),
        (GIB4 + 9, GIB4 + 8),
        (2**31, 2**31, 3),
        (GIB4 - 33,),
        (GIB4 - 33, 5),
        (GIB4 - 34, 5),
        (5, GIB4 - 100, 1),
        (2**40,),
    ],
)
def test_zip64_appears_exactly_where_it_is_needed(sizes: tuple[int, ...]) -> None:
    layout = pretended(*sizes)
    with zipfile.ZipFile(Pretended(layout)) as archive:
        infos = archive.infolist()
        assert [info.file_size for info in infos] == list(sizes)
        assert [info.compress_size for info in infos] == list(sizes)
        expected = 0
        for info, size in zip(infos, sizes, strict=True):
            assert info.header_offset == expected
            wide = 8 * (2 * (size >= GIB4 - 1) + (expected >= GIB4 - 1))
            assert len(info.extra) == (4 + wide if wide else 0)
            assert info.extract_version == (45 if wide else 20)
            local = Pretended(layout)
            local.seek(expected)
            header = local.read(30 + 2 + 20)
            extra_length = struct.unpack_from("<H", header, 28)[0]
            assert extra_length == (20 if size >= GIB4 - 1 else 0)
            if extra_length:
                assert struct.unpack_from("<2I", header, 18) == (GIB4 - 1, GIB4 - 1)
                assert struct.unpack_from("<2H2Q", header, 32) == (1, 16, size, size)
            expected += 30 + 2 + extra_length + size
        assert archive.start_dir == expected
    end = Pretended(layout)
    end.seek(layout.size - 22 - 20)
    assert (end.read(4) == b"PK\x06\x07") == (expected >= GIB4 - 1)


@pytest.mark.parametrize(("count", "wide"), [(65_534, False), (65_535, True), (65_536, True)])
def test_zip64_for_many_entries(count: int, wide: bool) -> None:
    layout = pretended(*[0] * count)
    data = read(layout, {}, 0, layout.size)
    assert (b"PK\x06\x06" in data) == wide
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert len(archive.infolist()) == count
