"""The local blob store when the disk refuses, or the caller goes away: an error of ours, and nothing left behind."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.blob import StorageUnavailable
from gateway.store import disk
from gateway.store.blobs import LocalBlobs


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
async def blobs(root: Path) -> LocalBlobs:
    store = LocalBlobs(root)
    await store.open()
    return store


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.fixture
def small_files_only() -> Iterator[None]:
    """The system itself refuses to let any file of this process grow past 64 KiB."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("small_files_only")
async def test_a_write_that_the_system_refuses_leaves_nothing(blobs: LocalBlobs, root: Path) -> None:
    writer = await blobs.create()
    await writer.write(bytes(1 << 15))
    with pytest.raises(StorageUnavailable) as caught:
        await writer.write(bytes(1 << 16))
    assert str(root) not in caught.value.message
    assert files(root) == []
    await writer.abort()


async def test_a_full_disk_is_named(blobs: LocalBlobs, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int, data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    writer = await blobs.create()
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageUnavailable, match="the storage is full"):
        await writer.write(b"x")
    assert files(root) == []


@pytest.mark.parametrize("failing_sync", range(4))
async def test_a_sync_that_fails_at_commit_leaves_nothing(
    blobs: LocalBlobs, root: Path, monkeypatch: pytest.MonkeyPatch, failing_sync: int
) -> None:
    """Of the file, its directory and the two directories above: whichever fails, the commit does."""
    syncs = iter(range(4))
    real = os.fsync

    def fsync(fd: int) -> None:
        if next(syncs) == failing_sync:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(fd)

    writer = await blobs.create()
    await writer.write(b"x")
    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StorageUnavailable, match="the storage failed"):
        await writer.commit()
    assert files(root) == []


async def test_a_reader_of_a_file_that_shrank_fails_instead_of_answering_short(blobs: LocalBlobs, root: Path) -> None:
    writer = await blobs.create()
    await writer.write(b"0123456789")
    reader = await blobs.reader((await writer.commit()).key)
    os.truncate(files(root)[0], 4)
    with pytest.raises(StorageUnavailable):
        await reader.read(0, 10)
    await reader.close()


async def test_a_cancelled_commit_leaves_nothing(
    blobs: LocalBlobs, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    published, cancelled = asyncio.Event(), asyncio.Event()
    real = disk.publish

    def publish(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        loop.call_soon_threadsafe(published.set)
        asyncio.run_coroutine_threadsafe(cancelled.wait(), loop).result()

    monkeypatch.setattr(disk, "publish", publish)
    writer = await blobs.create()
    await writer.write(b"x")
    commit = asyncio.create_task(writer.commit())
    await published.wait()
    assert files(root) != []
    commit.cancel()
    with pytest.raises(asyncio.CancelledError):
        await commit
    cancelled.set()
    while pending := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(pending)
    assert files(root) == []


async def test_a_root_that_cannot_be_made_is_told_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageUnavailable) as caught:
        await LocalBlobs(tmp_path / "file" / "blobs").open()
    assert str(tmp_path) not in str(caught.value)
