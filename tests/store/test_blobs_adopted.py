"""Files that are kept without being written a second time."""

from __future__ import annotations

import hashlib
import os
import stat
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import pytest

from gateway.domain.blob import Blob, StorageUnavailable
from gateway.domain.sums import Sums
from gateway.store import disk
from gateway.store.blobs import LocalBlobs

WHOLE = os.urandom(3_000_000)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
async def blobs(root: Path) -> AsyncIterator[LocalBlobs]:
    store = LocalBlobs(root)
    await store.open()
    yield store
    await store.close()


def unnamed(directory: Path, data: bytes = WHOLE) -> BinaryIO:
    """A file without a name, as a door's spool has them."""
    directory.mkdir(exist_ok=True)
    file = os.fdopen(os.open(directory, os.O_TMPFILE | os.O_RDWR, 0o600), "w+b")
    file.write(data)
    file.flush()
    return file


def summed(data: bytes) -> Sums:
    sums = Sums()
    sums.add(data)
    return sums


def expected(blob: Blob, data: bytes = WHOLE) -> Blob:
    return Blob(blob.key, len(data), hashlib.sha256(data).digest(), zlib.crc32(data))


async def content(blobs: LocalBlobs, blob: Blob) -> bytes:
    reader = await blobs.reader(blob.key)
    try:
        return await reader.read(0, reader.size)
    finally:
        await reader.close()


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


async def test_a_file_without_a_name_becomes_the_blob_itself(blobs: LocalBlobs, root: Path, tmp_path: Path) -> None:
    with unnamed(tmp_path / "spool") as file:
        blob = await blobs.adopt(file, len(WHOLE), summed(WHOLE))
        (kept,) = files(root)
        assert os.path.samestat(os.fstat(file.fileno()), kept.stat())
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.name == blob.key
    assert blob == expected(blob)
    assert await content(blobs, blob) == WHOLE


async def test_what_was_summed_on_its_way_is_not_read_again(
    blobs: LocalBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object) -> bytes:
        raise AssertionError("it was read")

    with unnamed(tmp_path / "spool") as file, monkeypatch.context() as patch:
        patch.setattr(os, "pread", read)
        blob = await blobs.adopt(file, len(WHOLE), summed(WHOLE))
    assert await content(blobs, blob) == WHOLE


@pytest.mark.parametrize("sums", [None, summed(WHOLE[:10])], ids=["none", "fewer"])
async def test_without_all_sums_it_is_read_once(blobs: LocalBlobs, tmp_path: Path, sums: Sums | None) -> None:
    with unnamed(tmp_path / "spool") as file:
        blob = await blobs.adopt(file, len(WHOLE), sums)
    assert blob == expected(blob)


async def test_a_file_that_cannot_have_a_name_is_copied(blobs: LocalBlobs, root: Path, tmp_path: Path) -> None:
    with TemporaryFile(dir=tmp_path) as file:
        file.write(WHOLE)
        blob = await blobs.adopt(file, len(WHOLE), summed(WHOLE))
        (kept,) = files(root)
        assert not os.path.samestat(os.fstat(file.fileno()), kept.stat())
    assert blob == expected(blob)
    assert await content(blobs, blob) == WHOLE


async def test_of_a_longer_file_what_was_asked_for_is_copied(blobs: LocalBlobs, tmp_path: Path) -> None:
    with unnamed(tmp_path / "spool") as file:
        blob = await blobs.adopt(file, 1000)
    assert blob == expected(blob, WHOLE[:1000])
    assert await content(blobs, blob) == WHOLE[:1000]


async def test_it_is_synced_before_its_name_and_the_name_after(
    blobs: LocalBlobs, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    real = os.fsync

    def noting(fd: int) -> None:
        synced.append(os.fstat(fd).st_ino)
        real(fd)

    monkeypatch.setattr(os, "fsync", noting)
    with unnamed(tmp_path / "spool") as file:
        await blobs.adopt(file, len(WHOLE), summed(WHOLE))
        (kept,) = files(root)
        expected_order = [os.fstat(file.fileno()).st_ino, kept.parent.stat().st_ino]
    assert synced[:2] == expected_order


@pytest.mark.parametrize("refused", ["fsync", "pread", "rename"])
async def test_what_the_system_refuses_leaves_nothing(
    blobs: LocalBlobs, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    with unnamed(tmp_path / "spool") as file:
        with monkeypatch.context() as patch:
            if refused == "rename":
                patch.setattr(Path, "rename", refuse)
            else:
                patch.setattr(os, refused, refuse)
            with pytest.raises(StorageUnavailable):
                await blobs.adopt(file, len(WHOLE))
        assert files(root) == []
        assert os.pread(file.fileno(), 10, 0) == WHOLE[:10]


async def test_while_it_has_its_first_name_the_sweep_lets_it_be(root: Path, blobs: LocalBlobs, tmp_path: Path) -> None:
    del blobs  # it made the directories
    named = root / "tmp" / ("a" * 32)
    with unnamed(tmp_path / "spool") as file:
        assert disk.give_name(file, named, len(WHOLE))
        assert not disk.is_abandoned(named)
    assert disk.is_abandoned(named)
