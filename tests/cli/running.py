"""Runs the command as a shell would."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str


def gateway(*arguments: str | Path, where: Path | None = None, **environment: str) -> Ended:
    """`gateway` with these arguments, in a directory, without settings of the person's own environment."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY__")} | environment
    env["PYTHONPATH"] = str(ROOT)  # the tree under test, from whatever directory
    done = subprocess.run(
        [sys.executable, "-m", "gateway", *map(str, arguments)],
        capture_output=True,
        cwd=where,
        env=env,
        timeout=120,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
