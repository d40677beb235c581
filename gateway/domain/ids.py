"""Identifiers: UUIDs of version 7 (RFC 9562), so that rows written together lie together in every index."""

from __future__ import annotations

import os
import re
import threading
import time

_UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A new identifier, larger than every one this process made before.

    The order within one millisecond is kept by counting on in the 12 bits that follow the time, so that rows
    sharing a date can be shown in the order in which they were written.
    """
    global _last
    with _lock:
        _last = max(time.time_ns() // 1_000_000 << 12, _last + 1)
        stamp = _last
    value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62
    value |= int.from_bytes(os.urandom(8), "big") >> 2
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def canonical_id(text: str) -> str:
    """The identifier in lower case; raises ValueError when `text` is not a UUID of 36 characters."""
    if _UUID.fullmatch(text) is None:
        raise ValueError("not a UUID")
    return text.lower()
