"""The Range header of downloads (RFC 9110, section 14), as far as this door serves it: one range of bytes."""

from __future__ import annotations

import re
from typing import Final

from gateway.api.errors import Refusal

_ONE_RANGE: Final = re.compile(r"bytes[ \t]*=[ \t]*([0-9]{0,1000})-([0-9]{0,1000})[ \t]*", re.IGNORECASE)


def requested(header: str | None, size: int) -> tuple[int, int] | None:
    """The bytes asked for, from the first up to, not including, the second; None when the whole is to be served.

    What is not understood (several ranges, other units, an end before its start) is ignored, as the standard lets a
    server do. Raises Refusal 416 when none of the bytes asked for exists.
    """
    found = _ONE_RANGE.fullmatch(header) if header else None
    if found is None:
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if first and last and int(last) < int(first):
        return None
    start, end = (int(first), min(int(last or size), size - 1) + 1) if first else (max(0, size - int(last)), size)
    if start >= size:
        raise Refusal(416, "The requested range is beyond the end of the file", {"Content-Range": f"bytes */{size}"})
    return start, end


def still_same(if_range: str | None, etag: str) -> bool:
    """Whether a range may be served: there is no If-Range, or it names exactly these bytes.

    A date or a weak tag never does: this door knows no dates of bytes.
    """
    return if_range is None or if_range.strip() == etag
