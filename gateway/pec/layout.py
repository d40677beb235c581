"""The byte layout of an archive: a zip that exists nowhere and of which any range can be read."""

from bisect import bisect_right
from dataclasses import dataclass

from gateway.pec.manifest import Archive
from gateway.pec.zip_records import central_header, dos_time, end_records, local_header


@dataclass(frozen=True, slots=True)
class Slice:
    """``length`` bytes of a stored blob, from ``offset`` on."""

    blob: str
    offset: int
    length: int


class Layout:
    """Offsets of one archive. Immutable, a few kilobytes, depends on nothing but the archive: keep it while useful.

    ``size`` is the exact size of the zip in bytes.
    """

    __slots__ = ("_parts", "_starts", "size")

    size: int

    def __init__(self, archive: Archive) -> None:
        stamp = dos_time(archive.modified_at)
        starts: list[int] = []
        parts: list[bytes | str] = []
        directory = bytearray()
        position = 0
        for entry in archive.entries:
            name = entry.name.encode()
            header = local_header(name, entry.size, entry.crc32, stamp)
            directory += central_header(name, entry.size, entry.crc32, stamp, position)
            if entry.blob is None:
                starts.append(position)
                parts.append(header + (entry.text or b""))
            else:
                starts += (position, position + len(header))
                parts += (header, entry.blob)
            position += len(header) + entry.size
        tail = bytes(directory) + end_records(len(archive.entries), len(directory), position)
        self._starts = [*starts, position]
        self._parts = (*parts, tail)
        self.size = position + len(tail)

    def pieces(self, offset: int, length: int) -> list[bytes | Slice]:
        """What stands in ``[offset, offset + length)``, in order; shorter at the end, empty from ``size`` on.

        Raises ``ValueError`` when ``offset`` or ``length`` is negative.
        """
        if offset < 0 or length < 0:
            raise ValueError("a range starts at 0 or later and has no negative length")
        end = min(offset + length, self.size)
        found: list[bytes | Slice] = []
        at = bisect_right(self._starts, offset) - 1
        while offset < end:
            start = self._starts[at]
            stop = self._starts[at + 1] if at + 1 < len(self._starts) else self.size
            upto = min(stop, end)
            if upto > offset:
                part = self._parts[at]
                if isinstance(part, bytes):
                    found.append(part[offset - start : upto - start])
                else:
                    found.append(Slice(part, offset - start, upto - offset))
                offset = upto
            at += 1
        return found
