"""Blobs written over several openings: what was parked stays, and is gone on with exactly where it was left."""

from __future__ import annotations

import asyncio
import hashlib
import os
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.blob import Blob, BlobBusy, BlobMissing, StorageUnavailable
from gateway.store import disk, partial_blobs
from gateway.store.blobs import LocalBlobs


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


async def opened(root: Path) -> LocalBlobs:
    blobs = LocalBlobs(root)
    await blobs.open()
    return blobs


@pytest.fixture
async def blobs(root: Path) -> LocalBlobs:
    return await opened(root)


def expected(key: str, content: bytes) -> Blob:
    return Blob(key, len(content), hashlib.sha256(content).digest(), zlib.crc32(content))


async def parked(blobs: LocalBlobs, content: bytes) -> str:
    key = blobs.new_key()
    writer = await blobs.resume(key, 0)
    await writer.write(content)
    assert await writer.park() == len(content)
    return key


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.tuples(st.binary(max_size=50), st.booleans(), st.integers(0, 60)), max_size=8))
async def test_any_order_of_parkings_and_restarts_gives_the_same_bytes(
    root: Path, pieces: list[tuple[bytes, bool, int]]
) -> None:
    blobs = await opened(root)
    key, content = blobs.new_key(), b""
    for piece, restart, lost in pieces:
        if restart:
            blobs = await opened(root)
        content = content[: max(0, len(content) - lost)]  # the row may tell less than the file holds
        writer = await blobs.resume(key, len(content))
        await writer.write(piece)
        content += piece
        await writer.park()
    writer = await blobs.resume(key, len(content))
    await writer.write(b"end")
    blob = await writer.commit()
    assert blob == expected(key, content + b"end")
    assert await blobs.committed(key) == blob
    reader = await blobs.reader(key)
    assert await reader.read(0, reader.size) == content + b"end"
    await reader.close()


async def test_going_on_in_the_same_process_reads_nothing_again(
    blobs: LocalBlobs, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await parked(blobs, b"half")
    read: list[int] = []
    real = os.pread

    def pread(fd: int, length: int, offset: int) -> bytes:
        read.append(offset)
        return real(fd, length, offset)

    monkeypatch.setattr(os, "pread", pread)
    writer = await blobs.resume(key, 4)
    await writer.write(b" whole")
    await writer.park()
    assert read == []
    other = await (await opened(root)).resume(key, 10)
    assert read == [0]
    assert await other.commit() == expected(key, b"half whole")


async def test_sums_of_a_file_that_another_process_changed_are_not_trusted(blobs: LocalBlobs, root: Path) -> None:
    key = await parked(blobs, b"abcd")
    path = root / "tmp" / key
    before = path.stat().st_mtime_ns
    path.write_bytes(b"abXY")
    os.utime(path, ns=(before + 1, before + 1))
    assert await (await blobs.resume(key, 4)).commit() == expected(key, b"abXY")


async def test_one_writes_at_a_time(blobs: LocalBlobs, root: Path) -> None:
    key = await parked(blobs, b"half")
    writer = await blobs.resume(key, 4)
    for other in (blobs, await opened(root)):
        with pytest.raises(BlobBusy):
            await other.resume(key, 4)
    await writer.park()
    await (await blobs.resume(key, 4)).park()


async def test_nothing_is_cut_off_before_something_is_written(blobs: LocalBlobs) -> None:
    key = await parked(blobs, b"half")
    await (await blobs.resume(key, 1)).park()
    writer = await blobs.resume(key, 4)
    assert await writer.commit() == expected(key, b"half")


async def test_going_back_leaves_what_was_there_at_first(blobs: LocalBlobs, root: Path) -> None:
    key = await parked(blobs, b"half")
    writer = await blobs.resume(key, 4)
    await writer.write(b" wrong")
    assert await writer.settle(back=True) == 4
    assert await writer.park() == 4
    assert (root / "tmp" / key).read_bytes() == b"half"
    assert await (await blobs.resume(key, 4)).commit() == expected(key, b"half")


@pytest.mark.parametrize("offset", [5, 1 << 40])
async def test_fewer_bytes_than_told_are_missing(blobs: LocalBlobs, offset: int) -> None:
    with pytest.raises(BlobMissing):
        await blobs.resume(await parked(blobs, b"half"), offset)
    with pytest.raises(BlobMissing):
        await blobs.resume(blobs.new_key(), offset)
    with pytest.raises(BlobMissing):
        await blobs.resume("../x", 0)


async def test_what_was_parked_is_synced_with_its_name(blobs: LocalBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    real_sync, real_directory = os.fsync, disk.sync_directory

    def fsync(fd: int) -> None:
        done.append("file")
        real_sync(fd)

    def sync_directory(path: Path) -> None:
        done.append(path.name)
        real_directory(path)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(disk, "sync_directory", sync_directory)
    key = await parked(blobs, b"half")
    assert done[:2] == ["file", "tmp"]
    done.clear()
    writer = await blobs.resume(key, 4)
    await writer.write(b"more")
    await writer.sync()
    assert done == ["file"]
    await writer.park()


async def test_a_write_that_fails_keeps_what_came_before(
    blobs: LocalBlobs, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await parked(blobs, b"half")
    writer = await blobs.resume(key, 4)
    await writer.write(b" more")
    real = disk.write_whole

    def full(fd: int, chunk: memoryview) -> None:
        real(fd, chunk[:2])
        raise OSError(28, "full")

    monkeypatch.setattr(disk, "write_whole", full)
    with pytest.raises(StorageUnavailable):
        await writer.write(b"nothing of this")
    assert await writer.park() == 9
    assert (root / "tmp" / key).read_bytes() == b"half more"


async def test_a_publication_that_fails_keeps_the_bytes(blobs: LocalBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    key = await parked(blobs, b"half")
    writer = await blobs.resume(key, 4)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", lambda self, target: (_ for _ in ()).throw(OSError(5, "failed")))
        with pytest.raises(StorageUnavailable):
            await writer.commit()
    assert await writer.park() == 4
    assert await (await blobs.resume(key, 4)).commit() == expected(key, b"half")


async def test_a_parking_that_is_cancelled_is_done_nevertheless(
    blobs: LocalBlobs, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = blobs.new_key()
    writer = await blobs.resume(key, 0)
    await writer.write(b"half")
    task = asyncio.current_task()
    assert task is not None
    real = os.fsync

    def fsync(fd: int) -> None:
        task.get_loop().call_soon_threadsafe(task.cancel)
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    try:
        await writer.park()
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        task.uncancel()
    assert (root / "tmp" / key).read_bytes() == b"half"


async def test_no_more_than_so_many_sums_are_remembered(blobs: LocalBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partial_blobs, "_REMEMBERED", 2)
    keys = [await parked(blobs, b"%d" % number) for number in range(3)]
    assert list(vars(blobs)["_partials"]._parked) == keys[1:]
    for number, key in enumerate(keys):
        assert await (await blobs.resume(key, 1)).commit() == expected(key, b"%d" % number)
