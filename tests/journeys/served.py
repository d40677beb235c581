"""`gateway serve` in a process of its own, as its operator starts it."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.journeys.gateways import DEADLINE


@dataclass
class Served:
    """`gateway serve` in a process of its own."""

    process: asyncio.subprocess.Process
    http_port: int
    sftp_port: int

    async def ends(self, within: float = DEADLINE) -> int:
        """Its exit code."""
        async with asyncio.timeout(within):
            return await self.process.wait()

    async def refuses(self) -> None:
        """Waits until neither door takes a new connection."""
        for port in (self.http_port, self.sftp_port):
            async with asyncio.timeout(DEADLINE):
                while await asyncio.to_thread(_connects, port):
                    pass


def _connects(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except ConnectionRefusedError:
        return False
    return True


@asynccontextmanager
async def serving(data_dir: Path, keys: Path, deadline: str = "30s", **more: Any) -> AsyncIterator[Served]:
    """A gateway as its operator starts it. `more`: further sections of its configuration."""
    config = data_dir.with_suffix(".yaml")
    sections: dict[str, Any] = {
        "data_dir": str(data_dir),
        "host_keys": {"dir": str(keys)},
        "http": {"port": 0},
        "sftp": {"port": 0},
        "shutdown": {"deadline": deadline},
        **more,
    }
    config.write_text(json.dumps(sections))
    command = [sys.executable, "-m", "gateway", "serve", "--config", str(config), "--json"]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, cwd=Path(__file__).parents[2]
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            doors = json.loads(await process.stdout.readline())
        yield Served(process, doors["http"]["port"], doors["sftp"]["port"])
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
