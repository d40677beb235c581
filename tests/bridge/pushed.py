"""Subscribers whose own servers the gateway goes to, and what became of their deliveries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway.bridge.push import Pushes
from gateway.domain.deliveries import Delivery
from gateway.domain.identity import Mode, Transport
from gateway.domain.outgoing import Outgoing
from gateway.domain.pushing import Breaker, Manner, PushTarget
from gateway.pec.archive import Archive
from gateway.services.archive_reading import ArchiveReader
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.push_declaration import sealed, stand_in
from tests.journeys.world import RECIPIENTS, subscription_id
from tests.services.scene import deliveries_of


async def push_to(office: Office, name: str, target: PushTarget, **changes: Any) -> None:
    """Declares that a recipient has a server of its own."""

    def verb(tx: Transaction) -> None:
        known = tx.subscriptions.get(subscription_id(RECIPIENTS[name]))
        assert known is not None
        values: dict[str, Any] = {"access_mode": Mode.SFTP, "transport": Transport.PUSH, "push": target} | changes
        record = sealed(office, known, replace(known, **values))
        tx.subscriptions.change(record, office.clock())
        stand_in(tx, record, office.clock())

    await office.store.write(verb)


def pushes_of(office: Office, directory: Path, **changes: Any) -> Pushes:
    """The bridge as a process runs it, allowed to go to this machine."""
    (directory / "spool").mkdir(exist_ok=True)
    values: dict[str, Any] = {"private_targets": True, "connect_timeout": 20.0, "timeout": 20.0} | changes
    return Pushes(office, Manner(**values), directory / "spool")


async def sent(pushes: Pushes) -> int:
    """One round, waited for; to how many servers it went."""
    count = await pushes.send_due()
    await pushes.idle()
    return count


async def looked(pushes: Pushes) -> None:
    """One look at the servers' answers, waited for."""
    await pushes.look_for_answers()
    await pushes.idle()


async def only(office: Office, case_id: str) -> Delivery:
    """The one delivery of a case."""
    (delivery,) = await deliveries_of(office, case_id)
    return delivery


async def bytes_of(office: Office, delivery: Delivery) -> bytes:
    """The archive as every door serves it."""
    content = await office.store.read(lambda tx: tx.archives.content(delivery.id))
    assert content is not None
    reader = ArchiveReader(office.blobs, Archive.load(content))
    try:
        return await reader.read(0, reader.size)
    finally:
        await reader.close()


async def call_of(office: Office, delivery: Delivery) -> Outgoing | None:
    return await office.store.read(lambda tx: tx.outbox.get(delivery.id))


async def breaker_of(office: Office, name: str) -> Breaker:
    return await office.store.read(lambda tx: tx.breakers.get(subscription_id(RECIPIENTS[name])))
