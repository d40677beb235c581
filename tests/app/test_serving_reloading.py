"""A gateway that serves takes up a changed file, keeps its connections, and refuses an invalid one."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp

from gateway import app
from tests.journeys.conftest import keys
from tests.journeys.gateways import prepare, running, settings_for
from tests.journeys.story import SECRET, declare_secrets
from tests.journeys.world import token_of

__all__ = ["keys"]

DEADLINE = 30.0
Line = dict[str, Any]


class Serving:
    """`gateway serve` in a process of its own, its file, and the lines of its log."""

    def __init__(self, process: asyncio.subprocess.Process, file: Path, sections: Line, port: int) -> None:
        self.process, self.file, self.sections, self.port = process, file, sections, port

    def save(self, **sections: Any) -> None:
        """Changes the file as editors do: a new one is put in its place."""
        draft = self.file.with_suffix(".new")
        draft.write_text(json.dumps(self.sections | sections))
        draft.replace(self.file)

    async def says(self, event: str) -> Line:
        """The next line of the log with that event."""
        assert self.process.stderr is not None
        async with asyncio.timeout(DEADLINE):
            async for raw in self.process.stderr:
                line: Line = json.loads(raw)
                if line["event"] == event:
                    return line
        raise AssertionError(f"it ended without saying {event!r}")


@asynccontextmanager
async def serving(directory: Path, keys: Path) -> AsyncIterator[Serving]:
    sections: Line = {
        "data_dir": str(directory / "data"),
        "host_keys": {"dir": str(keys)},
        "http": {"port": 0},
        "sftp": {"port": 0},
        "log": {"format": "json"},
    }
    await prepare(settings_for(directory / "data", keys), declare_secrets)
    file = directory / "conf" / "gateway.yaml"
    file.parent.mkdir()
    file.write_text(json.dumps(sections))
    command = [sys.executable, "-m", "gateway", "serve", "--config", str(file), "--json"]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            doors = json.loads(await process.stdout.readline())
        yield Serving(process, file, sections, doors["http"]["port"])
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class Connection:
    """One connection to the REST door, kept for as long as the door keeps it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def lifetime(self) -> int:
        """How long a token is valid now, in seconds."""
        form = {"grant_type": "client_credentials", "client_id": "depot", "client_secret": SECRET, "scope": "OSL"}
        body = urlencode(form).encode()
        head = f"POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        self._writer.write(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode() + body)
        async with asyncio.timeout(DEADLINE):
            status, *headers = (await self._reader.readuntil(b"\r\n\r\n")).decode().splitlines()
            (length,) = [line.split(": ")[1] for line in headers if line.lower().startswith("content-length")]
            answer = json.loads(await self._reader.readexactly(int(length)))
        assert status == "HTTP/1.1 200 OK", answer
        return int(answer["expires_in"])

    def close(self) -> None:
        self._writer.close()


async def test_changes_apply_on_the_connection_that_is_open(keys: Path, tmp_path: Path) -> None:
    async with serving(tmp_path, keys) as served:
        connection = Connection(*await asyncio.open_connection("127.0.0.1", served.port))
        assert await connection.lifetime() == 3600
        await served.says("serving")
        served.save(tokens={"lifetime": "5m"}, http={"port": 1}, expiry={"every": "2m"})
        assert (await served.says("configuration needs a restart"))["keys"] == ["http.port"]
        assert (await served.says("configuration reloaded"))["applied"] == ["tokens.lifetime", "expiry.every"]
        assert await connection.lifetime() == 300
        served.save(tokens={"lifetime": "soon"})
        refused = await served.says("configuration refused")
        assert refused["fault"].startswith("gateway.yaml:1:")
        assert "tokens.lifetime" in refused["fault"]
        assert str(tmp_path) not in json.dumps(refused)
        assert await connection.lifetime() == 300
        served.file.write_text(json.dumps(served.sections | {"tokens": {"lifetime": "7m"}}))
        assert (await served.says("configuration reloaded"))["applied"] == ["tokens.lifetime", "expiry.every"]
        assert await connection.lifetime() == 420
        connection.close()
        served.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(DEADLINE):
            assert await served.process.wait() == 0


async def test_sighup_reloads_even_what_did_not_change(keys: Path, tmp_path: Path) -> None:
    async with serving(tmp_path, keys) as served:
        await served.says("serving")
        assert served.process.pid
        os.kill(served.process.pid, signal.SIGHUP)
        assert (await served.says("configuration reloaded"))["applied"] == []
        assert served.process.returncode is None


async def test_adopted_settings_reach_doors_and_jobs(keys: Path, tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data", keys, scheduler={"enabled": True})
    await prepare(settings)
    async with running(settings) as gateway, aiohttp.ClientSession() as http:
        limits = settings.limits.model_copy(update={"attachment_max_size": 7, "json_max_size": 8, "answer_max_size": 9})
        outbox = settings.outbox.model_copy(update={"max_attempts": 2})
        url = f"http://127.0.0.1:{gateway.http_port}/teledossiers/v1/folders"
        headers = {"Authorization": f"Bearer {token_of('depot')}", "Content-Type": "application/json"}

        async def posted() -> int:
            async with http.post(url, data=b'{"a": "more than eight bytes"}', headers=headers) as answer:
                return answer.status

        assert await posted() == 400
        gateway.adopt(settings.model_copy(update={"limits": limits, "outbox": outbox}))
        assert gateway.office.policy == app.policy(settings.model_copy(update={"limits": limits, "outbox": outbox}))
        assert await posted() == 413
