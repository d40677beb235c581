"""One dossier from deposit to answer, step by step through both doors, by clients that repeat what was not answered."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import aiohttp
import paramiko

from tests.journeys.offices import PDF, XML
from tests.journeys.world import DEPOSITOR, PDF_TYPE, PROCESS, RENNES, XML_TYPE, key_of, token_of
from tests.pec.answers import retour_xml, zipped

T = TypeVar("T")
NUMBER: Final = "A-9-KILL"
SIGNED: Final = b"%PDF-1.4 signed" * 50
ANSWER: Final = zipped(retour_xml(NUMBER, 19), {"acte.pdf": SIGNED})
LOST: Final = (aiohttp.ClientError, paramiko.SSHException, OSError, EOFError)
"""What a client sees when the gateway dies under it."""


@dataclass
class Story:
    """What was done so far. `ports` are those of the gateway that is running now, HTTP and SFTP."""

    ports: tuple[int, int] = (0, 0)
    folder: dict[str, Any] = field(default_factory=dict)
    archive: str = ""
    fetched: bytes = b""

    async def call(self, method: str, path: str, **options: Any) -> tuple[bytes, Mapping[str, str]]:
        """The body and headers of an answer, which must be a success."""
        headers = {"Authorization": f"Bearer {token_of(DEPOSITOR)}", **options.pop("headers", {})}
        url = f"http://127.0.0.1:{self.ports[0]}/teledossiers/v1{path}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, headers=headers, **options) as answer,
        ):
            body = await answer.read()
            assert answer.status < 300, body
            return body, answer.headers

    async def sftp(self, part: Callable[[paramiko.SFTPClient], T]) -> T:
        """Lets a paramiko client do its part."""

        def run() -> T:
            with _logged_in(self.ports[1]) as client:
                return part(client)

        return await asyncio.to_thread(run)

    async def create(self) -> None:
        body, _ = await self.call("POST", "/folders", json=_FOLDER, headers={"Idempotency-Key": "once"})
        self.folder = json.loads(body)

    async def put(self) -> None:
        for attachment, content in zip(self.folder["attachments"], (XML, PDF), strict=True):
            path = f"/folders/{self.folder['id']}/attachments/{attachment['id']}"
            await self.call("PUT", path, data=content, headers={"Content-Type": "application/octet-stream"})

    async def complete(self) -> None:
        await self.call("PATCH", f"/folders/{self.folder['id']}", json={"globalStatus": "HUBEE_COMPLETED"})

    async def fetch(self) -> None:
        self.archive = f"{NUMBER}-{PROCESS}-1.zip"
        target = io.BytesIO()

        def part(client: paramiko.SFTPClient) -> None:
            with client.open(self._in()) as file:
                target.write(file.read())
                _close(client, file)

        await self.sftp(part)
        self.fetched = target.getvalue()

    async def rename(self) -> None:
        await self.sftp(lambda client: client.rename(self._in(), self._in("DONE")))

    async def delete(self) -> None:
        await self.sftp(lambda client: client.remove(self._in()))

    async def upload(self) -> None:
        def part(client: paramiko.SFTPClient) -> None:
            with client.open(f"/{PROCESS}/out/retour.zip", "w") as file:
                file.write(ANSWER)
                _close(client, file)

        await self.sftp(part)

    def _in(self, *place: str) -> str:
        return "/".join((f"/{PROCESS}/in", *place, self.archive))


def _close(client: paramiko.SFTPClient, file: paramiko.SFTPFile) -> None:
    """SSH_FXP_CLOSE; paramiko's own close hides a failure of it."""
    client._request(4, file.handle)  # type: ignore[attr-defined]  # not part of its interface
    file._closed = True  # type: ignore[attr-defined]  # not part of its interface either


@contextmanager
def _logged_in(port: int) -> Iterator[paramiko.SFTPClient]:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        transport = paramiko.Transport(connection)
        try:
            transport.connect(username="rennes", pkey=key_of("rennes"))
            client = paramiko.SFTPClient.from_transport(transport)
            assert client is not None
            yield client
        finally:
            transport.close()
            transport.join(10)


def _metadata(name: str, kind: str, mime: str, content: bytes) -> dict[str, Any]:
    size = len(content)
    return {"fileName": name, "type": kind, "size": size, "mimeType": mime, "recipients": [f"{NUMBER}-1"]}


_kind, _register, _branch = RENNES.split("-")
_FOLDER: Final = {
    "processCode": PROCESS,
    "externalId": NUMBER,
    "applicant": {"firstName": "Zoé", "lastName": "Ångström"},
    "cases": [
        {
            "externalId": f"{NUMBER}-1",
            "recipient": {"type": _kind, "companyRegister": _register, "branchCode": _branch},
        }
    ],
    "attachments": [
        _metadata("acte.xml", XML_TYPE, "application/xml", XML),
        _metadata("acte.pdf", PDF_TYPE, "application/pdf", PDF),
    ],
}
