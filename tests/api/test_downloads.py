"""Sending files: names, kinds, and what counts as sent."""

import asyncio
import errno
import os
import tempfile
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.downloads import PIECE, disposition, send
from gateway.domain.blob import Blob, StorageUnavailable
from gateway.domain.dossiers import Attachment

CONTENT = bytes(range(256)) * (PIECE // 256) * 3 + b"end"


@dataclass
class Reader:
    content: bytes
    fails_at: int | None = None
    asked: list[tuple[int, int]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.content)

    async def read(self, offset: int, length: int) -> bytes:
        if self.fails_at is not None and offset >= self.fails_at:
            raise StorageUnavailable("The storage is away")
        self.asked.append((offset, length))
        return self.content[offset : offset + length]

    def descriptor(self) -> int | None:
        return None

    def close(self) -> None: ...


@dataclass
class FileReader(Reader):
    """The same bytes in a file that has no name any more."""

    def __post_init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the reader)
        self.file.write(self.content)
        self.file.flush()

    def descriptor(self) -> int | None:
        return self.file.fileno()

    def close(self) -> None:
        self.file.close()


KINDS = pytest.mark.parametrize("kind", [Reader, FileReader])


@dataclass
class Download:
    """Looks like an attachment being served, and remembers what it was told."""

    reader: Reader
    attachment: Attachment
    told: list[tuple[int, int]] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def served(self, start: int, end: int) -> None:
        self.told.append((start, end))

    async def close(self) -> None:
        self.reader.close()
        self.closed.set()


def download(
    content: bytes, mime_type: str = "application/pdf", fails_at: int | None = None, kind: type[Reader] = Reader
) -> Download:
    blob = Blob("key", len(content), b"d" * 32, 0)
    attachment = Attachment("id", "folder", None, "a.pdf", "type", len(content), mime_type, blob=blob)
    return Download(kind(content, fails_at), attachment)


async def serve(one: Download) -> TestServer:
    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            return await send(request, one)  # type: ignore[arg-type]  # stands in for a Download
        except StorageUnavailable:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()

    application = web.Application()
    application.router.add_get("/", handler)
    server = TestServer(application)
    await server.start_server()
    return server


@KINDS
@pytest.mark.parametrize("content", [b"small", CONTENT, CONTENT[:PIECE], CONTENT[: PIECE + 1]])
async def test_what_went_out_whole_is_told_once(content: bytes, kind: type[Reader]) -> None:
    one = download(content, kind=kind)
    server = await serve(one)
    async with aiohttp.ClientSession() as session, session.get(server.make_url("/")) as response:
        assert await response.read() == content
    await one.closed.wait()
    assert one.told == [(0, len(content))]
    assert max(length for _, length in one.reader.asked) <= PIECE
    await server.close()


@pytest.mark.parametrize(("kind", "asked"), [(Reader, [(5, 1), (5, PIECE), (PIECE + 5, 1)]), (FileReader, [(5, 1)])])
async def test_a_range_reads_and_counts_only_its_bytes(kind: type[Reader], asked: list[tuple[int, int]]) -> None:
    one = download(CONTENT, kind=kind)
    server = await serve(one)
    headers = {"Range": f"bytes=5-{PIECE + 5}"}
    async with aiohttp.ClientSession() as session, session.get(server.make_url("/"), headers=headers) as response:
        assert await response.read() == CONTENT[5 : PIECE + 6]
    await one.closed.wait()
    assert one.told == [(5, PIECE + 6)]
    assert one.reader.asked == asked
    await server.close()


@KINDS
async def test_a_client_that_hangs_up_was_not_served_the_rest(kind: type[Reader]) -> None:
    one = download(b"x" * (64 << 20), kind=kind)
    server = await serve(one)
    assert server.port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()
    await one.closed.wait()
    assert len(one.told) <= 1
    assert all(start == 0 and end < one.reader.size for start, end in one.told)
    await server.close()


async def test_a_client_that_does_not_read_is_waited_for() -> None:
    one = download(b"x" * (64 << 20))
    server = await serve(one)
    assert server.port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    reads = -1
    while reads != len(one.reader.asked):  # until the door waits
        reads = len(one.reader.asked)
        for _ in range(100):
            await asyncio.sleep(0)
    assert reads < (64 << 20) // PIECE
    writer.transport.abort()
    await one.closed.wait()
    await server.close()


async def test_what_the_system_cannot_send_goes_through_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EINVAL, "no such thing here")

    monkeypatch.setattr(os, "sendfile", refuse)
    one = download(CONTENT, kind=FileReader)
    server = await serve(one)
    async with aiohttp.ClientSession() as session, session.get(server.make_url("/")) as response:
        assert await response.read() == CONTENT
    await one.closed.wait()
    assert one.told == [(0, len(CONTENT))]
    await server.close()


async def test_a_file_that_fails_half_way_does_not_look_whole() -> None:
    one = download(CONTENT, fails_at=2 * PIECE)
    server = await serve(one)
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            async with session.get(server.make_url("/")) as response:
                await response.read()
    await one.closed.wait()
    assert all(end <= 2 * PIECE for _, end in one.told)
    await server.close()


@pytest.mark.parametrize(
    ("mime_type", "sent"),
    [
        ("application/pdf", "application/pdf"),
        ("text/plain; charset=utf-8", "text/plain; charset=utf-8"),
        ("pdf", "application/octet-stream"),
        ("text/html\r\nX-Evil: 1", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
async def test_only_a_media_type_is_sent_as_one(mime_type: str, sent: str) -> None:
    one = download(b"x", mime_type)
    server = await serve(one)
    async with aiohttp.ClientSession() as session, session.get(server.make_url("/")) as response:
        assert response.headers["Content-Type"] == sent
    await server.close()


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("acte.pdf", "attachment; filename=\"acte.pdf\"; filename*=UTF-8''acte.pdf"),
        ("décès.pdf", "attachment; filename=\"deces.pdf\"; filename*=UTF-8''d%C3%A9c%C3%A8s.pdf"),
        ('../"a"\r\nb', "attachment; filename=\"__a___b\"; filename*=UTF-8''__a___b"),
        ("...", "attachment; filename=\"file\"; filename*=UTF-8''file"),
        ("a\u202efdp.exe", "attachment; filename=\"a_fdp.exe\"; filename*=UTF-8''a_fdp.exe"),
        ("文書", "attachment; filename=\"file\"; filename*=UTF-8''%E6%96%87%E6%9B%B8"),
    ],
)
def test_a_file_is_saved_under_a_safe_name(name: str, header: str) -> None:
    assert disposition(name) == header


@given(st.text())
def test_no_name_breaks_out_of_its_header(name: str) -> None:
    header: Any = disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert not set("/\\") & set(header.partition("filename*")[0])
