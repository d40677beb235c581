"""Open files that are read: archives, which are computed as they are read, and the account's own uploads."""

from __future__ import annotations

from typing import Protocol

from gateway.domain.coverage import Coverage
from gateway.domain.identity import Caller
from gateway.domain.referential import SftpAccount
from gateway.pec.archive import Archive
from gateway.services import acknowledge
from gateway.services.archive_reading import ArchiveReader
from gateway.services.archives import Opened
from gateway.services.office import Office
from gateway.services.ports import BlobReader
from gateway.sftp_server.attributes import Shown
from gateway.sftp_server.errors import denied


class Handle(Protocol):
    """An open file. Offsets and lengths are in bytes; what cannot be done raises an SFTP or a domain error."""

    @property
    def shown(self) -> Shown:
        """Its name, size and time as of now."""

    async def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on, none from the end on."""

    async def write(self, offset: int, data: bytes) -> int:
        """Takes the bytes, all of them."""

    async def resize(self, size: int) -> None:
        """Cuts the file, or extends it with zeros."""

    async def close(self, *, clean: bool) -> None:
        """Ends the handle: `clean` when its client closed it, otherwise its connection was lost."""


class ReadOnly:
    """What every handle refuses that is open for reading."""

    async def write(self, offset: int, data: bytes) -> int:  # noqa: ARG002 (as the protocol has it)
        raise denied("The file is open for reading only")

    async def resize(self, size: int) -> None:  # noqa: ARG002 (as the protocol has it)
        raise denied("The file is open for reading only")


class ArchiveHandle(ReadOnly):
    """An archive being read. At its close the ranges served are reported; that makes a whole reading count.

    A range counts once the client's next request came: the session answers none before the answers to all earlier ones
    have left, so what was still on its way when the connection broke is left out. A client that said goodbye when it
    had got everything has closed it.
    """

    def __init__(self, office: Office, caller: Caller, account: SftpAccount, opened: Opened, archive: Archive) -> None:
        self._office = office
        self._caller = caller
        self._account = account
        self._opened = opened
        self._reader = ArchiveReader(office.blobs, archive)
        self._coverage = Coverage()
        self._latest = (0, 0)
        self._left = False

    @property
    def shown(self) -> Shown:
        opened = self._opened
        return Shown(opened.name, opened.size, int(opened.published_at.timestamp()))

    async def read(self, offset: int, length: int) -> bytes:
        self._coverage.add(*self._latest)
        self._latest = (0, 0)
        data = await self._reader.read(offset, length)
        if data:
            self._latest = (offset, offset + len(data))
            self._left = False
        return data

    def left(self) -> None:
        """The client said goodbye, and has got what was read so far."""
        self._left = True

    async def close(self, *, clean: bool) -> None:
        clean = clean or self._left
        try:
            if clean:
                self._coverage.add(*self._latest)
            await acknowledge.closed(
                self._office, self._caller, self._account, self._opened, self._coverage.ranges, clean=clean
            )
        finally:
            await self._reader.close()


class StoredHandle(ReadOnly):
    """One of the account's own uploads, or an error file beside it, being read back."""

    def __init__(self, shown: Shown, reader: BlobReader) -> None:
        self._shown = shown
        self._reader = reader

    @property
    def shown(self) -> Shown:
        return self._shown

    async def read(self, offset: int, length: int) -> bytes:
        return await self._reader.read(offset, length) if offset < self._reader.size else b""

    async def close(self, *, clean: bool) -> None:  # noqa: ARG002 (as the protocol has it)
        await self._reader.close()


class TextReader:
    """A generated text in the shape of stored bytes."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    @property
    def size(self) -> int:
        return len(self._text)

    async def read(self, offset: int, length: int) -> bytes:
        return self._text[offset : offset + length]

    def descriptor(self) -> int | None:
        """None: it is no file."""
        return None

    async def close(self) -> None:
        """Nothing is held."""
