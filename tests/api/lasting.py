"""A door that lasts for a whole run of tests, served by a thread of its own, for clients that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from gateway.api.metrics import PrometheusMeter
from gateway.domain.identity import Right
from gateway.services.ports import Transaction
from tests.api.serving import START, Clock, opened, server_on
from tests.api.visitor import PDF, Visitor, organization

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
        meter = PrometheusMeter()
        async with AsyncExitStack() as parts:
            office = await parts.enter_async_context(opened(self.database, self.blobs, Clock(), meter))
            await office.store.write(_entitle)
            server = server_on(office, meter)
            await server.open()
            parts.push_async_callback(server.close)
            session = await parts.enter_async_context(aiohttp.ClientSession())
            self._parts = parts.pop_all()
        self.visitor = Visitor(server, office, session)

    async def _close(self) -> None:
        await self._parts.aclose()


def _entitle(tx: Transaction) -> None:
    """The operator's client may do with moves what can be done."""
    known = tx.clients.get("admin")
    assert known is not None
    tx.clients.change(replace(known, rights=frozenset(Right)), START)


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
