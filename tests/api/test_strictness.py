"""What connections of the door put up with."""

from __future__ import annotations

import asyncio
import json
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from gateway.api.sendfile import FileSending
from gateway.api.server import ApiServer
from gateway.api.strictness import StrictRunner
from gateway.services.office import Office
from tests.api.serving import server_on
from tests.api.visitor import Visitor

Send = Callable[[web.Request, web.StreamResponse], Awaitable[None]]
LIVE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"


@asynccontextmanager
async def hasty(office: Office, head_timeout: float) -> AsyncIterator[ApiServer]:
    server = server_on(office, head_timeout=head_timeout)
    await server.open()
    try:
        yield server
    finally:
        await server.close()


async def answer_to(sent: bytes, port: int) -> tuple[int, bytes]:
    """Status and body of the answer, read until the door closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    async with asyncio.timeout(20):
        said = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"Server: gateway" in head
    return int(head.split(b" ")[1]), body


async def test_a_head_that_drips_ends_with_its_time(office: Office) -> None:
    async with hasty(office, 0.2) as server:
        status, body = await answer_to(LIVE, server.port)  # never ended
    assert status == 408
    assert json.loads(body)["errors"][0]["code"] == 408


async def test_further_bytes_give_a_head_no_further_time(office: Office) -> None:
    async with hasty(office, 0.3) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(LIVE)
        said = asyncio.create_task(reader.read())
        dripped = 0
        async with asyncio.timeout(20):
            while not said.done():
                writer.write(b"X-%d: x\r\n" % dripped)
                dripped += 1
                await asyncio.wait({said}, timeout=0.02)
        assert b" 408 " in said.result()
        writer.close()


async def test_a_head_in_pieces_is_read_and_the_connection_goes_on(office: Office) -> None:
    async with hasty(office, 30) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for _ in range(2):
            for piece in (LIVE[:9], LIVE[9:], b"\r\n"):
                writer.write(piece)
                await writer.drain()
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
            length = 0
            while (line := await reader.readline()) != b"\r\n":
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            await reader.readexactly(length)
        writer.close()
        await writer.wait_closed()


TLS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"


@pytest.mark.parametrize("sent", [TLS, b"SSH-2.0-OpenSSH_9.6\r\n", b"GET / HTTP/9.9\r\n\r\n"])
async def test_what_is_no_http_is_told_so_in_the_hubs_shape(visitor: Visitor, sent: bytes) -> None:
    status, body = await answer_to(sent, visitor.server.port)
    assert status == 400
    assert json.loads(body) == {
        "errors": [{"code": 400, "message": "The request cannot be read: it is not well-formed HTTP"}]
    }


@pytest.mark.parametrize("head", [b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\n", LIVE + b"X: " + b"x" * 9_000 + b"\r\n"])
async def test_a_line_that_is_too_long_is_refused(visitor: Visitor, head: bytes) -> None:
    status, body = await answer_to(head + b"\r\n", visitor.server.port)
    assert status == 431
    assert json.loads(body)["errors"][0]["code"] == 431


async def test_too_many_headers_are_refused(visitor: Visitor) -> None:
    many = b"".join(b"X-%d: x\r\n" % number for number in range(120))
    status, _ = await answer_to(LIVE + many + b"\r\n", visitor.server.port)
    assert status in (400, 431)


async def written(request: web.Request, response: web.StreamResponse) -> None:
    while True:
        await response.write(b"x" * 65_536)


async def sent_by_the_system(request: web.Request, response: web.StreamResponse) -> None:
    with tempfile.TemporaryFile() as file:
        file.truncate(1 << 30)
        await FileSending(request, file.fileno(), 0, 1 << 30).run()


@pytest.mark.parametrize("send", [written, sent_by_the_system])
async def test_a_client_that_takes_nothing_of_its_answer_is_let_go(send: Send) -> None:
    over = asyncio.Event()

    async def large(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            await send(request, response)
        finally:
            over.set()
        return response

    application = web.Application()
    application.router.add_get("/", large)
    runner = StrictRunner(application, head_timeout=30, take_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, runner.addresses[0])
        await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(20):
            await over.wait()
    await runner.cleanup()
