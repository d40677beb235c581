"""The `Prefer` header (RFC 7240), as far as this door knows it: how long a client is willing to wait."""

from __future__ import annotations

import re
from typing import Final

from aiohttp import web

LONGEST: Final = 60
_WAIT: Final = re.compile(r'(?:^|,)[ \t]*wait[ \t]*=[ \t]*"?([0-9]{1,9})"?[ \t]*(?=[,;]|$)', re.IGNORECASE)


def wait(request: web.Request) -> int | None:
    """The seconds of `wait=…`, at most LONGEST; None when there is no such preference.

    A preference that is not understood is ignored, as the standard has it; the first of several counts.
    """
    found = _WAIT.search(",".join(request.headers.getall("Prefer", ())))
    return None if found is None else min(int(found[1]), LONGEST)
