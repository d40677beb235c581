"""A client of the REST door, as depositors and migrated recipients have one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import aiohttp

from tests.journeys.offices import PDF, XML
from tests.journeys.world import PDF_TYPE, PROCESS, RECIPIENTS, XML_TYPE, token_of

Json = dict[str, Any]
BASE: Final = "/teledossiers/v1"
CONTENTS: Final = {"application/xml": XML, "application/pdf": PDF}


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: Any
    body: bytes
    json: Any


class RefusedError(AssertionError):
    """The door answered another status than the story expects."""


class Rest:
    """Speaks as one client; every call raises RefusedError unless it is answered as expected."""

    def __init__(self, session: aiohttp.ClientSession, port: int, client: str, *, token: str | None = None) -> None:
        self._session = session
        self._root = f"http://127.0.0.1:{port}"
        self._headers = {"Authorization": f"Bearer {token or token_of(client)}"}

    async def raw(self, method: str, path: str, **options: Any) -> Reply:
        headers = {**self._headers, **options.pop("headers", {})}
        async with self._session.request(method, self._root + path, headers=headers, **options) as response:
            body = await response.read()
            json = await response.json() if body and response.content_type == "application/json" else None
            return Reply(response.status, response.headers, body, json)

    async def call(self, expected: int, method: str, path: str, **options: Any) -> Any:
        """The JSON, or else the bytes, of an answer of the expected status."""
        reply = await self.raw(method, BASE + path, **options)
        if reply.status != expected:
            raise RefusedError(f"{method} {path}: {reply.status} {reply.body[:500]!r}")
        return reply.json if reply.json is not None else reply.body

    # A depositor

    async def create(self, number: str, *recipients: str, key: str | None = None, process: str = PROCESS) -> Json:
        headers = {} if key is None else {"Idempotency-Key": key}
        found: Json = await self.call(
            201, "POST", "/folders", json=folder_body(number, *recipients, process=process), headers=headers
        )
        return found

    async def put(self, folder: Json, position: int, content: bytes | BinaryIO | None = None) -> None:
        attachment = folder["attachments"][position]
        path = f"/folders/{folder['id']}/attachments/{attachment['id']}"
        await self.call(204, "PUT", path, data=content or CONTENTS[attachment["mimeType"]])

    async def complete(self, folder: Json) -> None:
        await self.call(204, "PATCH", f"/folders/{folder['id']}", json={"globalStatus": "HUBEE_COMPLETED"})

    async def deposit(self, number: str, *recipients: str) -> Json:
        """A folder, handed in whole."""
        folder = await self.create(number, *recipients)
        for position in range(len(folder["attachments"])):
            await self.put(folder, position)
        await self.complete(folder)
        return folder

    async def folder(self, folder: Json) -> Json:
        found: Json = await self.call(200, "GET", f"/folders/{folder['id']}")
        return found

    async def statuses(self, folder: Json) -> list[str]:
        """Of the folder, then of its cases."""
        found = await self.folder(folder)
        return [found["globalStatus"], *(case["status"] for case in found["cases"])]

    async def until(self, folder: Json, *statuses: str, deadline: float = 20) -> None:
        """Waits until the folder and its cases have these statuses: each answer of the door is a look."""
        seen: list[str] = []
        try:
            async with asyncio.timeout(deadline):
                while (seen := await self.statuses(folder)) != list(statuses):
                    pass
        except TimeoutError:
            raise AssertionError(f"still {seen}, not {list(statuses)}") from None

    # Everybody

    async def case(self, case_id: str) -> Json:
        found: Json = await self.call(200, "GET", f"/cases/{case_id}")
        return found

    async def set_status(self, case_id: str, status: str) -> None:
        await self.call(204, "PATCH", f"/cases/{case_id}", json={"status": status})

    async def notifications(self) -> list[Json]:
        found: list[Json] = await self.call(200, "GET", "/notifications?maxResult=100&eventDetails=true")
        return found

    async def dismiss(self, notification_id: str) -> None:
        await self.call(204, "DELETE", f"/notifications/{notification_id}")

    async def download(self, case_id: str, attachment: Json, event_id: str | None = None) -> bytes:
        event = "" if event_id is None else f"/events/{event_id}"
        reply = await self.raw("GET", f"{BASE}/cases/{case_id}{event}/attachments/{attachment['id']}")
        if reply.status != 200:
            raise RefusedError(f"download: {reply.status} {reply.body[:500]!r}")
        return reply.body

    async def event(self, case_id: str, action: str, files: Sequence[tuple[str, bytes]] = (), **fields: Any) -> Json:
        """Posts an event; with files it is sent once they are put."""
        attachments = [
            {"fileName": name, "type": PDF_TYPE, "size": len(content), "mimeType": "application/pdf"}
            for name, content in files
        ]
        body = {"actionType": action, "notification": True, "attachments": attachments, **fields}
        event: Json = await self.call(201, "POST", f"/cases/{case_id}/events", json=body)
        path = f"/cases/{case_id}/events/{event['id']}"
        for attachment, (_, content) in zip(event["attachments"], files, strict=True):
            await self.call(204, "PUT", f"{path}/attachments/{attachment['id']}", data=content)
        if files:
            await self.call(204, "PATCH", path, json={"status": "SENT"})
        return event


@asynccontextmanager
async def browsing() -> AsyncIterator[aiohttp.ClientSession]:
    """A session whose connections are not kept from one call to the next, so that a restart surprises nobody."""
    connector = aiohttp.TCPConnector(force_close=True)
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield session


def folder_body(number: str, *recipients: str, process: str = PROCESS) -> Json:
    """A folder with a case for each recipient, all of which see an XML and a PDF."""
    names = {f"{number}-{name}": RECIPIENTS[name] for name in recipients}
    files = [("acte.xml", XML_TYPE, "application/xml"), ("acte.pdf", PDF_TYPE, "application/pdf")]
    return {
        "processCode": process,
        "externalId": number,
        "applicant": {"firstName": "Zoé", "lastName": "Ångström", "email": "zoe@example.org"},
        "cases": [
            {
                "externalId": name,
                "recipient": dict(zip(("type", "companyRegister", "branchCode"), recipient.split("-"), strict=True)),
            }
            for name, recipient in names.items()
        ],
        "attachments": [
            {
                "fileName": name,
                "type": kind,
                "size": len(CONTENTS[mime_type]),
                "mimeType": mime_type,
                "recipients": list(names),
            }
            for name, kind, mime_type in files
        ],
    }
