"""What clients see of a file: size, time, and an owner and permissions that say nothing about the host."""

from __future__ import annotations

import struct
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from asyncssh import SFTPAttrs

_OWNER: Final = 1000
_OWNER_NAME: Final = "gateway"
_FILE: Final = 0o100644
_DIRECTORY: Final = 0o040755
_FLAGS: Final = 0x0F  # size, uid and gid, permissions, both times
_ATTRIBUTES: Final = struct.Struct(">IQIIIII")
_LENGTH: Final = struct.Struct(">I")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HALF_A_YEAR: Final = 365 * 24 * 3600 // 2


class Shown(NamedTuple):
    """One file or directory as a listing shows it; `size` in bytes, `modified` in seconds since 1970 UTC."""

    name: str
    size: int
    modified: int
    directory: bool = False


def attributes(shown: Shown) -> SFTPAttrs:
    """The same, as asyncssh hands attributes on."""
    return SFTPAttrs(
        size=shown.size,
        uid=_OWNER,
        gid=_OWNER,
        permissions=_DIRECTORY if shown.directory else _FILE,
        atime=shown.modified,
        mtime=shown.modified,
    )


def is_recent(shown: Shown, now: int) -> bool:
    """Whether a listing gives its time of day; otherwise the year, as `ls` does."""
    return now - _HALF_A_YEAR < shown.modified <= now


def longname(shown: Shown, zone: ZoneInfo, *, recent: bool) -> bytes:
    """The line of a listing for people, in the usual form of `ls -l`; times in `zone`."""
    at = datetime.fromtimestamp(shown.modified, zone)
    when = f"{at:%H:%M}" if recent else f"{at.year:5}"
    mode = "drwxr-xr-x" if shown.directory else "-rw-r--r--"
    line = f"{mode}    1 {_OWNER_NAME:8} {_OWNER_NAME:8} {shown.size:8} {_MONTHS[at.month - 1]} {at.day:2} {when} "
    return (line + shown.name).encode()


@lru_cache(maxsize=16_384)
def packed(shown: Shown, zone: ZoneInfo, *, recent: bool) -> bytes:
    """The same as one entry of an answer to READDIR (SFTP version 3). Entries asked for lately are kept."""
    name = shown.name.encode()
    line = longname(shown, zone, recent=recent)
    mode = _DIRECTORY if shown.directory else _FILE
    modified = shown.modified & 0xFFFFFFFF
    figures = _ATTRIBUTES.pack(_FLAGS, shown.size, _OWNER, _OWNER, mode, modified, modified)
    return b"".join((_LENGTH.pack(len(name)), name, _LENGTH.pack(len(line)), line, figures))
