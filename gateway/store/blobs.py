"""Blobs on the local disk: streamed in once, durable at commit, read at any offset.

    root/objects/<2 hex>/<2 hex>/<key>   committed, and never changed after
    root/tmp/<key>                       being written, parked until its upload goes on, or left over from a crash

Several processes may share one root. Nothing here decides that a file is of no use: the sweep does, by asking for
old keys and deleting those that no row names.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
import zlib
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from gateway.domain.blob import Blob, BlobMissing
from gateway.domain.sums import Sums
from gateway.store import disk
from gateway.store.partial_blobs import PartialBlobs, PartialWriter, take_in

_KEY = re.compile("[0-9a-f]{32}")
_SLICE = 1 << 20  # bytes hashed and written before other tasks get their turn


class LocalBlobs:
    """The blob store of one node. `root` is made at `open`, readable by this user only."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._objects = root / "objects"
        self._tmp = root / "tmp"
        # One byte per leaf directory: 1 when this process knows that the names leading to it are durable.
        self._settled = bytearray(1 << 16)
        self._partials = PartialBlobs(self._tmp, lambda key, fd: self._publish(key, fd, keep=True))

    async def open(self) -> None:
        """Prepares the directories. Raises StorageUnavailable."""
        with disk.storage_errors("prepare the storage for"):
            for directory in (self._root, self._objects, self._tmp):
                await asyncio.to_thread(disk.make_directories, directory)

    async def close(self) -> None:
        """Readers and writers that are still open go on until their own end."""

    async def create(self) -> BlobWriter:
        """Starts a new blob under an unguessable key. Raises StorageUnavailable."""
        key = self.new_key()
        with disk.storage_errors("create"):
            return BlobWriter(self, key, disk.create_exclusive(self._tmp / key))

    async def adopt(self, file: BinaryIO, size: int, sums: Sums | None = None) -> Blob:
        """Keeps the `size` bytes of a file that nobody writes any more; the file remains the caller's, to be closed.

        One without a name, on the file system of this store, becomes the blob itself; any other is copied. `sums`:
        those of its bytes where the caller has them, else they are read. Raises StorageUnavailable.
        """
        key = self.new_key()
        if not disk.give_name(file, self._tmp / key, size):
            return await self._copy(file, size)
        try:
            with disk.storage_errors("read"):
                if sums is None or sums.size != size:
                    sums = Sums()
                    await take_in(sums, file.fileno(), size)
                fd = os.dup(file.fileno())
        except BaseException:
            self._remove(key)
            raise
        await self._settle(key, fd)
        return sums.blob(key)

    def new_key(self) -> str:
        """An unguessable key, of which nothing is kept yet."""
        return secrets.token_hex(16)

    async def resume(self, key: str, offset: int) -> PartialWriter:
        """Goes on with a blob that was parked with at least `offset` bytes, or begins it at 0.

        Raises BlobBusy, BlobMissing, StorageUnavailable.
        """
        self._place(key)
        return await self._partials.resume(key, offset)

    async def committed(self, key: str) -> Blob:
        """Reads what is kept under the key, and makes its name durable. Raises BlobMissing, StorageUnavailable."""
        fd = self._opened(key)
        try:
            with disk.storage_errors("read"):
                sums = Sums()
                await take_in(sums, fd, os.fstat(fd).st_size)
                for directory in (self._final(key).parent, self._objects / key[:2], self._objects):
                    await asyncio.to_thread(disk.sync_directory, directory)
        finally:
            os.close(fd)
        return sums.blob(key)

    async def reader(self, key: str) -> BlobReader:
        """Opens a committed blob. Raises BlobMissing, StorageUnavailable."""
        return BlobReader(self._opened(key))

    async def delete(self, key: str) -> None:
        """Removes a blob, or what a crash left of it; open readers read on, a key that is gone is no error.

        Not synced: after a power cut the blob may be back without its row, which is what the sweep looks for.
        Raises BlobMissing for what cannot be a key, StorageUnavailable.
        """
        paths = (self._final(key), self._tmp / key)
        with disk.storage_errors("delete"):
            for path in paths:
                await asyncio.to_thread(path.unlink, missing_ok=True)

    async def keys_older_than(self, when: datetime) -> AsyncIterator[str]:
        """Keys of blobs committed before `when`, and of uploads abandoned before it by a process that died.

        `when` is aware, and far enough in the past for a row to have followed its blob. Raises StorageUnavailable.
        """
        if when.tzinfo is None:
            raise ValueError("keys_older_than needs an aware datetime")
        timestamp = when.timestamp()
        with disk.storage_errors("list"):
            for key in await asyncio.to_thread(disk.files_older_than, self._tmp, timestamp):
                if _KEY.fullmatch(key) and disk.is_abandoned(self._tmp / key):
                    yield key
            for group in await asyncio.to_thread(disk.subdirectories, self._objects):
                for key in await asyncio.to_thread(_old_keys, group, timestamp):
                    yield key

    def _opened(self, key: str) -> int:
        path = self._place(key)
        with disk.storage_errors("open"):
            try:
                return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            except FileNotFoundError:
                raise BlobMissing from None

    def _final(self, key: str) -> Path:
        return Path(self._place(key))

    def _place(self, key: str) -> str:
        if _KEY.fullmatch(key) is None:
            raise BlobMissing
        return f"{self._objects}/{key[:2]}/{key[2:4]}/{key}"  # a Path costs more than the open that it is made for

    def _publish(self, key: str, fd: int, *, keep: bool = False) -> None:
        leaf = int(key[:4], 16)
        parents = not self._settled[leaf]
        disk.publish(fd, self._tmp / key, self._final(key), self._objects, new_parents=parents, keep=keep)
        self._settled[leaf] = 1

    async def _settle(self, key: str, fd: int) -> None:
        """Publishes on another thread. Cancelled meanwhile, it leaves nothing: nobody learnt the key."""
        publication = asyncio.ensure_future(asyncio.to_thread(self._publish, key, fd))
        try:
            with disk.storage_errors("store"):
                await asyncio.shield(publication)
        except asyncio.CancelledError:
            publication.add_done_callback(lambda done: self._discard(key, done))
            raise

    def _discard(self, key: str, publication: asyncio.Future[None]) -> None:
        if publication.cancelled() or publication.exception() is None:
            self._remove(key)

    async def _copy(self, file: BinaryIO, size: int) -> Blob:
        writer = await self.create()
        try:
            with disk.storage_errors("read"):
                file.seek(0)
                while (left := size - writer.size) and (chunk := file.read(min(left, _SLICE))):
                    await writer.write(chunk)
            return await writer.commit()
        finally:
            await writer.abort()

    def _remove(self, key: str) -> None:
        disk.remove(self._tmp / key, self._final(key))


class BlobWriter:
    """A blob being written, by one task. Ends with `commit` or `abort`; a failed call has aborted already."""

    def __init__(self, blobs: LocalBlobs, key: str, fd: int) -> None:
        self._blobs = blobs
        self._key = key
        self._fd = fd
        self._size = 0
        self._sha256 = hashlib.sha256()
        self._crc32 = 0

    @property
    def size(self) -> int:
        """Bytes taken so far."""
        return self._size

    async def write(self, chunk: bytes | memoryview) -> None:
        """Appends `chunk`, of any size. Raises StorageUnavailable; ValueError when the writer has ended."""
        self._check_open()
        rest = memoryview(chunk).cast("B")
        try:
            while rest:
                part, rest = rest[:_SLICE], rest[_SLICE:]
                self._sha256.update(part)
                self._crc32 = zlib.crc32(part, self._crc32)
                with disk.storage_errors("write"):
                    disk.write_whole(self._fd, part)
                before, self._size = self._size, self._size + len(part)
                if before // _SLICE != self._size // _SLICE:
                    await asyncio.sleep(0)
        except BaseException:
            os.close(self._release())
            self._blobs._remove(self._key)
            raise

    async def commit(self) -> Blob:
        """Makes the blob durable under its key. Raises StorageUnavailable; ValueError when the writer has ended."""
        self._check_open()
        await self._blobs._settle(self._key, self._release())
        return Blob(self._key, self._size, self._sha256.digest(), self._crc32)

    async def abort(self) -> None:
        """Throws away what was written. Without effect after `commit` or another `abort`."""
        if self._fd >= 0:
            os.close(self._release())
            await asyncio.to_thread(self._blobs._remove, self._key)

    def _release(self) -> int:
        fd, self._fd = self._fd, -1
        return fd

    def _check_open(self) -> None:
        if self._fd < 0:
            raise ValueError("this blob was committed or aborted before")


class BlobReader:
    """Random access to one blob, whatever becomes of its name."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._size = os.fstat(fd).st_size

    @property
    def size(self) -> int:
        """Length of the blob in bytes."""
        return self._size

    async def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on, fewer than `length` only at the end of the blob.

        Reads on the calling thread: handing a small read to another thread costs more than the read.
        Raises StorageUnavailable; ValueError for a negative argument or after `close`.
        """
        if self._fd < 0 or offset < 0 or length < 0:
            raise ValueError("the reader is closed" if self._fd < 0 else "offset and length cannot be negative")
        with disk.storage_errors("read"):
            wanted = max(0, min(length, self._size - offset))
            data = os.pread(self._fd, wanted, offset)
            while len(data) < wanted:
                more = os.pread(self._fd, wanted - len(data), offset + len(data))
                if not more:
                    raise OSError("the blob is shorter than when it was opened")
                data += more
        return data

    def descriptor(self) -> int | None:
        """The open file, for a system call that copies from it and changes nothing; None after `close`."""
        return self._fd if self._fd >= 0 else None

    async def close(self) -> None:
        """Gives the file back to the system; may be called twice."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def _old_keys(group: Path, timestamp: float) -> list[str]:
    leaves = disk.subdirectories(group)
    return [name for leaf in leaves for name in disk.files_older_than(leaf, timestamp) if _KEY.fullmatch(name)]
