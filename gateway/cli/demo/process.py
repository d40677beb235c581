"""The gateway of the demo: the real command in a process of its own, reached through its doors only."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.cli.demo.checks import DemoFailure

_START: Final = 30.0
_STOP: Final = 30.0
_LOG_SHOWN: Final = 25
_CONFIG: Final = """\
data_dir: {data_dir}
http: {{host: 127.0.0.1, port: 0}}
sftp: {{host: 127.0.0.1, port: 0}}
log: {{format: json, level: info}}
"""


@dataclass(frozen=True, slots=True)
class Doors:
    """Where the running gateway listens."""

    host: str
    http_port: int
    sftp_port: int

    @property
    def url(self) -> str:
        """The REST door's address."""
        return f"http://{self.host}:{self.http_port}"


def write_config(directory: Path) -> Path:
    """The configuration of the demo: everything in its own directory, free ports."""
    config = directory / "gateway.yaml"
    config.write_text(_CONFIG.format(data_dir=json.dumps(str(directory / "var"))), encoding="utf-8")
    return config


def environment() -> Mapping[str, str]:
    """This process's environment without settings of another gateway."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY__")}


async def command(*arguments: str) -> str:
    """Runs `gateway` with these arguments and answers its standard output. Raises DemoFailure when it fails."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway",
        *arguments,
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    if process.returncode != 0:
        raise DemoFailure(f"`gateway {arguments[0]}` ended with {process.returncode}\n{err.decode('utf-8', 'replace')}")
    return out.decode()


@asynccontextmanager
async def running(config: Path, log: Path) -> AsyncIterator[Doors]:
    """`gateway serve` from here to there; its log goes to a file. Raises DemoFailure when it does not start or stop.

    It runs in a session of its own, so that Ctrl-C reaches the demo alone, which then stops it in order.
    """
    with log.open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "gateway",
            "serve",
            "--config",
            str(config),
            "--json",
            env=environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=sink,
            start_new_session=True,
        )
    try:
        yield await _doors(process)
    finally:
        code = await _stop(process)
    if code != 0:
        raise DemoFailure(f"the gateway stopped with code {code}")


async def _doors(process: asyncio.subprocess.Process) -> Doors:
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), _START)
    except TimeoutError:
        raise DemoFailure(f"the gateway did not open its doors within {_START:.0f} s") from None
    if not line.startswith(b"{"):
        raise DemoFailure(f"the gateway did not start: {line.decode('utf-8', 'replace')}")
    where = json.loads(line)
    return Doors(where["http"]["host"], where["http"]["port"], where["sftp"]["port"])


async def _stop(process: asyncio.subprocess.Process) -> int:
    if process.returncode is None:
        process.terminate()
    try:
        return await asyncio.wait_for(process.wait(), _STOP)
    except TimeoutError:
        process.kill()
        return await process.wait()


def log_end(log: Path) -> str:
    """The last lines that the gateway logged, without the requests that were answered as they should."""
    if not log.exists():
        return "  | (nothing)"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    telling = [line for line in lines if '"event": "request"' not in line or '"level": "info"' not in line]
    return "\n".join(f"  | {line}" for line in telling[-_LOG_SHOWN:])
