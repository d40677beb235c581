"""Sending the bytes of a file: in pieces, no faster than the client takes them, counted once they are gone."""

from __future__ import annotations

import asyncio
import base64
import re
import unicodedata
from functools import lru_cache
from typing import Final, Protocol
from urllib.parse import quote

from aiohttp import web

from gateway.api import conditions, ranges
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
    piece = await source.reader.read(start, min(PIECE, end - start))
    at = start + len(piece)
    if at >= end:  # small: headers and bytes leave together
        response: web.StreamResponse = web.Response(status=status, headers=headers, body=piece)
    else:
        response = web.StreamResponse(status=status, headers=headers)
    gone = start
    try:
        await response.prepare(request)
        _wait_for_the_socket(request)
        while at < end:
            await response.write(piece)
            if _left(request):
                raise ConnectionResetError
            gone = at
            await asyncio.sleep(0)  # a client as fast as this process must not keep the others waiting
            piece = await source.reader.read(at, min(PIECE, end - at))
            if not piece:
                raise EOFError("the bytes end before their size")
            at += len(piece)
        if isinstance(response, web.Response):
            await response.write_eof()
        else:
            await response.write_eof(piece)
        if not _left(request):
            gone = at
    except ConnectionError:
        if not _left(request):
            raise
    finally:
        if gone > start:
            await source.served(start, gone)
    return response


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
