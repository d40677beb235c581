"""Runs a command and becomes the parent of what it leaves behind, so that no processor time of it is lost (Linux).

    python -m tools.bench.reaper COMMAND …

A session process of sshd may end without waiting for its own children; these would pass on to the system's first
process, and what they used with them.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from types import FrameType

_SET_CHILD_SUBREAPER = 36  # prctl(2)


def main(command: list[str]) -> int:
    """Returns when the command has ended; passes SIGTERM on to it."""
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    child = subprocess.Popen(command)

    def stop(_number: int, _frame: FrameType | None) -> None:
        os.kill(child.pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    while True:
        ended, status = os.wait()
        if ended == child.pid:
            return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
