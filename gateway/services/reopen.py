"""Re-opening a case: its recipient gets it anew, exactly once (delivery rules, What makes a delivery)."""

from __future__ import annotations

from datetime import datetime

from gateway.domain.deliveries import Delivery, DeliveryKind, DeliveryState
from gateway.domain.dossiers import Case, Event, Folder
from gateway.domain.identity import Caller
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.publish import publish, withdraw


def reopen(
    tx: Transaction,
    office: Office,
    caller: Caller,
    case: Case,
    folder: Folder,
    now: datetime,
    *,
    event: Event | None = None,
) -> None:
    """Withdraws what nobody fetched and publishes the case again.

    At once, or, while the depositor has an event in progress on the case, when that event is sent.
    """
    for delivery in tx.deliveries.of_case(case.id):
        if delivery.state is DeliveryState.READY:
            withdraw(tx, caller, delivery, folder.id, now)
    if event is None and tx.events.in_progress(case.id, case.depositor):
        tx.cases.reopen(case.id)
        return
    publish(tx, office, caller, case, folder, now, kind=DeliveryKind.REOPENING, event=event)


def deliver_event(
    tx: Transaction, office: Office, caller: Caller, case: Case, folder: Folder, event: Event, now: datetime
) -> None:
    """Hands a depositor's event with files or a message to the recipient.

    It ends a re-opening that waited for it; it takes the place of a re-opening that nobody has fetched yet, whose
    archive is frozen and cannot grow; otherwise it is a delivery of its own beside the earlier ones.
    """
    if case.reopening:
        publish(tx, office, caller, case, folder, now, kind=DeliveryKind.REOPENING, event=event)
        return
    standing = fresh_reopening(tx, case)
    if standing is not None and withdraw(tx, caller, standing, folder.id, now):
        publish(tx, office, caller, case, folder, now, kind=DeliveryKind.REOPENING, event=event, counted=False)
        return
    kind = DeliveryKind.MESSAGE if event.action != "ATTACH_DEPOSIT" else DeliveryKind.COMPLEMENT
    publish(tx, office, caller, case, folder, now, kind=kind, event=event)


def fresh_reopening(tx: Transaction, case: Case) -> Delivery | None:
    """The delivery of the case's present re-opening, if nobody has fetched it yet."""
    for delivery in tx.deliveries.of_case(case.id):
        ready = delivery.state is DeliveryState.READY and delivery.kind is DeliveryKind.REOPENING
        if ready and delivery.publication == case.publication:
            return delivery
    return None
