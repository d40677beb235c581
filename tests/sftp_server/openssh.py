"""The OpenSSH client against a door, with nothing of its user's configuration."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import asyncssh

from tests.engines.required import unavailable
from tests.sftp_server.scene import Scene


def program(name: str) -> str:
    """Where a program of OpenSSH is; without it the test has to say so."""
    found = shutil.which(name)
    if found is None:
        unavailable(f"the OpenSSH client ({name}) is not installed: apt-get install openssh-client")
    return found


def identity(directory: Path, key: asyncssh.SSHKey, name: str = "key") -> Path:
    """A private key as the client wants it."""
    path = directory / name
    path.touch(mode=0o600)
    path.write_bytes(key.export_private_key("openssh"))
    return path


async def openssh(
    scene: Scene, name: str, key: Path, *words: str, options: tuple[str, ...] = (), before: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Runs `ssh`, `sftp` or `scp`: `before` stand before the target, `words` after it. Ends within a minute."""
    usual = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes", "BatchMode=yes")
    given = {option.partition("=")[0] for option in options}
    settings = [*options, *(option for option in usual if option.partition("=")[0] not in given)]
    command = [program(name), "-F", "none", "-i", str(key), "-p" if name == "ssh" else "-P", str(scene.server.port)]
    command += [part for option in settings for part in ("-o", option)]
    command += [*before, *(words if name == "scp" else ("rennes@127.0.0.1", *words))]
    return await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
    )


def listing(directory: Path, *lines: str) -> tuple[str, str]:
    """The words that make `sftp` run these lines."""
    batch = directory / "batch"
    batch.write_text("\n".join([*(lines or ("ls",)), ""]))
    return "-b", str(batch)
