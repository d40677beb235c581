"""The wiring: opened in order, closed again when something fails, drained by a signal."""

from __future__ import annotations

import asyncio
import io
import signal
from pathlib import Path

import aiohttp
import pytest

from gateway import app
from gateway.domain.errors import UnavailableError
from tests.journeys import legacy
from tests.journeys.conftest import http, keys
from tests.journeys.gateways import prepare, running, settings_for
from tests.journeys.legacy import Legacy
from tests.journeys.rest import BASE, Json, Rest
from tests.journeys.served import serving
from tests.journeys.world import PROCESS, XML_TYPE, token_of

__all__ = ["http", "keys"]

DEADLINE = 60.0
HALF = 64 * 1024
LARGE = b"<acte>" + bytes(range(32, 256)) * 4 * 1024 * 36  # over 32 MiB: more than sockets hold


class Upload:
    """A PUT that is sent in two halves over a connection of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def begin(cls, port: int, folder: Json, content: bytes) -> Upload:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        path = f"{BASE}/folders/{folder['id']}/attachments/{folder['attachments'][0]['id']}"
        head = f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token_of('depot')}\r\n"
        writer.write(f"{head}Content-Length: {len(content)}\r\nExpect: 100-continue\r\n\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 100")  # from here on the request runs
        assert await reader.readline() == b"\r\n"
        writer.write(content[: len(content) // 2])
        await writer.drain()
        return cls(reader, writer)

    async def end(self, content: bytes) -> bytes:
        """Sends the rest; the status line of the answer."""
        self._writer.write(content[len(content) // 2 :])
        return await self._reader.readline()

    async def close(self) -> None:
        self._writer.close()


async def folder_with(rest: Rest, content: bytes) -> Json:
    """A folder for Rennes and Brest with one attachment of that size, not put yet."""
    body = {
        "processCode": PROCESS,
        "externalId": "A-9-1",
        "applicant": {"firstName": "Zoé", "lastName": "Ångström"},
        "cases": [
            {"externalId": name, "recipient": {"type": "SI", "companyRegister": siret, "branchCode": branch}}
            for name, siret, branch in (("r", "21350238800019", "35238"), ("b", "21290019700013", "29019"))
        ],
        "attachments": [
            {
                "fileName": "acte.xml",
                "type": XML_TYPE,
                "size": len(content),
                "mimeType": "application/xml",
                "recipients": ["r", "b"],
            }
        ],
    }
    found: Json = await rest.call(201, "POST", "/folders", json=body)
    return found


async def test_what_runs_at_sigterm_finishes_and_a_second_start_finds_it(
    http: aiohttp.ClientSession, keys: Path, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    await prepare(settings_for(data_dir, keys))
    async with serving(data_dir, keys) as served:
        depositor, brest = Rest(http, served.http_port, "depot"), Rest(http, served.http_port, "brest")
        first = await folder_with(depositor, LARGE)
        await depositor.put(first, 0, io.BytesIO(LARGE))
        await depositor.complete(first)
        second = await folder_with(depositor, LARGE)
        upload = await Upload.begin(served.http_port, second, LARGE)
        (notification,) = await brest.notifications()
        case = await brest.case(notification["caseId"])
        url = f"http://127.0.0.1:{served.http_port}{BASE}/cases/{case['id']}/attachments/{case['attachments'][0]['id']}"
        read_begun, go_on = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def fetch() -> bytes:
            with legacy.session(served.sftp_port, "rennes") as server:
                return fetch_slowly(server)

        def fetch_slowly(server: Legacy) -> bytes:
            with server.sftp.open(f"/{PROCESS}/in/A-9-1-{PROCESS}-1.zip") as file:
                content = file.read(HALF)
                loop.call_soon_threadsafe(read_begun.set)
                asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(DEADLINE)
                file.prefetch()
                while chunk := file.read(1 << 20):
                    content += chunk
            return content

        fetching = asyncio.create_task(asyncio.to_thread(fetch))
        async with http.get(url, headers={"Authorization": f"Bearer {token_of('brest')}"}) as download:
            downloaded = await download.content.readexactly(HALF)
            await read_begun.wait()
            served.process.send_signal(signal.SIGTERM)
            await served.refuses()
            served.process.send_signal(signal.SIGTERM)  # a second one changes nothing
            assert (await upload.end(LARGE)).startswith(b"HTTP/1.1 204")
            downloaded += await download.content.read()
            go_on.set()
            archive = await fetching
        await upload.close()
        assert downloaded == LARGE
        assert LARGE in legacy.unzipped(archive).values()
        assert await served.ends() == 0
    async with serving(data_dir, keys) as served:
        depositor = Rest(http, served.http_port, "depot")
        assert await depositor.statuses(first) == ["HUBEE_NOTIFIED", "SENT", "HUBEE_NOTIFIED"]
        assert [one["status"] for one in (await depositor.folder(second))["attachments"]] == ["RECEIVED"]
        await depositor.complete(second)
        served.process.send_signal(signal.SIGTERM)
        assert await served.ends() == 0


async def test_what_does_not_finish_is_cut_at_the_deadline_and_shown_to_nobody(
    http: aiohttp.ClientSession, keys: Path, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    await prepare(settings_for(data_dir, keys))
    async with serving(data_dir, keys, deadline="1s") as served:
        folder = await folder_with(Rest(http, served.http_port, "depot"), LARGE)
        upload = await Upload.begin(served.http_port, folder, LARGE)
        served.process.send_signal(signal.SIGTERM)
        assert await served.ends(within=10) == 0
        await upload.close()
    async with serving(data_dir, keys) as served:
        found = await Rest(http, served.http_port, "depot").folder(folder)
        assert [one["status"] for one in found["attachments"]] == ["PENDING"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
async def test_idle_connections_and_sessions_do_not_hold_up_the_stop(
    keys: Path, tmp_path: Path, number: signal.Signals
) -> None:
    data_dir = tmp_path / "data"
    await prepare(settings_for(data_dir, keys))
    left, stopped = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def idle(port: int) -> None:
        with legacy.session(port, "rennes") as server:
            server.list()
            loop.call_soon_threadsafe(left.set)
            asyncio.run_coroutine_threadsafe(stopped.wait(), loop).result(DEADLINE)

    async with serving(data_dir, keys, deadline="60s") as served, aiohttp.ClientSession() as kept_alive:
        await Rest(kept_alive, served.http_port, "depot").notifications()
        idling = asyncio.create_task(asyncio.to_thread(idle, served.sftp_port))
        await left.wait()
        served.process.send_signal(number)
        assert await served.ends(within=15) == 0
        stopped.set()
        await idling


async def test_what_was_opened_is_closed_again_when_a_door_fails(keys: Path, tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data", keys)
    await prepare(settings)
    async with running(settings) as first:
        taken = settings_for(tmp_path / "data", keys, http={"port": first.http_port})
        second = app.Gateway(taken)
        with pytest.raises(OSError):
            await second.open()
        with pytest.raises(UnavailableError):
            await second.office.store.read(lambda _: None)
        await second.close()
