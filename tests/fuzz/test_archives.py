"""Archives of any content: every range is that of the whole, every reader reads it; and manifests of any bytes."""

from __future__ import annotations

import io
import json
import os
import shutil
import struct
import subprocess
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.pec import manifest
from gateway.pec.archive import Archive, Entry, Layout
from gateway.pec.layout import Slice
from gateway.pec.names import Kind, piece_name, safe_file_name, safe_number
from tests.engines.required import unavailable
from tests.fuzz.profiles import examples
from tests.pec.zip_bytes import read, stream, whole

TIMES = st.integers(-(2**30), 2**33).map(lambda second: datetime.fromtimestamp(second, UTC))
TEXTS = st.one_of(
    st.text(max_size=30), st.sampled_from(["CON", "é" * 200, "e\u0301", "a/b", "..", "\u202egpj.exe", "-rf"])
)


@st.composite
def archives(draw: st.DrawFn) -> tuple[Archive, dict[str, bytes]]:
    """An archive whose names come from foreign texts, as those of real ones do, and the blobs that it names."""
    blobs = {f"b{n}": draw(st.one_of(st.binary(max_size=50), st.just(bytes(5000)))) for n in range(3)}
    number, entries = safe_number(draw(TEXTS)), {}
    for place in range(draw(st.integers(0, 6))):
        kind: Kind = draw(st.sampled_from(["doc", "pj"]))
        name = piece_name(
            number,
            draw(st.sampled_from(["EtatCivil", "DAUA"])),
            draw(st.integers(1, 999_999)),
            kind=kind,
            code=draw(TEXTS),
            occurrence=place + 1,
            file_name=safe_file_name(draw(TEXTS)),
            mime_type="application/pdf",
        )
        key = draw(st.sampled_from([None, *blobs]))
        if key is None:
            entries[name.casefold()] = Entry.of_text(name, draw(st.binary(max_size=40)))
        else:
            entries[name.casefold()] = Entry(name, len(blobs[key]), zlib.crc32(blobs[key]), key, None)
    return Archive("a.zip", draw(TIMES), tuple(entries.values())), blobs


def content(entry: Entry, blobs: dict[str, bytes]) -> bytes:
    return blobs[entry.blob] if entry.blob is not None else entry.text or b""


@examples(120)
@given(archives(), st.lists(st.tuples(st.integers(0, 12_000), st.integers(0, 12_000)), max_size=10))
def test_readers_find_what_was_frozen_and_ranges_are_those_of_the_whole(
    made: tuple[Archive, dict[str, bytes]], ranges: list[tuple[int, int]]
) -> None:
    archive, blobs = made
    layout = Layout(archive)
    data = whole(layout, blobs)
    expected = [(entry.name, content(entry, blobs)) for entry in archive.entries]
    assert len(data) == layout.size
    assert stream(data) == expected
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        assert found.testzip() is None
        assert [(info.filename, found.read(info)) for info in found.infolist()] == expected
    for offset, length in ranges:
        assert read(layout, blobs, offset, length) == data[offset : offset + length]
    assert whole(Layout(Archive.load(archive.dump())), blobs) == data


@pytest.mark.parametrize("command", [("unzip", "-tqq"), ("bsdtar", "-tf")])
def test_foreign_programs_read_them(command: tuple[str, ...], tmp_path: Path) -> None:
    program = shutil.which(command[0])
    if program is None:
        unavailable(f"{command[0]} is not installed")
    path = tmp_path / "a.zip"

    @examples(10)
    @given(archives().filter(lambda made: bool(made[0].entries)))
    def one(made: tuple[Archive, dict[str, bytes]]) -> None:
        path.write_bytes(whole(Layout(made[0]), made[1]))
        done = subprocess.run(
            [program, *command[1:], path], capture_output=True, check=False, env=os.environ | {"LC_ALL": "C.UTF-8"}
        )
        assert done.returncode == 0, done.stdout + done.stderr

    one()


NUMBERS = st.one_of(st.integers(-(2**70), 2**70), st.sampled_from([0, 1, 2**31, 2**48, 2**63, 2**64]))


@examples(60)
@given(st.lists(st.integers(0, 2**48), max_size=6), st.lists(st.tuples(NUMBERS, st.integers(0, 2**14)), max_size=6))
def test_archives_of_any_size_are_laid_out_without_gaps(sizes: list[int], ranges: list[tuple[int, int]]) -> None:
    """Sizes that cross every limit of 32 bits, in blobs that are never looked at."""
    archive = Archive(
        "a", datetime(2026, 1, 1, tzinfo=UTC), tuple(Entry(f"{n}", s, 0, "b", None) for n, s in enumerate(sizes))
    )
    layout = Layout(archive)
    for offset, length in ranges:
        if offset < 0:
            with pytest.raises(ValueError, match="range"):
                layout.pieces(offset, length)
            continue
        pieces = layout.pieces(offset, length)
        told = sum(piece.length if isinstance(piece, Slice) else len(piece) for piece in pieces)
        assert told == max(0, min(offset + length, layout.size) - offset)
        assert all(piece.length if isinstance(piece, Slice) else piece for piece in pieces)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=12,
)
ROWS = st.one_of(
    st.tuples(
        st.text(max_size=5), st.integers(-5, 2**50), st.integers(-5, 2**33), st.one_of(st.none(), st.text(max_size=3))
    ),
    st.lists(JSON, max_size=5),
    st.text(min_size=4, max_size=4),
)
TIMES_TOLD = st.sampled_from(
    [
        "2026-01-01T00:00:00+00:00",
        "2026-01-01",
        "0001-01-01T00:00:00+23:00",
        "9999-12-31T23:59:59-23:00",
        "2026-01-01T00:00:00+00:00:00.000001",
        "",
        7,
        None,
    ]
)
HEADS = st.one_of(
    st.fixed_dictionaries(
        {"name": st.one_of(st.text(max_size=5), JSON), "at": TIMES_TOLD, "entries": st.lists(ROWS, max_size=3)}
    ),
    st.fixed_dictionaries({"name": st.text(max_size=5), "at": TIMES_TOLD, "entries": JSON}),
    JSON,
)


def stored(head: object, rest: bytes, length: int | None) -> bytes:
    packed = json.dumps(head).encode()
    told = len(packed) if length is None else length
    return b"PA1" + zlib.compress(struct.pack("<I", told) + packed + rest)


def check_loaded(data: bytes) -> None:
    try:
        archive = Archive.load(data)
    except ValueError:
        return
    layout = Layout(archive)
    assert layout.pieces(0, 64)
    assert Archive.load(archive.dump()).entries == archive.entries


@examples(150)
@given(HEADS, st.binary(max_size=8), st.one_of(st.none(), st.integers(0, 2**32 - 1)))
@example({"name": "a", "at": "0001-01-01T00:00:00+23:00", "entries": []}, b"", None)
@example({"name": "a", "at": "9999-12-31T23:59:59-23:00", "entries": []}, b"", None)
@example({"name": "a", "at": "2026-01-01T00:00:00+00:00", "entries": [["\ud800", 0, 0, "b"]]}, b"", None)
def test_a_manifest_of_any_content_is_loaded_or_refused(head: object, rest: bytes, length: int | None) -> None:
    check_loaded(stored(head, rest, length))


@examples(80)
@given(archives(), st.integers(0, 400), st.binary(min_size=1, max_size=3))
def test_a_damaged_manifest_is_refused(made: tuple[Archive, dict[str, bytes]], at: int, new: bytes) -> None:
    data = made[0].dump()
    at %= len(data)
    changed = data[:at] + new + data[at + len(new) :]
    check_loaded(changed)
    check_loaded(data[:at])
    check_loaded(b"PA1" + new)
    with pytest.raises(ValueError, match="stored archive"):
        Archive.load(data + new)


def test_a_manifest_that_unpacks_to_more_than_any_archive_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "_MAX_UNPACKED", 2**20)
    with pytest.raises(ValueError, match="stored archive"):
        Archive.load(b"PA1" + zlib.compress(bytes(2**20 + 1)))
    with pytest.raises(ValueError, match="stored archive"):
        Archive.load(b"PA1" + zlib.compress(struct.pack("<I", 10**5) + b"[" * 10**5))
