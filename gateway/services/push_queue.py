"""What is to be pushed becomes a row of the outbox: with its publication, or later when a switch carried it here."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from gateway.domain.deliveries import Delivery
from gateway.domain.identity import Mode, Transport
from gateway.domain.outgoing import Outgoing
from gateway.domain.pushing import KIND
from gateway.domain.referential import Subscription
from gateway.services.office import Office
from gateway.services.ports import Transaction

BATCH: Final = 500


def queue(tx: Transaction, delivery: Delivery, subscription: Subscription, now: datetime) -> None:
    """Queues a delivery that was just made, if its subscriber has a server of its own."""
    if subscription.push is None or subscription.transport is not Transport.PUSH:
        return
    if subscription.access_mode is Mode.SFTP:
        _add(tx, delivery.id, subscription.id, delivery.case_id, now)


async def adopt(office: Office) -> int:
    """Queues open deliveries that are to be pushed and that nothing was queued for; answers how many.

    A switch, a pin that ended or a suspension that was lifted leaves them so: whoever owns a delivery is derived, and
    this is the one place that looks.
    """
    now = office.clock()
    if not await office.store.read(lambda tx: tx.pushes.missing(now, 1)):
        return 0

    def verb(tx: Transaction) -> int:
        missing = tx.pushes.missing(now, BATCH)
        for delivery_id, subscription_id, case_id in missing:
            _add(tx, delivery_id, subscription_id, case_id, now)
        return len(missing)

    return await office.store.write(verb)


async def sweep(office: Office) -> int:
    """Forgets what waits for subscribers that nothing is pushed to any more; answers how many."""
    return await office.store.write(lambda tx: tx.pushes.sweep())


def _add(tx: Transaction, delivery_id: str, subscription_id: str, case_id: str, now: datetime) -> None:
    tx.outbox.add(Outgoing(delivery_id, KIND, subscription_id, "", now, next_at=now, case_id=case_id))
