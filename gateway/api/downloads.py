"""Sending the bytes of a file: in pieces, no faster than the client takes them, counted once they are gone."""

from __future__ import annotations

import asyncio
import base64
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Final, Protocol
from urllib.parse import quote

from aiohttp import web

from gateway.api import conditions, ranges
from gateway.api.sendfile import FileSending, possible
from gateway.domain.dossiers import Attachment
from gateway.services.attachments import Download
from gateway.services.ports import BlobReader

PIECE: Final = 256 * 1024
_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(;[ \t]*[\x20-\x7e]+)?")
_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9 ._()-]")
_ATTR_CHARS: Final = "!#$&+^`|"


class Source(Protocol):
    """Bytes to be sent. `served` is told which of them left this process, `close` ends it."""

    @property
    def reader(self) -> BlobReader: ...
    async def served(self, start: int, end: int) -> None: ...
    async def close(self) -> None: ...


async def send(request: web.Request, download: Download) -> web.StreamResponse:
    """Answers a GET with the download, whole or the one range asked for, and closes it.

    What was sent is reported to the download once it has left this process, also when the client hung up half-way.
    Raises Refusal 416.
    """
    return await transfer(request, download, _headers(download.attachment))


async def transfer(request: web.Request, source: Source, headers: dict[str, str]) -> web.StreamResponse:
    """Answers a GET or HEAD with bytes under `headers`, whole or, if these have an ETag, the one range asked for.

    Closes the source. A HEAD sends nothing, and nothing is reported. Raises Refusal 416.
    """
    try:
        size = source.reader.size
        headers["Accept-Ranges"] = "bytes"
        if request.method == "HEAD":
            return web.Response(headers={**headers, "Content-Length": str(size)})
        if "ETag" in headers and conditions.known(request, headers["ETag"]):
            return conditions.not_modified(headers["ETag"])
        wanted = request.headers.get("Range") if "ETag" in headers else None
        part = None
        if wanted and ranges.still_same(request.headers.get("If-Range"), headers["ETag"]):
            part = ranges.requested(wanted, size)
        start, end = part or (0, size)
        if part:
            headers.pop("digest", None)
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        headers["Content-Length"] = str(end - start)
        return await _stream(request, source, start, end, 206 if part else 200, headers)
    finally:
        await source.close()


async def _stream(
    request: web.Request, source: Source, start: int, end: int, status: int, headers: dict[str, str]
) -> web.StreamResponse:
    sending = _Sending(request, source.reader, start, end)
    try:
        if end - start <= PIECE:
            return await sending.at_once(status, headers)
        return await sending.piece_by_piece(status, headers)
    finally:
        if sending.gone > start:
            await source.served(start, sending.gone)


class _Sending:
    """Bytes of one answer; those before `gone` have left this process."""

    def __init__(self, request: web.Request, reader: BlobReader, start: int, end: int) -> None:
        self.gone = start
        self._request = request
        self._reader = reader
        self._end = end

    async def at_once(self, status: int, headers: dict[str, str]) -> web.StreamResponse:
        """Headers and bytes leave together."""
        response = web.Response(status=status, headers=headers, body=await self._piece())
        with self._unless_left():
            await response.prepare(self._request)
            _wait_for_the_socket(self._request)
            await response.write_eof()
            if not _left(self._request):
                self.gone = self._end
        return response

    async def piece_by_piece(self, status: int, headers: dict[str, str]) -> web.StreamResponse:
        """As much at a time as the client takes: by the system where it can, else through this process."""
        await self._reader.read(self.gone, 1)  # what cannot be read is told by the status
        response = web.StreamResponse(status=status, headers=headers)
        with self._unless_left():
            await response.prepare(self._request)
            _wait_for_the_socket(self._request)
            await self._by_the_system()
            while self.gone < self._end:
                piece = await self._piece()
                await response.write(piece)
                await self._request.writer.drain()
                if _left(self._request):
                    raise ConnectionResetError
                self.gone += len(piece)
                await asyncio.sleep(0)  # a client as fast as this process must not keep the others waiting
            await response.write_eof()
        return response

    async def _by_the_system(self) -> None:
        file = self._reader.descriptor()
        if file is None or not possible(self._request):
            return
        await self._request.writer.drain()
        if _left(self._request):
            raise ConnectionResetError
        sending = FileSending(self._request, file, self.gone, self._end)
        try:
            await sending.run()
        finally:
            self.gone = sending.at

    async def _piece(self) -> bytes:
        piece = await self._reader.read(self.gone, min(PIECE, self._end - self.gone))
        if not piece and self.gone < self._end:
            raise EOFError("the bytes end before their size")
        return piece

    @contextmanager
    def _unless_left(self) -> Iterator[None]:
        """A client that hangs up is no error."""
        try:
            yield
        except ConnectionError:
            if not _left(self._request):
                raise


def _wait_for_the_socket(request: web.Request) -> None:
    """From now on a write returns only when the kernel has all of it, so that nothing counts that was only buffered."""
    if request.transport is not None:
        request.transport.set_write_buffer_limits(high=0)


def _left(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _headers(attachment: Attachment) -> dict[str, str]:
    kind = attachment.mime_type
    headers = {
        "Content-Type": kind if _MEDIA_TYPE.fullmatch(kind) else "application/octet-stream",
        "Content-Disposition": disposition(attachment.file_name),
    }
    if attachment.blob is not None:
        headers["ETag"] = f'"{attachment.blob.sha256.hex()}"'
        headers["digest"] = base64.b64encode(attachment.blob.sha256).decode()
    return headers


@lru_cache(maxsize=1024)
def disposition(file_name: str) -> str:
    """A Content-Disposition that saves under the file's name, without anything a file system or a reader trips over.

    Path separators, control and direction-changing characters become `_`; the true spelling is in `filename*`.
    """
    safe = "".join("_" if c in '/\\"' or unicodedata.category(c) in ("Cc", "Cf", "Cs") else c for c in file_name)
    safe = safe.strip(" .") or "file"
    plain = _NOT_PLAIN.sub("_", unicodedata.normalize("NFKD", safe).encode("ascii", "ignore").decode()) or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe=_ATTR_CHARS)}"
