"""Bounded reading of foreign zips: everything is checked against the limits before it is believed.

Only what every tool writes is accepted: one disk, stored or deflated, a directory that ends where the end record
begins and entries that lie apart. The standard library's reader accepts more and fails in more ways.
"""

import os
import re
import struct
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import BinaryIO

from gateway.pec.refusals import refusal
from gateway.pec.zip_records import (
    CENTRAL,
    CENTRAL_SIGNATURE,
    END,
    END64,
    END64_SIGNATURE,
    END_SIGNATURE,
    LIMIT_16,
    LIMIT_32,
    LOCAL,
    LOCAL_SIGNATURE,
    LOCATOR64,
    LOCATOR64_SIGNATURE,
)

CHUNK = 256 * 1024

_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_SIZES_FOLLOW = 0x0008
_UTF8 = 0x0800
_STORED, _DEFLATED = 0, 8
_EXTRA64 = 1
_KINDS, _REGULAR, _DIRECTORY = 0o170000, 0o100000, 0o040000
_MAX_NAME_BYTES = 1024
# Old Windows software writes \ between folders, and some writes whole paths: nothing is unpacked where they say.
_BEFORE_FOLDERS = re.compile("^[A-Za-z]:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an answer may cost. Sizes are in bytes.

    ``entries``: entries of the zip. ``total``: its inflated content. ``directory``: its central directory.
    ``ratio``: inflated ÷ packed of an entry beyond ``ratio_from`` inflated bytes. ``message``: one XML message, bare or
    zipped. ``depth``: nested folders. ``elements``: nested XML elements.
    """

    entries: int = 1_000
    total: int = 2 * 2**30
    directory: int = 4 * 2**20
    ratio: int = 200
    ratio_from: int = 2**20
    message: int = 4 * 2**20
    depth: int = 16
    elements: int = 100


@dataclass(frozen=True, slots=True)
class Zipped:
    """One entry of a foreign zip, as its directory describes it; ``path`` is relative, with / between folders."""

    path: str
    header: int
    method: int
    packed: int
    size: int
    crc32: int


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the central directory lies and how many records it holds."""

    offset: int
    size: int
    count: int


def find_directory(file: BinaryIO, size: int) -> Directory | None:
    """The central directory of a zip that is whole: its end record is the last thing in the file and agrees with it."""
    tail_size = min(size, END.size + LIMIT_16)
    tail = _read_at(file, size - tail_size, tail_size)
    if len(tail) != tail_size:
        return None
    at = len(tail)
    while (at := tail.rfind(END_SIGNATURE, 0, at + len(END_SIGNATURE) - 1)) >= 0:
        comment_at = at + END.size
        told = int.from_bytes(tail[comment_at - 2 : comment_at], "little")
        if comment_at + told == len(tail):
            directory = _checked_end(file, size - tail_size + at, tail[at:comment_at])
            if directory is not None:
                return directory
    return None


def read_directory(file: BinaryIO, size: int, limits: Limits) -> list[Zipped]:
    """The regular files of a zip, checked; folders are left out. Raises ``UnreadableAnswer``."""
    directory = find_directory(file, size)
    if directory is None:
        raise refusal("damaged_zip")
    if directory.count > limits.entries or directory.size > limits.directory:
        raise refusal("too_many_entries")
    data = _read_at(file, directory.offset, directory.size)
    found: list[Zipped] = []
    position = 0
    for _ in range(directory.count):
        entry, position = _central(data, position, limits)
        found.append(entry)
    if position != len(data):
        raise refusal("damaged_zip")
    if len({_same_name(entry.path) for entry in found}) != len(found):
        raise refusal("duplicate_entry")
    if sum(entry.size for entry in found) > limits.total:
        raise refusal("too_large")
    if any(entry.header + entry.packed > directory.offset for entry in found):
        raise refusal("damaged_zip")
    by_place = sorted(found, key=lambda entry: entry.header)
    for entry, following in zip_longest(by_place, by_place[1:]):
        if _data_start(file, entry) + entry.packed > (following.header if following else directory.offset):
            raise refusal("overlapping_entries")
    return [entry for entry in found if not entry.path.endswith("/")]


def inflate(file: BinaryIO, entry: Zipped) -> Iterator[bytes]:
    """The bytes of an entry in chunks of at most 256 KiB; size and CRC are checked as they are counted.

    Raises ``UnreadableAnswer``, at the latest after the last chunk: use the bytes only once the iterator has ended.
    """
    position, left = _data_start(file, entry), entry.packed
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method == _DEFLATED else None
    crc32 = counted = 0
    pending = b""
    while True:
        if not pending and left and not (inflater and inflater.eof):
            pending = _read_at(file, position, min(left, CHUNK))
            if not pending:
                raise refusal("damaged_zip")
            position += len(pending)
            left -= len(pending)
        if inflater is None:
            chunk, pending = pending, b""
        else:
            try:
                chunk = inflater.decompress(pending, CHUNK)
            except zlib.error:
                raise refusal("damaged_entry") from None
            pending = inflater.unconsumed_tail
        counted += len(chunk)
        if counted > entry.size:
            raise refusal("damaged_entry")
        crc32 = zlib.crc32(chunk, crc32)
        if chunk:
            yield chunk
        elif not pending and not left:
            break
        elif inflater and inflater.eof:
            raise refusal("damaged_entry")
    if counted != entry.size or crc32 != entry.crc32 or (inflater and (not inflater.eof or inflater.unused_data)):
        raise refusal("damaged_entry")


def _checked_end(file: BinaryIO, position: int, record: bytes) -> Directory | None:
    _, disk, first_disk, here, count, size, offset, _ = END.unpack(record)
    if LIMIT_16 in (here, count) or LIMIT_32 in (size, offset):
        locator = _read_at(file, position - LOCATOR64.size, LOCATOR64.size) if position >= LOCATOR64.size else b""
        if len(locator) == LOCATOR64.size and locator.startswith(LOCATOR64_SIGNATURE):
            _, _, position64, _ = LOCATOR64.unpack(locator)
            record64 = _read_at(file, position64, END64.size) if position64 < position else b""
            if len(record64) != END64.size or not record64.startswith(END64_SIGNATURE):
                return None
            _, _, _, _, disk, first_disk, here, count, size, offset = END64.unpack(record64)
            position = position64
    if disk or first_disk or here != count or offset + size != position or count * CENTRAL.size > size:
        return None
    return Directory(offset, size, count)


def _central(data: bytes, position: int, limits: Limits) -> tuple[Zipped, int]:
    if len(data) - position < CENTRAL.size or not data.startswith(CENTRAL_SIGNATURE, position):
        raise refusal("damaged_zip")
    fields = CENTRAL.unpack_from(data, position)
    flags, method, crc32, packed, size = fields[3], fields[4], *fields[7:10]
    name_len, extra_len, comment_len, disk, _, mode, header = fields[10:]
    name_at = position + CENTRAL.size
    extra_at = name_at + name_len
    end = extra_at + extra_len + comment_len
    if end > len(data) or disk not in (0, LIMIT_16):
        raise refusal("damaged_zip")
    if flags & _ENCRYPTED:
        raise refusal("encrypted")
    if method not in (_STORED, _DEFLATED):
        raise refusal("unsupported_method")
    size, packed, header = _widened(data[extra_at : extra_at + extra_len], [size, packed, header])
    path = _path(data[name_at:extra_at], bool(flags & _UTF8), limits.depth)
    kind = mode >> 16 & _KINDS
    if kind not in (0, _REGULAR, _DIRECTORY) or (kind == _DIRECTORY and not path.endswith("/")):
        raise refusal("special_entry")
    if (method == _STORED and packed != size) or (path.endswith("/") and size):
        raise refusal("damaged_zip")
    if size > limits.total:
        raise refusal("too_large")
    if size > limits.ratio_from and size > packed * limits.ratio:
        raise refusal("ratio")
    return Zipped(path, header, method, packed, size, crc32), end


def _widened(extra: bytes, narrow: list[int]) -> list[int]:
    if LIMIT_32 not in narrow:
        return narrow
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        if tag == _EXTRA64 and at + 4 + length <= len(extra):
            wide = iter(struct.unpack_from(f"<{length // 8}Q", extra, at + 4))
            values = [next(wide, -1) if value == LIMIT_32 else value for value in narrow]
            if -1 not in values:
                return values
            break
        at += 4 + length
    raise refusal("damaged_zip")


def _path(raw: bytes, is_utf8: bool, max_depth: int) -> str:
    try:
        path = raw.decode("utf-8")
    except UnicodeDecodeError:
        if is_utf8:
            raise refusal("unsafe_name") from None
        path = raw.decode("cp437")
    path = _BEFORE_FOLDERS.sub("", path.replace("\\", "/"))
    parts = [part for part in path.split("/") if part not in ("", ".")]
    odd = len(raw) > _MAX_NAME_BYTES or any(unicodedata.category(c) in ("Cc", "Cs") for c in path)
    if odd or ".." in parts or not (parts or path.endswith("/")):
        raise refusal("unsafe_name")
    if len(parts) > max_depth:
        raise refusal("too_deep")
    return "/".join(parts) + ("/" if path.endswith("/") else "")


def _same_name(path: str) -> str:
    return unicodedata.normalize("NFC", path).removesuffix("/")


def _data_start(file: BinaryIO, entry: Zipped) -> int:
    header = _read_at(file, entry.header, LOCAL.size)
    if len(header) != LOCAL.size or not header.startswith(LOCAL_SIGNATURE):
        raise refusal("damaged_zip")
    _, _, flags, method, _, _, crc32, packed, size, name_len, extra_len = LOCAL.unpack(header)
    if flags & _ENCRYPTED:
        raise refusal("encrypted")
    told = [(packed, entry.packed), (size, entry.size)]
    agrees = flags & _SIZES_FOLLOW or (crc32 == entry.crc32 and all(here in (there, LIMIT_32) for here, there in told))
    if method != entry.method or not agrees:
        raise refusal("damaged_zip")
    name = _read_at(file, entry.header + LOCAL.size, name_len)
    if _path(name, bool(flags & _UTF8), LIMIT_16) != entry.path:
        raise refusal("damaged_zip")
    return entry.header + LOCAL.size + len(name) + int(extra_len)


def _read_at(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset, os.SEEK_SET)
    return file.read(length)
