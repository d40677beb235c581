"""Deliveries whose deadline has passed: they expire, their depositor is told, and an operator can undo it."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

from gateway.domain.deliveries import OPEN, Delivery, DeliveryState
from gateway.domain.dossiers import ActionType, Case, Event, EventStatus, Folder
from gateway.domain.errors import ConflictError, NotFoundError
from gateway.domain.expiry import notice
from gateway.domain.identity import Caller
from gateway.domain.ids import new_id
from gateway.domain.journal import Entry
from gateway.services.access import operators_alone
from gateway.services.office import Office, gateway_caller
from gateway.services.ports import Transaction
from gateway.services.progress import record
from gateway.services.publish import publish

BATCH: Final = 200


async def expire_due(office: Office) -> int:
    """Expires what is due, a batch at a time, each delivery in its own transaction; answers how many."""
    caller = gateway_caller(office, "expiry")
    now = office.clock()
    due = await office.store.read(lambda tx: tx.deliveries.due(now, BATCH))
    expired = 0
    for delivery_id in due:
        of = await office.store.write(partial(_expire, office, caller, delivery_id, now))
        expired += of is not None
        if of is not None and not of.synthetic:
            office.meter.count("expired_total")
    return expired


async def undo_expiry(office: Office, caller: Caller, delivery_id: str) -> str:
    """Publishes an expired delivery's case again and answers the id of the new delivery.

    For operators. Raises ForbiddenError; NotFoundError; ConflictError when it has not expired, or its case was
    published again since.
    """
    operators_alone(caller)
    now = office.clock()
    published = await office.store.write(lambda tx: _undo(tx, office, caller, delivery_id, now))
    office.signals.published()
    return published


def _expire(office: Office, caller: Caller, delivery_id: str, now: datetime, tx: Transaction) -> Folder | None:
    """The folder of the delivery that expired; None when there was nothing to expire any more."""
    found = tx.deliveries.for_gesture(delivery_id, caller.door, caller.reader)  # a switch and this wait for each other
    if found is None or found[0].state not in OPEN:
        return None
    delivery = found[0]
    if not tx.deliveries.close(
        delivery.id, delivery.state, DeliveryState.EXPIRED, now, door=caller.door, actor=caller.actor
    ):
        return None
    held = tx.cases.hold(delivery.case_id)
    assert held is not None, "a delivery refers to its case"
    case, folder = held
    record(tx, case, _alert(office, caller, case, delivery, now))
    tx.journal.write(
        Entry.DELIVERY_EXPIRED,
        caller,
        now,
        folder_id=folder.id,
        case_id=case.id,
        delivery_id=delivery.id,
        subscription_id=delivery.subscription_id,
        detail={"from": delivery.state},
    )
    return folder


def _alert(office: Office, caller: Caller, case: Case, delivery: Delivery, now: datetime) -> Event:
    return Event(
        id=new_id(),
        case_id=case.id,
        transmitter=office.gateway,
        action=ActionType.SENDING_MESSAGE,
        status=EventStatus.SENT,
        created_at=now,
        updated_at=now,
        author=caller.actor,
        message=notice(delivery.published_at.astimezone(office.policy.zone)),
        notification=True,
        current_status=case.status,
    )


def _undo(tx: Transaction, office: Office, caller: Caller, delivery_id: str, now: datetime) -> str:
    delivery = tx.deliveries.get(delivery_id)
    if delivery is None:
        raise NotFoundError("Delivery")
    held = tx.cases.hold(delivery.case_id)
    assert held is not None, "a delivery refers to its case"
    case, folder = held
    if delivery.state is not DeliveryState.EXPIRED:
        raise ConflictError(f"The delivery is {delivery.state}: only an expired one can be opened again")
    if case.publication > delivery.publication:
        raise ConflictError("The case was published again since; there is nothing to undo")
    event = tx.events.get(case.id, delivery.event_id) if delivery.event_id else None
    again = publish(tx, office, caller, case, folder, now, kind=delivery.kind, event=event, counted=True)
    tx.journal.write(
        Entry.EXPIRY_UNDONE,
        caller,
        now,
        folder_id=folder.id,
        case_id=case.id,
        delivery_id=delivery.id,
        subscription_id=delivery.subscription_id,
        detail={"again": again.id},
    )
    return again.id
