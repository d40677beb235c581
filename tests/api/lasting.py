"""A door that lasts for a whole run of tests, served by a thread of its own, for clients that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from gateway.api.metrics import PrometheusMeter
from gateway.api.server import ApiServer
from gateway.services import figures
from gateway.services.office import Office
from gateway.store.blobs import LocalBlobs
from gateway.store.sqlite import SqliteStore
from tests.api.conftest import ATTACHMENT_MAX_SIZE, JSON_MAX_SIZE, Clock, PlainSecrets, declare
from tests.api.visitor import ADMIN, PDF, Visitor, organization

T = TypeVar("T")
Ids = dict[str, str]
"""Ids by the name of the path parameter that takes them."""
MESSAGE = "made-up words that only both sides may read"


@dataclass
class LastingDoor:
    """Opened by the thread that asks; `run` runs something in the door's own."""

    database: Path
    blobs: Path
    visitor: Visitor = field(init=False)

    def open(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.run(self._open())

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(timeout=60)

    def close(self) -> None:
        self.run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self) -> None:
        store, blobs = SqliteStore(self.database), LocalBlobs(self.blobs)
        await store.open()
        await blobs.open()
        await store.write(declare)
        meter = PrometheusMeter()
        office = Office(store, blobs, Clock(), PlainSecrets(), meter, ADMIN)
        server = ApiServer(
            office,
            host="127.0.0.1",
            port=0,
            json_max_size=JSON_MAX_SIZE,
            attachment_max_size=ATTACHMENT_MAX_SIZE,
            ready=lambda: figures.ready(office),
            meter=meter,
        )
        await server.open()
        self._session = aiohttp.ClientSession()
        self._parts = (server, blobs, store)
        self.visitor = Visitor(server, office, self._session)

    async def _close(self) -> None:
        await self._session.close()
        for part in self._parts:
            await part.close()


async def dossier(visitor: Visitor, depositor: str, recipient: str, recipient_client: str) -> Ids:
    """One dossier of CERTDC, with an event and a file by its depositor; what every id of it is."""
    body = {
        "processCode": "CERTDC",
        "externalId": "X-1",
        "applicant": {"firstName": "Zoé", "lastName": "Ångström"},
        "cases": [{"externalId": "X-1-01", "recipient": organization(recipient)}],
        "attachments": [
            {
                "fileName": "a.pdf",
                "type": "A",
                "size": len(PDF),
                "mimeType": "application/pdf",
                "recipients": ["X-1-01"],
            }
        ],
    }
    folder = (await visitor.call(depositor, "POST", "/folders", json=body)).json
    path = f"/folders/{folder['id']}"
    file_id = folder["attachments"][0]["id"]
    assert (await visitor.call(depositor, "PUT", f"{path}/attachments/{file_id}", data=PDF)).status == 204
    assert (await visitor.call(depositor, "PATCH", path, json={"globalStatus": "HUBEE_COMPLETED"})).status == 204
    case_id = folder["cases"][0]["id"]
    told = {
        "actionType": "ATTACH_DEPOSIT",
        "message": MESSAGE,
        "notification": True,
        "attachments": [{"fileName": "b.pdf", "type": "A", "size": len(PDF), "mimeType": "application/pdf"}],
    }
    event = (await visitor.call(depositor, "POST", f"/cases/{case_id}/events", json=told)).json
    inbox = (await visitor.call(recipient_client, "GET", "/notifications")).json
    return {
        "folderId": folder["id"],
        "caseId": case_id,
        "eventId": event["id"],
        "attachmentId": file_id,
        "notificationId": next(each["id"] for each in inbox if each["caseId"] == case_id),
    }
