import hashlib
import subprocess
import zlib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pec.manifest import Archive, Entry
from tests.pec.samples import PUBLISHED

NAMES = st.text(min_size=1, max_size=30)
BLOBS = st.builds(Entry, NAMES, st.integers(0, 2**48), st.integers(0, 2**32 - 1), st.text(), st.none())
TEXTS = st.builds(Entry.of_text, NAMES, st.binary(max_size=200))
ENTRIES = st.lists(st.one_of(BLOBS, TEXTS), max_size=12, unique_by=lambda entry: entry.name.casefold()).map(tuple)
TIMES = st.datetimes(datetime(1981, 1, 1), datetime(2106, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis adds the zone)
ARCHIVES = st.builds(Archive, st.text(), TIMES, ENTRIES)


@given(ARCHIVES)
def test_what_is_dumped_is_loaded(archive: Archive) -> None:
    data = archive.dump()
    assert Archive.load(data) == archive
    assert Archive.load(data).dump() == data


@given(ARCHIVES, st.data())
def test_damaged_bytes_are_a_value_error(archive: Archive, draw: st.DataObject) -> None:
    data = bytearray(archive.dump())
    if draw.draw(st.booleans()):
        del data[draw.draw(st.integers(0, len(data) - 1)) :]
    else:
        data[draw.draw(st.integers(0, len(data) - 1))] ^= draw.draw(st.integers(1, 255))
    try:
        assert Archive.load(bytes(data)) == archive  # a bit that decides nothing, as in zlib's level hint
    except ValueError:
        return


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0\0\0\0",
        b"\x02\0\0\0[]",
        b"\x02\0\0\0{}",
        b'\x22\0\0\0{"name":"x","at":"x","entries":[]}',
        b'\x2e\0\0\0{"name":"x","at":"2026-07-04","entries":[[1]]}',
        b'\x29\0\0\0{"name":"x","at":"2026-07-04","entries":7}',
        b"\xff\xff\xff\xff" + b"[" * 100_000,
    ],
)
def test_well_packed_nonsense_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):
        Archive.load(b"PA1" + zlib.compress(body))


@pytest.mark.parametrize("data", [b"", b"PA1", b"PA2" + zlib.compress(b""), Archive("a", PUBLISHED, ()).dump() + b"y"])
def test_other_bytes_are_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):
        Archive.load(data)


def test_a_changed_text_is_found() -> None:
    archive = Archive("a", PUBLISHED, (Entry.of_text("message.xml", b"<a/>"),))
    data = archive.dump()
    body = zlib.decompress(data[3:])
    with pytest.raises(ValueError, match="damaged"):
        Archive.load(data[:3] + zlib.compress(body.replace(b"<a/>", b"<b/>")))


def test_the_same_instant_is_dumped_the_same() -> None:
    elsewhere = PUBLISHED.astimezone(timezone(timedelta(hours=9)))
    assert Archive("a", elsewhere, ()).dump() == Archive("a", PUBLISHED, ()).dump()


@pytest.mark.parametrize(
    ("size", "crc32", "blob", "text"),
    [(0, 0, None, None), (1, 0, "b", b"x"), (2, 0, None, b"x"), (-1, 0, "b", None), (1, 2**32, "b", None)],
)
def test_impossible_entries_are_refused(size: int, crc32: int, blob: str | None, text: bytes | None) -> None:
    with pytest.raises(ValueError, match="entry 'n'"):
        Entry("n", size, crc32, blob, text)


@pytest.mark.parametrize("name", ["", "n" * 256, "é" * 128])
def test_impossible_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="bytes"):
        Entry.of_text(name, b"")


def test_impossible_archives_are_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Archive("a", datetime(2026, 1, 1), ())  # noqa: DTZ001 (the naive time is the point)
    with pytest.raises(ValueError, match="same name"):
        Archive("a", PUBLISHED, (Entry.of_text("N", b""), Entry.of_text("n", b"")))


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"])
def test_a_time_that_other_zones_do_not_have_is_refused(at: str) -> None:
    with pytest.raises(ValueError, match="out of range"):
        Archive("a.zip", datetime.fromisoformat(at), ())


def test_its_checksums_are_those_that_sha256sum_checks(tmp_path: Path) -> None:
    stored = b"stored bytes"
    archive = Archive(
        "a.zip",
        PUBLISHED,
        (Entry.of_text("message.xml", b"<m/>"), Entry("é 1.pdf", len(stored), zlib.crc32(stored), "key", None)),
    )
    (tmp_path / "message.xml").write_bytes(b"<m/>")
    (tmp_path / "é 1.pdf").write_bytes(stored)
    told = archive.checksums({"key": hashlib.sha256(stored).digest()})
    checked = subprocess.run(["sha256sum", "--check", "--strict", "-"], input=told, cwd=tmp_path, capture_output=True)
    assert checked.returncode == 0, checked.stderr
    with pytest.raises(KeyError):
        archive.checksums({})
