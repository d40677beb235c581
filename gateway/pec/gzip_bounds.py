"""How large a foreign gzip is when it is unpacked, gzips and a zip within it included; nothing is extracted."""

import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import BinaryIO

from gateway.pec.zip_bounds import Bounds, Spool, UnboundedZipError, measure
from gateway.pec.zip_reading import CHUNK
from gateway.pec.zip_records import LOCAL_SIGNATURE

MAGIC = b"\x1f\x8b\x08"
_GZIP = 16 + zlib.MAX_WBITS
_DAMAGED = "damaged gzip"


def measure_gzip(file: BinaryIO, spool: Spool, bounds: Bounds) -> None:
    """Inflates a whole gzip, all its members, and throws away what comes out.

    Raises ``UnboundedZipError`` when that is more than ``bounds`` allow, counted over all levels, or when it cannot be
    measured. ``spool`` takes a zip within it. Blocks: inflating takes its time.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    total = 0

    def counted(pieces: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal total
        for piece in pieces:
            total += len(piece)
            if total > bounds.total:
                raise UnboundedZipError("too large unpacked")
            if total > bounds.ratio_from and total > bounds.ratio * size:
                raise UnboundedZipError("ratio too high")
            yield piece

    stream: Iterator[bytes] = iter(lambda: file.read(CHUNK), b"")
    for _ in range(bounds.nesting + 1):
        head, stream = _beginning(counted(_inflated(stream)))
        if not head.startswith(MAGIC):
            break
    else:
        raise UnboundedZipError("nested too deep")
    _finish(head, stream, lambda kept: measure(kept, spool, replace(bounds, nesting=bounds.nesting - 1)), spool)


def _finish(head: bytes, stream: Iterator[bytes], measured: Callable[[BinaryIO], object], spool: Spool) -> None:
    if not head.startswith(LOCAL_SIGNATURE):
        for _ in stream:
            pass
        return
    with spool() as kept:
        for piece in stream:
            kept.write(piece)
        measured(kept)


def _beginning(stream: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes of a stream, as many as tell what it is, and the stream with them."""
    head = b""
    while len(head) < len(LOCAL_SIGNATURE):
        piece = next(stream, None)
        if piece is None:
            break
        head += piece
    return head, chain((head,), stream)


def _inflated(stream: Iterator[bytes]) -> Iterator[bytes]:
    inflater: zlib._Decompress | None = None
    members = 0
    for packed in stream:
        while packed or (inflater is not None and not inflater.eof):
            if inflater is None:
                packed = packed.lstrip(b"\0") if members else packed  # tapes and disks are filled up with zeros
                if not packed:
                    break
                inflater = zlib.decompressobj(_GZIP)
                members += 1
            try:
                piece = inflater.decompress(packed, CHUNK)
            except zlib.error:
                raise UnboundedZipError(_DAMAGED) from None
            if piece:
                yield piece
            if inflater.eof:
                packed, inflater = inflater.unused_data, None
                continue
            packed = inflater.unconsumed_tail
            if not packed and not piece:
                break
    if inflater is not None or not members:
        raise UnboundedZipError(_DAMAGED)
