"""sshfs, mounted for reading: every look at a file becomes requests at the door."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.clients.programs import program
from tests.clients.stage import ARCHIVE, Stage
from tests.journeys.world import PROCESS

_DEADLINE = 30


@pytest.fixture
async def mounted(stage: Stage) -> AsyncIterator[Path]:
    """The tree as a directory; skips where this machine gives no right to mount one."""
    place = stage.home / "mounted"
    place.mkdir()
    options = [part for option in ("ro", "ssh_command=ssh -F /dev/null", *stage.ssh_options) for part in ("-o", option)]
    command = [program("sshfs"), "-p", str(stage.port), *options, "rennes@127.0.0.1:/", str(place)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=_DEADLINE)
    if done.returncode != 0 and "fuse" in done.stderr:
        pytest.skip(f"sshfs: this machine gives no right to mount ({done.stderr.strip()})")
    assert done.returncode == 0, done.stderr
    try:
        yield place
    finally:
        end = [program("fusermount3"), "-u", "-z", str(place)]
        await asyncio.to_thread(subprocess.run, end, check=True, timeout=_DEADLINE)


async def test_looks_and_copies(stage: Stage, mounted: Path) -> None:
    inbox = mounted / PROCESS / "in"
    names = await asyncio.to_thread(lambda: sorted(path.name for path in inbox.iterdir()))
    assert names == [ARCHIVE, "DONE", "FAILED"]
    assert await stage.same(await asyncio.to_thread((inbox / ARCHIVE).read_bytes))
    with pytest.raises(OSError, match="Read-only"):
        await asyncio.to_thread((mounted / PROCESS / "out" / "a.zip").write_bytes, b"PK")
