"""`gateway demo`: the main job, run for real on a gateway of its own, every step asserted."""

from __future__ import annotations

import asyncio
import importlib.util

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError


def run_demo(*, once: bool) -> int:
    """Runs the demo and answers the exit code; without `once` it then serves until Ctrl-C or SIGTERM."""
    if importlib.util.find_spec("paramiko") is None:
        message = "the demo plays a legacy subscriber with paramiko, which is missing: pip install paramiko"
        raise CommandError(f"{message}, or run `make demo`, which sets everything up", Exit.FAILED)
    from gateway.cli.demo.stage import play

    return asyncio.run(play(once=once))
