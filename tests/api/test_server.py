"""The door opened, drained and closed."""

import asyncio
import socket

import aiohttp
import pytest

from gateway.api.metrics import PrometheusMeter
from gateway.api.server import ApiServer
from gateway.services.office import Office
from tests.api.visitor import PDF, Visitor


async def always() -> None: ...


def server_on(office: Office, port: int = 0) -> ApiServer:
    return ApiServer(
        office,
        host="127.0.0.1",
        port=port,
        json_max_size=1000,
        attachment_max_size=1000,
        ready=always,
        meter=PrometheusMeter(),
    )


async def test_a_port_that_is_taken_is_told(office: Office) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = server_on(office, taken.getsockname()[1])
        with pytest.raises(OSError):
            await server.open()
        await server.close()


async def test_a_closed_door_can_be_closed_again(office: Office) -> None:
    server = server_on(office)
    await server.open()
    assert server.port > 0
    await server.close()
    await server.close()


async def test_draining_finishes_what_runs_and_takes_nothing_new(visitor: Visitor) -> None:
    folder = await visitor.create()
    path = f"/folders/{folder['id']}/attachments/{folder['attachments'][0]['id']}"
    reader, writer = await visitor.connect()
    writer.write(await visitor.head("depot", "PUT", path, "Expect: 100-continue", f"Content-Length: {len(PDF)}"))
    await reader.readuntil(b"\r\n\r\n")  # 100 Continue: it runs
    draining = asyncio.create_task(visitor.server.drain(30))
    await asyncio.sleep(0)
    ready = await visitor.raw("GET", "/health/ready")  # over the connection that is already open
    assert ready.errors == [{"code": 503, "message": "The gateway is being stopped"}]
    assert ready.headers["Connection"] == "close"
    with pytest.raises(aiohttp.ClientConnectorError):
        await visitor.raw("GET", "/health/live")
    assert not draining.done()
    writer.write(PDF)
    answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert b"Connection: close" in answer
    await draining
    await visitor.server.close()
    writer.close()
    await writer.wait_closed()


async def test_draining_ends_at_its_deadline(visitor: Visitor) -> None:
    folder = await visitor.create()
    path = f"/folders/{folder['id']}/attachments/{folder['attachments'][0]['id']}"
    reader, writer = await visitor.connect()
    writer.write(await visitor.head("depot", "PUT", path, "Expect: 100-continue", f"Content-Length: {len(PDF)}"))
    await reader.readuntil(b"\r\n\r\n")
    await visitor.server.drain(0)
    await visitor.server.close()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
