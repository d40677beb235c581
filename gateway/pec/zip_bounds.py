"""How large a foreign zip is when it is unpacked, zips within it included, found out without trusting what it says.

Nothing is extracted: entries are inflated to be counted and thrown away. Only a zip within the zip is kept for as long
as it is walked itself.
"""

import os
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from gateway.pec.zip_reading import CHUNK, find_directory
from gateway.pec.zip_records import CENTRAL, CENTRAL_SIGNATURE, LIMIT_32, LOCAL, LOCAL_SIGNATURE

_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_STORED, _DEFLATED = 0, 8
_EXTRA64 = 1
_MIB = 2**20

Spool = Callable[[], BinaryIO]
"""Makes a new empty file, which is gone when it is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a zip may unpack to. Sizes are in bytes, and count over all zips within the zip.

    ``entries``: all of them. ``total``: unpacked. ``ratio``: ``total`` ÷ size of the outer zip, once more than
    ``ratio_from`` were unpacked. ``nesting``: zips within zips. ``directory``: the central directory of one zip.
    """

    entries: int = 10_000
    total: int = 4 * 2**30
    ratio: int = 200
    ratio_from: int = 16 * _MIB
    nesting: int = 3
    directory: int = 4 * _MIB


class UnboundedZipError(Exception):
    """The zip is larger than its bounds, or cannot be measured; ``reason`` is one word or two for the journal."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Entry:
    method: int
    packed: int
    size: int
    header: int


@dataclass(slots=True)
class _Walk:
    bounds: Bounds
    spool: Spool
    outer: int
    entries: int = 0
    total: int = 0
    names: list[str] = field(default_factory=list)

    def zip(self, file: BinaryIO, size: int, nesting: int) -> None:
        if nesting > self.bounds.nesting:
            raise UnboundedZipError("nested too deep")
        directory = find_directory(file, size)
        if directory is None:
            raise UnboundedZipError("damaged zip")
        self.entries += directory.count
        if self.entries > self.bounds.entries or directory.size > self.bounds.directory:
            raise UnboundedZipError("too many entries")
        file.seek(directory.offset)
        found = []
        for name, entry in _central(file.read(directory.size), directory.count):
            found.append(entry)
            if not nesting:
                self.names.append(name)
        self.within(self.total + sum(entry.size for entry in found))
        # Entries that share bytes or lie elsewhere would be read again and again, however little comes out of them.
        if sum(entry.packed for entry in found) > directory.offset or any(
            entry.header + entry.packed > directory.offset for entry in found
        ):
            raise UnboundedZipError("damaged zip")
        for entry in found:
            self.entry(file, entry, nesting)

    def entry(self, file: BinaryIO, entry: _Entry, nesting: int) -> None:
        """Counts an entry's bytes, and keeps them while they may be a zip."""
        counted = 0
        head = b""
        kept: BinaryIO | None = None
        try:
            for chunk in _inflate(file, entry):
                if counted < len(LOCAL_SIGNATURE):  # a stream may let its first bytes come one by one
                    head += chunk[: len(LOCAL_SIGNATURE)]
                    if kept is None and head.startswith(LOCAL_SIGNATURE):
                        kept = self.spool()
                        kept.write(head[:counted])
                counted += len(chunk)
                self.total += len(chunk)
                if counted > entry.size:
                    raise UnboundedZipError("damaged zip")
                self.within(self.total)
                if kept is not None:
                    kept.write(chunk)
            if counted != entry.size:
                raise UnboundedZipError("damaged zip")
            if kept is not None:
                self.zip(kept, counted, nesting + 1)
        finally:
            if kept is not None:
                kept.close()

    def within(self, total: int) -> None:
        if total > self.bounds.total:
            raise UnboundedZipError("too large unpacked")
        if total > self.bounds.ratio_from and total > self.bounds.ratio * self.outer:
            raise UnboundedZipError("ratio too high")


def measure(file: BinaryIO, spool: Spool, bounds: Bounds) -> list[str]:
    """Walks a whole zip and answers the names of its entries. Raises ``UnboundedZipError``.

    ``spool`` takes a zip within the zip, at most ``bounds.total`` bytes in all. Blocks: inflating takes its time.
    """
    size = file.seek(0, os.SEEK_END)
    walk = _Walk(bounds, spool, size)
    walk.zip(file, size, 0)
    return walk.names


def _central(data: bytes, count: int) -> Iterator[tuple[str, _Entry]]:
    position = 0
    for _ in range(count):
        if len(data) - position < CENTRAL.size or not data.startswith(CENTRAL_SIGNATURE, position):
            raise UnboundedZipError("damaged zip")
        fields = CENTRAL.unpack_from(data, position)
        flags, method, packed, size, header = fields[3], fields[4], fields[8], fields[9], fields[16]
        name_len, extra_len, comment_len = fields[10:13]
        name_at = position + CENTRAL.size
        extra_at = name_at + name_len
        if flags & _ENCRYPTED:
            raise UnboundedZipError("encrypted zip")
        if method not in (_STORED, _DEFLATED):
            raise UnboundedZipError("unknown compression")
        size, packed, header = _widened(data[extra_at : extra_at + extra_len], size, packed, header)
        yield data[name_at:extra_at].decode("utf-8", "replace"), _Entry(method, packed, size, header)
        position = extra_at + extra_len + comment_len


def _widened(extra: bytes, *narrow: int) -> list[int]:
    at = 0
    while LIMIT_32 in narrow and at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        if tag == _EXTRA64 and at + 4 + length <= len(extra):
            wide = iter(struct.unpack_from(f"<{length // 8}Q", extra, at + 4))
            return [next(wide, value) if value == LIMIT_32 else value for value in narrow]
        at += 4 + length
    return [*narrow]


def _inflate(file: BinaryIO, entry: _Entry) -> Iterator[bytes]:
    file.seek(entry.header)
    header = file.read(LOCAL.size)
    if len(header) < LOCAL.size or not header.startswith(LOCAL_SIGNATURE):
        raise UnboundedZipError("damaged zip")
    position = entry.header + LOCAL.size + sum(LOCAL.unpack(header)[-2:])
    left = entry.packed
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method == _DEFLATED else None
    while left > 0:
        file.seek(position)
        packed = file.read(min(left, CHUNK))
        if not packed:
            raise UnboundedZipError("damaged zip")
        position, left = position + len(packed), left - len(packed)
        if inflater is None:
            yield packed
        else:
            yield from _inflated(inflater, packed)
            if inflater.unused_data or (inflater.eof and left):
                raise UnboundedZipError("damaged zip")


def _inflated(inflater: "zlib._Decompress", packed: bytes) -> Iterator[bytes]:
    while not inflater.eof:
        try:
            chunk = inflater.decompress(packed, CHUNK)
        except zlib.error:
            raise UnboundedZipError("damaged zip") from None
        packed = inflater.unconsumed_tail
        if chunk:
            yield chunk
        elif not packed:
            return
