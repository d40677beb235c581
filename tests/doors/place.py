"""A gateway, its depositor, and two recipients at the same kind of door."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from gateway.app import Gateway
from gateway.domain.identity import Mode
from gateway.domain.journal import Entry
from gateway.services.ports import Transaction
from tests.doors.drivers import Door
from tests.journeys.rest import Json, Rest
from tests.journeys.world import RENNES, subscription_id

COUNTED = (Entry.DELIVERY_ACCEPTED, Entry.DELIVERY_REJECTED)


@dataclass(frozen=True)
class Told:
    """One step of a case that the depositor was notified of. `files`: content by name."""

    action: str
    status: str | None
    message: str | None = None
    files: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True)
class Place:
    """Where a behaviour is tried."""

    gateway: Gateway
    depositor: Rest
    rennes: Door
    nantes: Door

    async def told(self, folder: Json, position: int = 0) -> list[Told]:
        """What the depositor was notified of, step by step, and can read of a case."""
        case = await self.depositor.case(folder["cases"][position]["id"])
        events = {event["id"]: event for event in case["events"]}
        found = []
        for notice in await self.depositor.notifications():
            if notice["caseId"] == case["id"]:
                found.append(await self._told(case["id"], events[notice["eventId"]]))
        return found

    async def _told(self, case_id: str, event: dict[str, Any]) -> Told:
        files = [
            (one["fileName"], await self.depositor.download(case_id, one, event["id"])) for one in event["attachments"]
        ]
        return Told(event["actionType"], event["caseNewStatus"], event["message"], tuple(files))

    async def counted(self) -> list[int]:
        """How many acknowledgements counted, delivery by delivery, of those that had any."""
        lines = await self.gateway.office.store.read(lambda tx: tx.journal.after(0, 10_000))
        return list(Counter(line.delivery_id for line in lines if line.entry in COUNTED).values())

    async def switch(self, mode: Mode) -> None:
        """Gives Rennes another door."""

        def verb(tx: Transaction) -> None:
            found = tx.subscriptions.get(subscription_id(RENNES))
            assert found is not None
            changed = replace(found, access_mode=mode, epoch=found.epoch + 1)
            tx.subscriptions.change(changed, self.gateway.office.clock())

        await self.gateway.office.store.write(verb)
