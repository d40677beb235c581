"""Blobs that are written over several openings: parked durable in tmp, and gone on with at an offset.

Whoever writes holds the file's lock. Sums of parked files are kept in memory for as long as the file is as it was left,
so that going on reads nothing again; another process reads what is there once.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from gateway.domain.blob import Blob, BlobBusy, BlobMissing
from gateway.domain.sums import Sums
from gateway.store import disk

SLICE: Final = 1 << 20  # bytes summed and written before other tasks get their turn
_REMEMBERED: Final = 256
T = TypeVar("T")


async def take_in(sums: Sums, fd: int, end: int) -> None:
    """Adds a file to its sums, from where these are up to `end`. Raises OSError when it ends before."""
    while sums.size < end:
        part = os.pread(fd, min(SLICE, end - sums.size), sums.size)
        if not part:
            raise OSError("the file is shorter than what was kept of it")
        sums.add(part)
        await asyncio.sleep(0)


class PartialBlobs:
    """The partial files in `tmp`. `publish` gives one its final name, closing it, and keeps it when that fails."""

    def __init__(self, tmp: Path, publish: Callable[[str, int], None]) -> None:
        self._tmp = tmp
        self._publish = publish
        self._parked: OrderedDict[str, tuple[int, Sums]] = OrderedDict()

    async def resume(self, key: str, offset: int) -> PartialWriter:
        """Opens what was parked; bytes behind `offset` are cut off by the first write, not before.

        Raises BlobBusy while somebody else writes it, BlobMissing when fewer bytes are there, StorageUnavailable.
        """
        path = self._tmp / key
        with disk.storage_errors("open"):
            new = offset == 0 and not path.exists()
            try:
                flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_CREAT if new else 0)
                fd = os.open(path, flags, 0o600)
            except FileNotFoundError:
                raise BlobMissing from None
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(fd).st_size < offset:
                    raise BlobMissing
                sums = self._recalled(key, fd, offset)
                await take_in(sums, fd, offset)
                os.lseek(fd, offset, os.SEEK_SET)
            except BlockingIOError:
                os.close(fd)
                raise BlobBusy from None
            except BaseException:
                os.close(fd)
                raise
        return PartialWriter(self, key, fd, sums, new=new)

    def _recalled(self, key: str, fd: int, offset: int) -> Sums:
        """The sums up to `offset`, if the file is as this process left it there, or none yet."""
        modified, sums = self._parked.pop(key, (0, Sums()))
        return sums if sums.size == offset and modified == os.fstat(fd).st_mtime_ns else Sums()

    def _remember(self, key: str, modified: int, sums: Sums) -> None:
        self._parked[key] = modified, sums
        if len(self._parked) > _REMEMBERED:
            self._parked.popitem(last=False)


class PartialWriter:
    """A partial blob being written, by one task. Ends with `park` or `commit`, and never loses what was durable."""

    def __init__(self, partials: PartialBlobs, key: str, fd: int, sums: Sums, *, new: bool) -> None:
        self._partials = partials
        self._key = key
        self._fd = fd
        self._begun = sums.copy()
        self._sums = sums
        self._touched = self._new = new

    @property
    def size(self) -> int:
        """Bytes that are there, from the first on."""
        return self._sums.size

    async def write(self, chunk: bytes | memoryview) -> None:
        """Appends `chunk`, of any size. Raises StorageUnavailable, after which `park` keeps what came before."""
        rest = memoryview(chunk).cast("B")
        with disk.storage_errors("write"):
            if not self._touched:
                os.ftruncate(self._fd, self.size)
                self._touched = True
            while rest:
                part, rest = rest[:SLICE], rest[SLICE:]
                disk.write_whole(self._fd, part)
                before = self.size
                self._sums.add(part)
                if before // SLICE != self.size // SLICE:
                    await asyncio.sleep(0)

    async def sync(self) -> None:
        """Makes durable what is there by now. Raises StorageUnavailable."""
        with disk.storage_errors("store"):
            await _to_its_end(self._sync)

    async def settle(self, *, back: bool = False) -> int:
        """Makes durable what is there, with `back` only what was there at first, and tells how many bytes that are.

        Nobody else can go on with them before `park`. Raises StorageUnavailable.
        """
        sums = self._begun if back else self._sums
        if self._touched:
            with disk.storage_errors("store"):
                await _to_its_end(lambda: self._settle(sums.size))
            self._touched = False
        self._sums = sums
        return self.size

    async def park(self) -> int:
        """Leaves the bytes, settled, to be gone on with, and tells how many they are.

        Without effect after `commit`, or another `park`. Raises StorageUnavailable.
        """
        if self._fd >= 0:
            try:
                await self.settle()
                self._partials._remember(self._key, os.fstat(self._fd).st_mtime_ns, self._sums)
            finally:
                fd, self._fd = self._fd, -1
                os.close(fd)
        return self.size

    async def commit(self) -> Blob:
        """Makes the blob durable under its key. Raises StorageUnavailable: then its bytes are still there."""
        fd, self._fd = self._fd, -1
        with disk.storage_errors("store"):
            await _to_its_end(lambda: self._partials._publish(self._key, fd))
        return self._sums.blob(self._key)

    def _settle(self, size: int) -> None:
        if os.fstat(self._fd).st_size != size:
            os.ftruncate(self._fd, size)
        self._sync()

    def _sync(self) -> None:
        os.fsync(self._fd)
        if self._new:
            disk.sync_directory(self._partials._tmp)
            self._new = False


async def _to_its_end(work: Callable[[], T]) -> T:
    """Runs `work` on a thread and waits for its end even when cancelled: the file must not be closed under it."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with suppress(OSError):
            await task
        raise
