"""The same behaviours in the terms of each door: what a recipient's software does there, by a real client.

An item is what the inbox shows: an archive's name, or a notification's id. Where a door's gesture says nothing to the
depositor (the API's client says everything itself), the driver does what such a client does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from gateway.app import Gateway
from gateway.bridge.answers import carry_answers
from gateway.domain.identity import Mode
from tests.journeys import legacy
from tests.journeys.legacy import Legacy, unzipped
from tests.journeys.rest import BASE, Json, RefusedError, Rest
from tests.journeys.world import PDF_TYPE, PROCESS, XML_TYPE
from tests.pec.answers import answer_zip

T = TypeVar("T")
CODES = {"IN_PROGRESS": 16, "DONE": 19, "REFUSED": 20}


class NotThereError(Exception):
    """The door says that there is no such thing for this recipient, or that it has no right on it."""


class Door(Protocol):
    """A recipient at its door."""

    mode: Mode

    async def inbox(self) -> list[str]:
        """The items that wait, oldest first."""

    async def fetch(self, item: str) -> dict[str, bytes]:
        """Reads an item whole: attachment type → content. The depositor is told."""

    async def peek(self, item: str) -> None:
        """Reads a part of an item, and no more."""

    async def acknowledge(self, item: str) -> None:
        """Says that the item was taken in."""

    async def refuse(self, item: str) -> None:
        """Says that the item could not be taken in."""

    async def answer(self, item: str, status: str, message: str, file: bytes | None = None) -> None:
        """Says how the case of an item stands. The same call again is the same answer."""


class SftpDoor:
    """A legacy server, at a gateway whose bridge runs when it is told to."""

    mode = Mode.SFTP

    def __init__(self, gateway: Gateway, rest: Rest, name: str) -> None:
        self._gateway = gateway
        self._name = name

    async def inbox(self) -> list[str]:
        return await self._session(lambda server: server.list())

    async def fetch(self, item: str) -> dict[str, bytes]:
        entries = unzipped(await self._session(lambda server: server.read(item)))
        kinds = {kind: f"-doc-{kind}-" for kind in (XML_TYPE, PDF_TYPE)}
        return {kind: next(c for name, c in entries.items() if part in name) for kind, part in kinds.items()}

    async def peek(self, item: str) -> None:
        def work(server: Legacy) -> None:
            with server.sftp.open(f"/{PROCESS}/in/{item}") as file:
                assert len(file.read(100)) == 100

        await self._session(work)

    async def acknowledge(self, item: str) -> None:
        await self._session(lambda server: server.rename(item))

    async def refuse(self, item: str) -> None:
        await self._session(lambda server: server.rename(item, "FAILED"))

    async def answer(self, item: str, status: str, message: str, file: bytes | None = None) -> None:
        number = item.removesuffix(".zip").rsplit("-", 2)[0]
        content = answer_zip(number, CODES[status], message, {"acte.pdf": file} if file else None)
        await self._session(lambda server: server.put(f"{status}.zip", content))
        await carry_answers(self._gateway.office)
        if f"{status}.zip" in await self._session(lambda server: server.list("out/FAILED")):
            raise NotThereError

    async def _session(self, work: Callable[[Legacy], T]) -> T:
        def session() -> T:
            with legacy.session(self._gateway.sftp_port, self._name) as server:
                return work(server)

        try:
            return await asyncio.to_thread(session)
        except FileNotFoundError:
            raise NotThereError from None


class ApiDoor:
    """Migrated software: it reads cases, and tells of every step by an event."""

    mode = Mode.API

    def __init__(self, gateway: Gateway, rest: Rest, name: str) -> None:
        self._rest = rest
        self._cases: dict[str, str] = {}

    async def inbox(self) -> list[str]:
        found = await self._rest.notifications()
        self._cases |= {one["id"]: one["caseId"] for one in found}
        return [one["id"] for one in found]

    async def fetch(self, item: str) -> dict[str, bytes]:
        case = await self._case(item)
        contents = {one["type"]: await self._rest.download(case["id"], one) for one in case["attachments"]}
        for event in case["events"]:
            for one in event["attachments"]:
                await self._rest.download(case["id"], one, event["id"])
        if case["status"] == "HUBEE_NOTIFIED":
            await self._say(item, "SENT")
        return contents

    async def peek(self, item: str) -> None:
        case = await self._case(item)
        await self._rest.download(case["id"], case["attachments"][0])

    async def acknowledge(self, item: str) -> None:
        case = await self._case(item)
        if case["status"] == "SENT":
            await self._say(item, "SI_RECEIVED")
        await self._rest.dismiss(item)

    async def refuse(self, item: str) -> None:
        if (await self._case(item))["status"] != "SI_INTG_ERROR":
            await self._say(item, "SI_INTG_ERROR")
        await self._rest.dismiss(item)

    async def answer(self, item: str, status: str, message: str, file: bytes | None = None) -> None:
        case = await self._case(item)
        body: dict[str, object] = {
            "actionType": "ATTACH_DEPOSIT" if file else "STATUS_UPDATE",
            "notification": True,
            "message": message,
            "caseNewStatus": status,
        }
        if file:
            size = {"size": len(file), "mimeType": "application/pdf"}
            body["attachments"] = [{"fileName": "acte.pdf", "type": "Retour", **size}]
        key = {"Idempotency-Key": f"{item}-{status}-{message}".replace(" ", "-")}
        event = await self._rest.call(201, "POST", f"/cases/{case['id']}/events", json=body, headers=key)
        path = f"/cases/{case['id']}/events/{event['id']}"
        if file and (await self._rest.call(200, "GET", path))["status"] == "IN_PROGRESS":
            await self._rest.call(204, "PUT", f"{path}/attachments/{event['attachments'][0]['id']}", data=file)
            await self._rest.call(204, "PATCH", path, json={"status": "SENT"})

    async def _case(self, item: str) -> Json:
        reply = await self._rest.raw("GET", f"{BASE}/cases/{self._cases.get(item, item)}")
        if reply.status in (403, 404):
            raise NotThereError
        if reply.status != 200:
            raise RefusedError(f"case: {reply.status}")
        found: Json = reply.json
        return found

    async def _say(self, item: str, status: str) -> None:
        await self._rest.event(self._cases[item], "STATUS_UPDATE", caseNewStatus=status)


DOORS: Mapping[Mode, type[SftpDoor] | type[ApiDoor]] = {Mode.SFTP: SftpDoor, Mode.API: ApiDoor}
