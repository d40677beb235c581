"""Uploads into out/: written into a spool at any offset, handed in at a clean close, forgotten otherwise."""

from __future__ import annotations

import asyncio
import errno
import os
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Final, cast

from gateway.domain.errors import ConflictError, DomainError, InvalidRequestError, UnavailableError
from gateway.domain.identity import Caller
from gateway.domain.sums import Sums
from gateway.services import returns
from gateway.services.office import Office
from gateway.services.ports import BlobReader
from gateway.sftp_server.attributes import Shown
from gateway.sftp_server.quota import Share

_CHUNK: Final = 1 << 20
_NO_UNNAMED: Final = {errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL}
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class UploadHandle:
    """A file being uploaded. Its bytes lie in an unnamed file of the spool, which nobody else can open.

    It is summed as it comes, unless it comes in another order; so its close has little left to do.
    `most` is the size in bytes it may reach; once it went past that, or the spool failed, its close fails too: half a
    file is never taken for a whole one. `share`: what it has of its account's quota. `append`: every write goes to the
    end, wherever the client thinks that is.
    """

    def __init__(
        self,
        office: Office,
        caller: Caller,
        process: str,
        name: str,
        spool: Path,
        most: int,
        share: Share,
        *,
        append: bool,
        new: bool,
    ) -> None:
        self._office = office
        self._caller = caller
        self._process = process
        self._name = name
        self._most = most
        self._share = share
        self._append = append
        self._changed = new
        self._failed: DomainError | None = None
        self._size = 0
        self._sums = Sums()
        try:
            self._file = _unnamed(spool)
        except OSError as error:
            share.end()
            raise _spool_error(error) from error

    @property
    def shown(self) -> Shown:
        return Shown(self._name, self._size, int(self._office.clock().timestamp()))

    async def load(self, reader: BlobReader) -> None:
        """Starts from the bytes of an earlier upload, to be continued or written over."""
        for offset in range(0, reader.size, _CHUNK):
            self._put(offset, await reader.read(offset, _CHUNK))
            await asyncio.sleep(0)

    async def read(self, offset: int, length: int) -> bytes:
        # Past the end is the end, also where the system takes no such offset.
        return os.pread(self._file.fileno(), length, offset) if offset < self._size else b""

    async def write(self, offset: int, data: bytes) -> int:
        self._changed = True
        self._put(self._size if self._append else offset, data)
        return len(data)

    async def resize(self, size: int) -> None:
        self._changed = True
        self._check(size)
        try:
            os.ftruncate(self._file.fileno(), size)
        except OSError as error:
            self._failed = _spool_error(error)
            raise self._failed from error
        self._size = size
        if self._sums.size > size:
            self._sums = Sums()

    async def close(self, *, clean: bool) -> None:
        kept = False
        try:
            with self._file as file:
                if not clean or not self._changed:
                    return
                if self._failed is not None:
                    raise self._failed
                size, sums = self._size, self._sums
                await returns.hand_in(self._office, self._caller, self._process, self._name, file, size, sums)
                kept = True
        finally:
            self._share.end(kept=kept)

    def _put(self, offset: int, data: bytes) -> None:
        self._check(offset + len(data))
        if not data:
            return  # a file does not grow by nothing, wherever that is written
        if offset == self._sums.size:
            self._sums.add(data)
        elif offset < self._sums.size:
            self._sums = Sums()
        rest = memoryview(data)
        try:
            while rest:
                written = os.pwrite(self._file.fileno(), rest, offset)
                offset += written
                rest = rest[written:]
        except OSError as error:
            self._failed = _spool_error(error)
            raise self._failed from error
        self._size = max(self._size, offset)

    def _check(self, size: int) -> None:
        if size > self._most:
            self._failed = InvalidRequestError(
                f"Le fichier dépasse {self._most} octets / The file is larger than {self._most} bytes"
            )
            raise self._failed
        if size > self._size:
            try:
                self._share.grow(size)
            except ConflictError as error:
                self._failed = error
                raise


def _unnamed(spool: Path) -> BinaryIO:
    """A file without a name, which can still be given one; where the file system has no such files, another."""
    try:
        return os.fdopen(os.open(spool, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600), "w+b")
    except OSError as error:
        if error.errno not in _NO_UNNAMED:
            raise
    return cast(BinaryIO, TemporaryFile(dir=spool))


def _spool_error(error: OSError) -> UnavailableError:
    reason = "the storage is full" if error.errno in _FULL else "the storage failed"
    return UnavailableError(f"Cannot write the file: {reason}; try again later", timedelta(seconds=30))
