"""The system's own `sftp`, driven by a batch file as town halls' scripts do."""

from __future__ import annotations

import asyncio
import shlex
import shutil
from pathlib import Path

from gateway.cli.demo.checks import DemoFailure
from gateway.cli.demo.process import Doors
from gateway.cli.demo.world import SFTP_USER


def available() -> bool:
    """Whether this machine has OpenSSH's client."""
    return shutil.which("sftp") is not None


def arguments(doors: Doors, key: Path, known_hosts: Path) -> list[str]:
    """How `sftp` is called: our key only, our host keys only, nothing of the person's own configuration."""
    return [
        "sftp",
        "-F",
        "none",
        "-i",
        str(key),
        "-P",
        str(doors.sftp_port),
        "-o",
        f"UserKnownHostsFile={known_hosts}",
        "-o",
        "GlobalKnownHostsFile=/dev/null",
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        "StrictHostKeyChecking=yes",
    ]


def pasted(doors: Doors, key: Path, known_hosts: Path) -> str:
    """The same as a line for a shell."""
    return shlex.join([*arguments(doors, key, known_hosts), f"{SFTP_USER}@{doors.host}"])


async def batch(doors: Doors, key: Path, known_hosts: Path, *commands: str) -> list[str]:
    """Runs `sftp -b` and answers its output without echoed commands. Raises DemoFailure when a command fails."""
    process = await asyncio.create_subprocess_exec(
        *arguments(doors, key, known_hosts),
        "-b",
        "-",
        f"{SFTP_USER}@{doors.host}",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate("".join(f"{command}\n" for command in commands).encode())
    if process.returncode != 0:
        raise DemoFailure(f"sftp -b ended with {process.returncode}\n{err.decode('utf-8', 'replace')}")
    return [line for line in out.decode().splitlines() if not line.startswith("sftp>")]
