"""`gateway serve` with several workers, as its operator starts it: its processes and the lines of its log."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # it has no types of its own

from tests.journeys.gateways import prepare, settings_for
from tests.journeys.story import declare_secrets

DEADLINE = 60.0
Line = dict[str, Any]


class Supervised:
    """A supervisor with its workers."""

    def __init__(self, process: asyncio.subprocess.Process, file: Path, sections: Line, doors: Line) -> None:
        self.process, self.file, self.sections = process, file, sections
        self.http_port, self.sftp_port = int(doors["http"]["port"]), int(doors["sftp"]["port"])
        self.workers: dict[int, psutil.Process] = {}

    def save(self, **sections: Any) -> None:
        """Changes the configuration as editors do: a new file is put in its place."""
        draft = self.file.with_suffix(".new")
        draft.write_text(json.dumps(self.sections | sections))
        draft.replace(self.file)

    async def says(self, event: str) -> Line:
        """The next line of the log with that event, of whichever process."""
        assert self.process.stderr is not None
        async with asyncio.timeout(DEADLINE):
            async for raw in self.process.stderr:
                line: Line = json.loads(raw)
                if line["event"] == "worker serving":
                    self.workers[line["worker"]] = psutil.Process(line["process"])
                if line["event"] == event:
                    return line
        raise AssertionError(f"it ended without saying {event!r}")

    @contextmanager
    def served_by(self, number: int) -> Iterator[None]:
        """Every other worker is held meanwhile: what is asked, that one answers."""
        others = [worker for other, worker in self.workers.items() if other != number]
        for worker in others:
            worker.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for worker in others:
                worker.send_signal(signal.SIGCONT)

    async def ends(self, number: signal.Signals | None = None) -> int:
        """Sends that signal; the exit code."""
        if number is not None:
            self.process.send_signal(number)
        async with asyncio.timeout(DEADLINE):
            return await self.process.wait()


@asynccontextmanager
async def supervised(directory: Path, keys: Path, workers: int = 2, **more: Any) -> AsyncIterator[Supervised]:
    """A gateway of the made-up world. `more`: further sections of its configuration."""
    sections: Line = {
        "data_dir": str(directory / "data"),
        "host_keys": {"dir": str(keys)},
        "http": {"port": 0},
        "sftp": {"port": 0},
        "serve": {"workers": workers},
        "log": {"format": "json"},
        **more,
    }
    database = {"database": more["database"]} if "database" in more else {}
    await prepare(settings_for(directory / "data", keys, **database), declare_secrets)
    file = directory / "conf" / "gateway.yaml"
    file.parent.mkdir()
    file.write_text(json.dumps(sections))
    command = [sys.executable, "-m", "gateway", "serve", "--config", str(file), "--json"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY__")}
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env=environment,
        limit=1 << 24,
    )
    found: Supervised | None = None
    try:
        assert process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            doors = json.loads(await process.stdout.readline())
        found = Supervised(process, file, sections, doors)
        await found.says("serving")
        yield found
    finally:
        for one in found.workers.values() if found else ():
            if one.is_running():
                one.kill()
        if process.returncode is None:
            process.kill()
            await process.wait()
