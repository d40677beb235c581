"""A client of resumable uploads, whose connections break where a test wants it."""

from __future__ import annotations

import asyncio
import base64
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any

import aiohttp

from gateway.api.problems import NATIVE_BASE
from gateway.services.office import Office
from gateway.store.blobs import LocalBlobs
from gateway.store.sqlite import SqliteStore
from tests.api.natives import native
from tests.api.serving import server_on
from tests.api.visitor import Answer, Visitor

TUS = {"Tus-Resumable": "1.0.0"}
LARGE = b"%PDF-1.4 " + random.Random(4).randbytes(700_000)


def metadata(**pairs: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())


def large_file(content: bytes = LARGE) -> dict[str, Any]:
    """Changes of a folder that has this one file."""
    file = {"fileName": "grand.pdf", "type": "ActeEtatCivil-PDF", "size": len(content), "mimeType": "application/pdf"}
    return {"attachments": [{**file, "recipients": ["EC-0001-01"]}]}


async def tus(visitor: Visitor, method: str, path: str, who: str = "depot", **options: Any) -> Answer:
    headers = {**TUS, **options.pop("headers", {})}
    answer = await native(visitor, who, method, path, headers=headers, **options)
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    return answer


async def until(true: Callable[[], bool]) -> None:
    """Lets the door work until something is true of the disk, which tells nobody by itself."""
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 (there is no event to wait for)
            await asyncio.sleep(0)


async def begin(visitor: Visitor, folder: dict[str, Any], content: bytes, **changes: str) -> str:
    """Begins an upload of the folder's first file; answers its path below the prefix."""
    names = {"folderId": folder["id"], "attachmentId": folder["attachments"][0]["id"], **changes}
    headers = {"Upload-Length": str(len(content)), "Upload-Metadata": metadata(**names, filename="é.pdf")}
    answer = await tus(visitor, "POST", "/uploads", headers=headers)
    assert answer.status == 201, answer.body
    location: str = answer.headers["Location"]
    return location.removeprefix(NATIVE_BASE)


async def patch(visitor: Visitor, path: str, offset: int | str, data: Any, **headers: str) -> Answer:
    kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
    return await tus(visitor, "PATCH", path, data=data, headers=kind | headers)


async def standing(visitor: Visitor, path: str) -> int:
    answer = await tus(visitor, "HEAD", path)
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    return int(answer.headers["Upload-Offset"])


def written(visitor: Visitor) -> int:
    """How many bytes of the one upload that goes on are in its file."""
    assert isinstance(visitor.office.blobs, LocalBlobs)
    return sum(path.stat().st_size for path in visitor.office.blobs._tmp.iterdir())


async def cut(visitor: Visitor, path: str, offset: int, data: bytes, sent: int) -> None:
    """Sends a PATCH whose connection ends once the door has taken `sent` bytes of its body.

    Sent again while the one before is still being ended (423).
    """
    head = (
        f"PATCH {NATIVE_BASE}{path} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\n"
        f"Authorization: Bearer {await visitor.token('depot')}\r\nUpload-Offset: {offset}\r\n"
        f"Content-Type: application/offset+octet-stream\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    taken = False
    while not taken:
        reader, writer = await visitor.connect()
        writer.write(head.encode() + data[:sent])
        answered = asyncio.ensure_future(reader.readline())
        await until(partial(_decided, visitor, answered, offset + sent))
        taken = written(visitor) == offset + sent
        if not taken:
            assert b" 423 " in await answered
        answered.cancel()
        writer.close()
        with suppress(ConnectionError, asyncio.CancelledError):
            await asyncio.gather(writer.wait_closed(), answered)


def _decided(visitor: Visitor, answered: asyncio.Future[bytes], size: int) -> bool:
    return answered.done() or written(visitor) == size


async def stands(visitor: Visitor, path: str, offset: int) -> None:
    """Asks until the door has noticed that the connection is gone, and tells all that came over it."""
    async with asyncio.timeout(30):
        while await standing(visitor, path) != offset:
            pass


async def freed(visitor: Visitor, path: str, offset: int, data: bytes) -> Answer:
    """A PATCH of a client that waits for the one before to end, as 423 asks for."""
    async with asyncio.timeout(30):
        while (answer := await patch(visitor, path, offset, data)).status == 423:
            pass
    return answer


@asynccontextmanager
async def another_process(visitor: Visitor) -> AsyncIterator[Visitor]:
    """A door and an office of their own on the same files, as after a restart."""
    old = visitor.office
    assert isinstance(old.store, SqliteStore)
    assert isinstance(old.blobs, LocalBlobs)
    store, blobs = SqliteStore(old.store._path), LocalBlobs(old.blobs._root)
    await store.open()
    await blobs.open()
    office: Office = replace(old, store=store, blobs=blobs)
    server = server_on(office, visitor.server._context.meter)
    await server.open()
    async with aiohttp.ClientSession() as session:
        yield Visitor(server, office, session, visitor.tokens)
    await server.close()
    await blobs.close()
    await store.close()


async def finished(visitor: Visitor, folder: dict[str, Any]) -> str:
    """Completes the folder; answers the path of its first file for the recipient."""
    done = {"globalStatus": "HUBEE_COMPLETED"}
    assert (await visitor.call("depot", "PATCH", f"/folders/{folder['id']}", json=done)).status == 204
    return f"/cases/{folder['cases'][0]['id']}/attachments/{folder['attachments'][0]['id']}"
