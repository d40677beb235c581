"""The records of a zip with stored entries, written and measured (PKWARE's APPNOTE 6.3, sections 4.3 to 4.5).

Sizes and CRC stand in the local header and there is no data descriptor, so that streaming readers can follow. Zip64
fields appear only where a 32-bit field cannot hold the value.
"""

import struct
from datetime import datetime

from gateway.pec.names import PARIS

LIMIT_32 = 0xFFFFFFFF
LIMIT_16 = 0xFFFF
LOCAL_SIGNATURE = b"PK\x03\x04"
CENTRAL_SIGNATURE = b"PK\x01\x02"
END_SIGNATURE = b"PK\x05\x06"
END64_SIGNATURE = b"PK\x06\x06"
LOCATOR64_SIGNATURE = b"PK\x06\x07"

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
END64 = struct.Struct("<4sQ2H2I4Q")
LOCATOR64 = struct.Struct("<4sIQI")

_UTF8 = 0x0800
_STORED = 0
_VERSION, _VERSION64 = 20, 45
_UNIX = 3 << 8
_REGULAR_0644 = 0o100644 << 16
_EXTRA64 = 1


def dos_time(moment: datetime) -> tuple[int, int]:
    """An aware time as the zip's (time, date) in Europe/Paris: two-second steps, from 1980 to 2107."""
    local = moment.astimezone(PARIS)
    if local.year < 1980:
        return 0, 1 << 5 | 1
    if local.year > 2107:
        return 23 << 11 | 59 << 5 | 29, 127 << 9 | 12 << 5 | 31
    time = local.hour << 11 | local.minute << 5 | local.second >> 1
    return time, (local.year - 1980) << 9 | local.month << 5 | local.day


def local_header(name: bytes, size: int, crc32: int, stamp: tuple[int, int]) -> bytes:
    """The header in front of a stored entry's bytes."""
    if size < LIMIT_32:
        fixed = LOCAL.pack(
            LOCAL_SIGNATURE, _VERSION, _UTF8, _STORED, *stamp, crc32, size, size, len(name), 0
        )  # fmt: skip
        return fixed + name
    extra = struct.pack("<2H2Q", _EXTRA64, 16, size, size)
    fixed = LOCAL.pack(
        LOCAL_SIGNATURE, _VERSION64, _UTF8, _STORED, *stamp, crc32, LIMIT_32, LIMIT_32, len(name), len(extra)
    )
    return fixed + name + extra


def central_header(name: bytes, size: int, crc32: int, stamp: tuple[int, int], offset: int) -> bytes:
    """The entry's record in the central directory; ``offset`` is that of its local header."""
    wide = ([size, size] if size >= LIMIT_32 else []) + ([offset] if offset >= LIMIT_32 else [])
    extra = struct.pack(f"<2H{len(wide)}Q", _EXTRA64, 8 * len(wide), *wide) if wide else b""
    version = _VERSION64 if wide else _VERSION
    narrow = min(size, LIMIT_32)
    fixed = CENTRAL.pack(
        CENTRAL_SIGNATURE, _UNIX | version, version, _UTF8, _STORED, *stamp, crc32, narrow, narrow,
        len(name), len(extra), 0, 0, 0, _REGULAR_0644, min(offset, LIMIT_32),
    )  # fmt: skip
    return fixed + name + extra


def end_records(count: int, size: int, offset: int) -> bytes:
    """What follows the central directory of ``count`` records, ``size`` bytes long, that starts at ``offset``."""
    wide = b""
    if count >= LIMIT_16 or size >= LIMIT_32 or offset >= LIMIT_32:
        version = _UNIX | _VERSION64
        wide = END64.pack(END64_SIGNATURE, END64.size - 12, version, _VERSION64, 0, 0, count, count, size, offset)
        wide += LOCATOR64.pack(LOCATOR64_SIGNATURE, 0, offset + size, 1)
    narrow = min(count, LIMIT_16)
    return wide + END.pack(
        END_SIGNATURE, 0, 0, narrow, narrow, min(size, LIMIT_32), min(offset, LIMIT_32), 0
    )  # fmt: skip
