"""What is done with bytes before they count as received: their real type, what they unpack to, and the antivirus.

What fails is kept for those who look into it, and is never served (hub v1, Deposit).
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from types import MappingProxyType
from typing import BinaryIO, Final, cast

from gateway.domain.blob import Blob
from gateway.domain.content import HEAD, PACKED, Content, contradiction, recognise
from gateway.domain.dossiers import AttachmentStatus
from gateway.domain.errors import UnavailableError
from gateway.domain.journal import Entry
from gateway.pec.gzip_bounds import measure_gzip
from gateway.pec.zip_bounds import Bounds, UnboundedZipError, measure
from gateway.services.office import Office
from gateway.services.ports import BlobReader
from gateway.services.ports.scanning import TooLargeToScanError

ENTRIES: Final[Mapping[AttachmentStatus, Entry]] = MappingProxyType(
    {
        AttachmentStatus.RECEIVED: Entry.ATTACHMENT_RECEIVED,
        AttachmentStatus.REJECTED: Entry.ATTACHMENT_REJECTED,
        AttachmentStatus.CORRUPTED: Entry.ATTACHMENT_CORRUPTED,
    }
)
_PIECE: Final = 256 * 1024
_IN_MEMORY: Final = 1 << 20
_TOO_LARGE: Final = "larger than the antivirus takes"


@dataclass(frozen=True, slots=True)
class Verdict:
    """RECEIVED, REJECTED or CORRUPTED; `detail` says why, for the journal, and what was let through unseen."""

    status: AttachmentStatus = AttachmentStatus.RECEIVED
    detail: Mapping[str, str] = field(default_factory=dict)


async def check(office: Office, declared: str, blob: Blob) -> Verdict:
    """Looks at bytes that are kept already and were declared to be of a MIME type; reads them in pieces.

    Raises UnavailableError when the antivirus cannot be asked and the configuration does not let them through.
    """
    reader = await office.blobs.reader(blob.key)
    try:
        return await _typed(office, declared, reader) or await _scanned(office, reader)
    finally:
        await reader.close()


async def check_answer(office: Office, blob: Blob) -> Verdict:
    """The same for a file of a legacy server's answer, of which nothing was declared."""
    return await check(office, Content.UNKNOWN, blob)


async def at_hand(office: Office) -> bool:
    """Whether bytes can be checked now."""
    if office.scanner is None or office.policy.accept_unscanned:
        return True
    try:
        await office.scanner.scan(0, _nothing())
    except UnavailableError:
        return False
    return True


async def _nothing() -> AsyncIterator[bytes]:
    pieces: tuple[bytes, ...] = ()
    for piece in pieces:
        yield piece


async def _typed(office: Office, declared: str, reader: BlobReader) -> Verdict | None:
    head = await reader.read(0, HEAD)
    found = contradiction(declared, head)
    names: Sequence[str] = ()
    kind = recognise(head)
    if found is None and (kind in PACKED or kind is Content.GZIP):
        try:
            names = await _measured(reader, office.policy.zip_bounds, kind)
        except UnboundedZipError as error:
            return _rejected(declared, kind, error.reason)
        found = contradiction(declared, head, names)
    return None if found is None else _rejected(declared, found)


async def _scanned(office: Office, reader: BlobReader) -> Verdict:
    if office.scanner is None:
        return Verdict()
    try:
        signature = await office.scanner.scan(reader.size, _pieces(reader))
    except TooLargeToScanError:
        if office.policy.accept_too_large:
            return Verdict(detail={"unscanned": _TOO_LARGE})
        return Verdict(AttachmentStatus.REJECTED, {"reason": _TOO_LARGE})
    except UnavailableError:
        if office.policy.accept_unscanned:
            return Verdict(detail={"unscanned": "the antivirus was away"})
        raise
    return Verdict() if signature is None else Verdict(AttachmentStatus.CORRUPTED, {"signature": signature})


def _rejected(declared: str, found: Content, reason: str = "another type than declared") -> Verdict:
    return Verdict(AttachmentStatus.REJECTED, {"reason": reason, "declared": declared, "found": found})


async def _pieces(reader: BlobReader) -> AsyncIterator[bytes]:
    for offset in range(0, reader.size, _PIECE):
        yield await reader.read(offset, _PIECE)


async def _measured(reader: BlobReader, bounds: Bounds, kind: Content) -> list[str]:
    """Walks a zip or gzip on another thread; its reads come back to this one, to which the reader belongs."""
    file = io.BufferedReader(_BlobFile(reader, asyncio.get_running_loop()), _PIECE)
    if kind is Content.GZIP:
        await asyncio.to_thread(measure_gzip, cast(BinaryIO, file), _spool, bounds)
        return []
    return await asyncio.to_thread(measure, cast(BinaryIO, file), _spool, bounds)


def _spool() -> BinaryIO:
    return cast(BinaryIO, SpooledTemporaryFile(_IN_MEMORY))


class _BlobFile(io.RawIOBase):
    """A blob as a file for another thread. Once its reader is closed every read fails, which ends a walk cut short."""

    def __init__(self, reader: BlobReader, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._reader = reader
        self._loop = loop
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._reader.size}[whence]
        self._at = base + offset
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # any writable buffer
        read = asyncio.run_coroutine_threadsafe(self._reader.read(self._at, len(buffer)), self._loop)
        data = read.result()
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
