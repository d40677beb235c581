"""Files sent by the system: the same bytes, and only those counted that left."""

from __future__ import annotations

import asyncio
import io
import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.api.sendfile import FileSending, possible
from gateway.domain.deliveries import DeliveryState
from gateway.domain.identity import Door
from tests.api.visitor import Visitor

LARGE = b"%PDF-1.7" + bytes(range(256)) * 4096 * 7
CONTENT = os.urandom(1 << 20) * 9 + b"end"


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    path = tmp_path / "bytes"
    path.write_bytes(CONTENT)
    descriptor = os.open(path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


class Place:
    """A server that sends the file, and what became of it."""

    def __init__(self, file: int, start: int = 0, end: int = len(CONTENT)) -> None:
        self._file, self._start, self._end = file, start, end
        self.sending: FileSending | None = None
        self.task: asyncio.Task[Any] | None = None
        self.begun = asyncio.Event()
        self.over = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.task = asyncio.current_task()
        response = web.StreamResponse(headers={"Content-Length": str(self._end - self._start)})
        await response.prepare(request)
        self.sending = FileSending(request, self._file, self._start, self._end)
        self.begun.set()
        try:
            await self.sending.run()
        finally:
            self.over.set()
        return response

    async def serve(self) -> TestServer:
        application = web.Application()
        application.router.add_get("/", self.handle)
        server = TestServer(application)
        await server.start_server()
        return server

    @property
    def at(self) -> int:
        assert self.sending is not None
        return self.sending.at


@pytest.mark.parametrize(("start", "end"), [(0, len(CONTENT)), (5, len(CONTENT) - 1), (1 << 20, (1 << 20) + 1)])
async def test_the_bytes_asked_for_arrive_and_the_connection_goes_on(file: int, start: int, end: int) -> None:
    place = Place(file, start, end)
    server = await place.serve()
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(connector=connector) as session:
        for _ in range(2):
            async with session.get(server.make_url("/")) as response:
                assert await response.read() == CONTENT[start:end]
            assert place.at == end
    await server.close()


async def test_nothing_counts_that_the_client_did_not_take(file: int) -> None:
    place = Place(file)
    server = await place.serve()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, ("127.0.0.1", server.port))
        await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await place.begun.wait()
        assert not place.over.is_set()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # ends with a reset
    await place.over.wait()
    assert place.at < len(CONTENT)
    await server.close()


async def test_a_file_that_ends_early_leaves_the_rest_to_others(file: int) -> None:
    place = Place(file, 0, len(CONTENT) + 10)
    server = await place.serve()
    assert server.port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    assert await reader.readexactly(len(CONTENT)) == CONTENT
    await place.over.wait()
    writer.transport.abort()
    assert place.at == len(CONTENT)
    await server.close()


async def test_a_cancelled_sending_gives_its_socket_back(file: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    real = os.dup

    def dup(descriptor: int) -> int:
        made.append(real(descriptor))
        return made[-1]

    monkeypatch.setattr(os, "dup", dup)
    place = Place(file)
    server = await place.serve()
    assert server.port is not None
    _, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await place.begun.wait()
    assert place.task is not None
    place.task.cancel()
    await place.over.wait()
    writer.transport.abort()
    await server.close()
    with pytest.raises(OSError):
        os.fstat(made[0])


@pytest.mark.parametrize(("extra", "expected"), [({}, False), ({"socket": object()}, True)])
def test_an_encrypted_connection_is_not_written_to_past_the_process(extra: dict[str, Any], expected: bool) -> None:
    class Transport:
        def get_extra_info(self, name: str) -> Any:
            return extra.get(name)

    class Request:
        transport = Transport()

    assert possible(Request()) is expected  # type: ignore[arg-type]  # all that is looked at
    extra["sslcontext"] = ssl.create_default_context()
    assert not possible(Request())  # type: ignore[arg-type]  # the same


async def test_a_reading_that_broke_off_counts_as_far_as_it_came_and_is_fetched_by_its_rest(visitor: Visitor) -> None:
    file = {"fileName": "a.pdf", "type": "ActeEtatCivil-PDF", "size": len(LARGE), "mimeType": "application/pdf"}
    folder = await visitor.create(attachments=[{**file, "recipients": ["EC-0001-01"]}])
    assert (await visitor.put(folder, 0, io.BytesIO(LARGE))).status == 204
    await visitor.call("depot", "PATCH", f"/folders/{folder['id']}", json={"globalStatus": "HUBEE_COMPLETED"})
    case, attachment = folder["cases"][0]["id"], folder["attachments"][0]["id"]
    path = f"/cases/{case}/attachments/{attachment}"
    await visitor.call("rennes", "GET", f"/cases/{case}")
    (delivery,) = await visitor.office.store.read(lambda tx: tx.deliveries.of_case(case))

    async def state() -> DeliveryState:
        (delivery,) = await visitor.office.store.read(lambda tx: tx.deliveries.of_case(case))
        return delivery.state

    async def served() -> int:
        found = await visitor.office.store.read(lambda tx: tx.servings.get(delivery.id, Door.API, "rennes"))
        assert found is not None
        ((start, end),) = found.coverage.get(attachment, ((0, 0),))
        assert start == 0
        return end

    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, ("127.0.0.1", visitor.server.port))
        await loop.sock_sendall(client, await visitor.head("rennes", "GET", path))
        assert (await loop.sock_recv(client, 12)).startswith(b"HTTP/1.1 200")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # ends with a reset
    await visitor.server.drain(30)  # what runs has ended
    reached = await served()
    assert reached < len(LARGE)
    assert await state() is DeliveryState.READY
    assert (await visitor.call("rennes", "GET", path, headers={"Range": f"bytes={reached}-"})).body == LARGE[reached:]
    await visitor.server.drain(30)
    assert await served() == len(LARGE)
    assert await state() is DeliveryState.FETCHED
