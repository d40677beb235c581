"""`gateway demo`: the main job, run for real on a gateway of its own, every step asserted."""

from __future__ import annotations

import asyncio
import importlib.util
from typing import Final

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError

NEEDED: Final = ("lxml", "paramiko")
"""The extra `demo`: what a foreign client brings along, and the gateway never needs."""


def run_demo(*, once: bool) -> int:
    """Runs the demo and answers the exit code; without `once` it then serves until Ctrl-C or SIGTERM."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        wanted = " ".join(missing)
        message = f"the demo plays a legacy subscriber, which needs what is not installed here: pip install {wanted}"
        raise CommandError(f"{message}, or run `make demo`, which sets everything up", Exit.FAILED)
    from gateway.cli.demo.stage import play

    return asyncio.run(play(once=once))
