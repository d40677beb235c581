"""The local blob store: what is committed is whole, what is not leaves nothing, and no name is guessed or trusted.

What happens when the disk refuses is in test_blobs_failures.py.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.blob import Blob, BlobMissing
from gateway.store import disk
from gateway.store.blobs import BlobReader, LocalBlobs

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NEVER = "0" * 32


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "made" / "blobs"


@pytest.fixture
async def blobs(root: Path) -> AsyncIterator[LocalBlobs]:
    store = LocalBlobs(root)
    await store.open()
    yield store
    await store.close()


async def put(blobs: LocalBlobs, *chunks: bytes) -> Blob:
    writer = await blobs.create()
    for chunk in chunks:
        await writer.write(chunk)
    return await writer.commit()


async def read_all(reader: BlobReader) -> bytes:
    data = await reader.read(0, reader.size)
    await reader.close()
    return data


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def modes(root: Path) -> tuple[set[int], set[int]]:
    """Of the directories, and of the files, from `root` down."""
    made = [root, *root.rglob("*")]
    directories, regular = (
        {stat.S_IMODE(p.stat().st_mode) for p in made if p.is_dir() is kind} for kind in (True, False)
    )
    return directories, regular


def set_age(path: Path, when: datetime) -> None:
    os.utime(path, (when.timestamp(), when.timestamp()))


async def older_than(blobs: LocalBlobs, when: datetime) -> set[str]:
    return {key async for key in blobs.keys_older_than(when)}


@given(chunks=st.lists(st.binary(max_size=300), max_size=6), offset=st.integers(0, 2000), length=st.integers(0, 2000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
async def test_every_range_of_what_was_written_is_read_back(
    blobs: LocalBlobs, chunks: list[bytes], offset: int, length: int
) -> None:
    whole = b"".join(chunks)
    blob = await put(blobs, *chunks)
    assert (blob.size, blob.sha256, blob.crc32) == (len(whole), hashlib.sha256(whole).digest(), zlib.crc32(whole))
    reader = await blobs.reader(blob.key)
    assert reader.size == len(whole)
    assert await reader.read(offset, length) == whole[offset : offset + length]
    assert await read_all(reader) == whole


async def test_a_chunk_larger_than_a_slice_and_a_view_of_wider_items_are_taken_whole(blobs: LocalBlobs) -> None:
    large = os.urandom((2 << 20) + 3)
    writer = await blobs.create()
    await writer.write(large)
    await writer.write(memoryview(bytes(16)).cast("I"))
    assert writer.size == len(large) + 16
    blob = await writer.commit()
    assert await read_all(await blobs.reader(blob.key)) == large + bytes(16)


async def test_a_large_upload_lets_other_tasks_run(blobs: LocalBlobs) -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    writer = await blobs.create()
    for _ in range(32):
        await writer.write(bytes(1 << 17))
    await writer.abort()
    task.cancel()
    assert turns >= 4


async def test_nothing_is_visible_before_commit_and_nothing_left_after_abort(blobs: LocalBlobs, root: Path) -> None:
    writer = await blobs.create()
    await writer.write(b"half")
    assert [path.parent.name for path in files(root)] == ["tmp"]
    await writer.abort()
    await writer.abort()
    assert files(root) == []
    for ended in (writer.write(b"more"), writer.commit()):
        with pytest.raises(ValueError, match="committed or aborted"):
            await ended


async def test_abort_after_commit_changes_nothing(blobs: LocalBlobs) -> None:
    writer = await blobs.create()
    await writer.write(b"kept")
    blob = await writer.commit()
    await writer.abort()
    assert await read_all(await blobs.reader(blob.key)) == b"kept"


async def test_files_and_directories_are_closed_to_other_users(blobs: LocalBlobs, root: Path) -> None:
    blob = await put(blobs, b"private")
    await blobs.create()
    assert modes(root.parent) == ({0o700}, {0o600})
    assert (root / "objects" / blob.key[:2] / blob.key[2:4] / blob.key).is_file()


async def test_an_open_reader_survives_the_deletion_of_its_blob(blobs: LocalBlobs, root: Path) -> None:
    blob = await put(blobs, b"0123456789")
    reader = await blobs.reader(blob.key)
    await blobs.delete(blob.key)
    await blobs.delete(blob.key)
    assert files(root) == []
    with pytest.raises(BlobMissing):
        await blobs.reader(blob.key)
    assert await reader.read(3, 4) == b"3456"
    await reader.close()
    await reader.close()
    with pytest.raises(ValueError, match="closed"):
        await reader.read(0, 1)


@pytest.mark.parametrize(
    "key", ["", "..", "../" * 10 + "ab", NEVER + "\n", NEVER.upper().replace("0", "A"), NEVER[1:], "é" * 32, "\0" * 32]
)
async def test_what_is_no_key_is_refused_before_the_disk_is_touched(
    blobs: LocalBlobs, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    def touched(*args: object, **kwargs: object) -> int:
        raise AssertionError("the disk was touched")

    monkeypatch.setattr(os, "open", touched)
    monkeypatch.setattr(os, "unlink", touched)
    with pytest.raises(BlobMissing):
        await blobs.reader(key)
    with pytest.raises(BlobMissing):
        await blobs.delete(key)


async def test_an_unknown_key_is_missing_and_its_deletion_is_no_error(blobs: LocalBlobs) -> None:
    with pytest.raises(BlobMissing, match=r"^File is not found$"):
        await blobs.reader(NEVER)
    await blobs.delete(NEVER)


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (0, -1)])
async def test_negative_ranges_are_refused(blobs: LocalBlobs, offset: int, length: int) -> None:
    reader = await blobs.reader((await put(blobs, b"abc")).key)
    with pytest.raises(ValueError, match="negative"):
        await reader.read(offset, length)
    await reader.close()


async def test_a_second_blob_in_the_same_directory_syncs_only_that_directory(
    blobs: LocalBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = disk.sync_directory
    digits = iter("12")

    def sync_directory(path: Path) -> None:
        synced.append(path.name)
        real(path)

    monkeypatch.setattr("secrets.token_hex", lambda size: "a" * 31 + next(digits))
    monkeypatch.setattr(disk, "sync_directory", sync_directory)
    await put(blobs, b"first")
    await put(blobs, b"second")
    assert synced == ["aa", "aa", "objects", "aa"]


async def test_the_sweep_is_told_of_old_blobs_and_of_what_a_crash_left(blobs: LocalBlobs, root: Path) -> None:
    old, young = await put(blobs, b"old"), await put(blobs, b"young")
    left = root / "tmp" / ("c" * 32)
    left.write_bytes(b"left by a process that died")
    writer = await blobs.create()
    for path in files(root):
        set_age(path, NOW if path.name == young.key else NOW - timedelta(days=2))
    (root / "tmp" / "foreign.txt").write_bytes(b"")
    set_age(root / "tmp" / "foreign.txt", NOW - timedelta(days=2))

    assert await older_than(blobs, NOW) == {old.key, left.name}
    for key in (old.key, left.name):
        await blobs.delete(key)
    assert await older_than(blobs, NOW) == set()
    assert await older_than(blobs, NOW + timedelta(seconds=1)) == {young.key}

    assert (await writer.commit()).size == 0


async def test_a_blob_is_as_old_as_its_commit(blobs: LocalBlobs, root: Path) -> None:
    writer = await blobs.create()
    set_age(files(root)[0], NOW - timedelta(days=400))
    started = datetime.now(UTC) - timedelta(seconds=1)
    blob = await writer.commit()
    assert await older_than(blobs, started) == set()
    assert await older_than(blobs, datetime.now(UTC) + timedelta(days=1)) == {blob.key}


async def test_a_naive_date_is_refused(blobs: LocalBlobs) -> None:
    with pytest.raises(ValueError, match="aware"):
        await older_than(blobs, NOW.replace(tzinfo=None))


async def test_two_stores_share_one_root(blobs: LocalBlobs, root: Path) -> None:
    other = LocalBlobs(root)
    await other.open()
    blob = await put(blobs, b"shared")
    assert await read_all(await other.reader(blob.key)) == b"shared"
