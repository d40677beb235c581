"""Who works at this command line: what the journal names, and by which two people are told from one."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Final

_LOGIN: Final = Path("/proc/self/loginuid")
_NONE: Final = 2**32 - 1


def person() -> str:
    """The name of the user that logged in, as the system knows it; `user 1000` where that user has no name.

    The environment is not asked: whoever set LOGNAME could approve what they planned themselves. The login stays what
    it was behind `sudo`; where the system keeps none, it is the user of this process.
    """
    number = _logged_in()
    if number is None:
        number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # a container's user need not have a name
        return f"user {number}"


def _logged_in() -> int | None:
    try:
        number = int(_LOGIN.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return None if number == _NONE else number
