"""The bytes of a frozen archive, put together as they are read: generated ones from memory, the others from blobs."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from gateway.pec.archive import Archive, Layout
from gateway.services.ports import BlobReader, Blobs

_READERS: Final = 4  # of blobs, kept open by one reading


class ArchiveReader:
    """Random access to one archive, whichever door serves it; see `services.ports.BlobReader`.

    Keeps the blobs read last open, so that a reading goes on to its end when they are deleted meanwhile.
    """

    __slots__ = ("_blobs", "_latest", "_layout", "_readers")

    def __init__(self, blobs: Blobs, archive: Archive) -> None:
        self._blobs = blobs
        self._layout = Layout(archive)
        self._readers: OrderedDict[str, BlobReader] = OrderedDict()
        self._latest = ""

    @property
    def size(self) -> int:
        """Length of the archive in bytes."""
        return self._layout.size

    def descriptor(self) -> int | None:
        """None: an archive is no file."""
        return None

    async def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on, fewer than `length` only at the end of the archive.

        Raises EOFError when a blob is shorter than the manifest says; BlobMissing, StorageUnavailable.
        """
        parts = []
        for piece in self._layout.pieces(offset, length):
            if isinstance(piece, bytes):
                parts.append(piece)
                continue
            blob = piece.blob
            reader = self._readers[blob] if blob == self._latest else await self._reader(blob)
            part = await reader.read(piece.offset, piece.length)
            if len(part) != piece.length:
                raise EOFError("a blob ends before the size in the archive's manifest")
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def close(self) -> None:
        """Closes the blobs; may be called twice."""
        self._latest = ""
        while self._readers:
            await self._readers.popitem()[1].close()

    async def _reader(self, blob: str) -> BlobReader:
        reader = self._readers.get(blob)
        if reader is None:
            while len(self._readers) >= _READERS:
                await self._readers.popitem(last=False)[1].close()
            reader = self._readers[blob] = await self._blobs.reader(blob)
        else:
            self._readers.move_to_end(blob)
        self._latest = blob
        return reader
