"""Publishing a case to its recipient: name allocated, archive frozen and delivery made in one transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.domain.deliveries import Delivery, DeliveryKind, DeliveryState
from gateway.domain.dossiers import Attachment, AttachmentStatus, Case, Event, Folder
from gateway.domain.errors import InvalidRequestError
from gateway.domain.expiry import expires_at
from gateway.domain.identity import Caller, OrganizationId
from gateway.domain.ids import new_id
from gateway.domain.journal import Entry
from gateway.domain.outgoing import Outgoing
from gateway.domain.referential import Complement, Process, Subscription
from gateway.domain.rehearsals import Rehearsed, RehearsedCase, Way
from gateway.domain.statuses import RANK, Status
from gateway.pec.archive import Archive, Layout, freeze
from gateway.pec.dossier import Dossier, Party, Piece
from gateway.pec.names import DEFAULT_TEMPLATE, safe_number
from gateway.services.access import process_of, subscription_of
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.push_queue import queue

_COUNTED = (DeliveryKind.PUBLICATION, DeliveryKind.REOPENING)
_FALLEN = (DeliveryState.WITHDRAWN, DeliveryState.EXPIRED)


def publish(
    tx: Transaction,
    office: Office,
    caller: Caller,
    case: Case,
    folder: Folder,
    now: datetime,
    *,
    kind: DeliveryKind,
    event: Event | None = None,
    counted: bool | None = None,
) -> Delivery:
    """Makes the next delivery of a case and returns it.

    `event` is what the delivery carries. `counted` tells whether this is one more publication of the case (by default a
    publication or a re-opening is). Raises InvalidRequestError when no attachment was received.
    """
    process = process_of(tx, case.process)
    subscription = subscription_of(tx, case.subscription_id, hold=True)
    reopened = kind is DeliveryKind.REOPENING and counted is None  # by the depositor, and just now
    counted = kind in _COUNTED if counted is None else counted
    attachments = _manifest(tx, case, subscription, event)
    number = safe_number(folder.external_id)
    messages = tuple(_messages(tx, case, kind, event))
    sequence, archive = _freeze(tx, office, case, folder, now, process, subscription, number, attachments, messages)
    delivery = Delivery(
        id=new_id(),
        case_id=case.id,
        subscription_id=subscription.id,
        process=case.process,
        kind=kind,
        state=DeliveryState.READY,
        number=number,
        sequence=sequence,
        publication=case.publication + 1 if counted else case.publication,
        archive_name=archive.name,
        archive_size=Layout(archive).size,
        published_at=now,
        event_id=None if event is None else event.id,
        notify=event is None or kind is DeliveryKind.REOPENING or bool(event.notification),
        expires_at=expires_at(now, process.expire_after or office.policy.expire_after),
    )
    tx.deliveries.add(delivery)
    received = [(one.blob.key, one.id) for one in attachments if one.blob is not None]
    tx.archives.add(delivery.id, archive.dump(), received)
    if counted:
        tx.cases.publish(case.id, now)
    if subscription.rehearsal_id is not None:
        rehearse(tx, subscription.rehearsal_id, case, delivery, reopened=reopened)
    tell(tx, delivery, subscription, now)
    queue(tx, delivery, subscription, now)
    tx.journal.write(
        Entry.DELIVERY_PUBLISHED,
        caller,
        now,
        folder_id=folder.id,
        case_id=case.id,
        delivery_id=delivery.id,
        subscription_id=subscription.id,
        epoch=subscription.epoch,
        digest=_digest(archive, attachments),
        detail={"kind": kind, "archive": archive.name, "size": delivery.archive_size},
    )
    return delivery


def rehearse(tx: Transaction, rehearsal: str, case: Case, delivery: Delivery, *, reopened: bool) -> None:
    """Shows a delivery that was just made to the door that rehearses, as it would have been shown to its owner.

    `reopened`: the depositor has just begun the case anew, for this door too. Else it stands there where it stood.
    """
    known = tx.overlays.case(rehearsal, case.id)
    status = max(case.status, Status.HUBEE_NOTIFIED, key=lambda one: RANK[one])  # where a first publication brings it
    if reopened:
        tx.rehearsals.withdraw(rehearsal, case.id)
    if known is None:
        tx.overlays.save_case(rehearsal, RehearsedCase(case.id, status, Way(status)))
    elif reopened:
        tx.overlays.save_case(rehearsal, replace(known, status=status))
    tx.rehearsals.save(rehearsal, Rehearsed(delivery.id, case.id, delivery.published_at))


def withdraw(tx: Transaction, caller: Caller, delivery: Delivery, folder_id: str, now: datetime) -> bool:
    """Takes an open delivery back; False if its recipient was faster."""
    before, withdrawn = delivery.state, DeliveryState.WITHDRAWN
    tx.deliveries.for_gesture(delivery.id, caller.door, caller.reader)  # a switch and this wait for each other
    if not tx.deliveries.close(delivery.id, before, withdrawn, now, door=caller.door, actor=caller.actor):
        return False
    tx.journal.write(
        Entry.DELIVERY_WITHDRAWN,
        caller,
        now,
        folder_id=folder_id,
        case_id=delivery.case_id,
        delivery_id=delivery.id,
        subscription_id=delivery.subscription_id,
    )
    return True


def _digest(archive: Archive, attachments: Sequence[Attachment]) -> bytes:
    """By which the journal vouches for all that the archive holds, to whoever has unpacked it."""
    kept = {one.blob.key: one.blob.sha256 for one in attachments if one.blob is not None}
    return hashlib.sha256(archive.checksums(kept)).digest()


def _manifest(tx: Transaction, case: Case, subscription: Subscription, event: Event | None) -> Sequence[Attachment]:
    """The received attachments that the archive holds (delivery rules, Archive; further archives).

    What is new is what no delivery of the case holds that its recipient has, or can still fetch.
    """
    found = [*tx.attachments.of_case(case.id), *tx.attachments.deposited(case.id, case.depositor)]
    held = {one.id for one in found}
    found += [one for one in (tx.attachments.of_event(event.id) if event else ()) if one.id not in held]
    received = [one for one in found if one.status is AttachmentStatus.RECEIVED and one.blob is not None]
    if subscription.complement is not Complement.DELTA or case.publication == 0:
        return received
    standing = [one for one in tx.deliveries.of_case(case.id) if one.state not in _FALLEN]
    handed_over = {identifier for one in standing for identifier in tx.archives.attachments(one.id)}
    new = [one for one in received if one.id not in handed_over]
    return new if new or (event and event.message) else received


def _messages(tx: Transaction, case: Case, kind: DeliveryKind, event: Event | None) -> Iterator[str]:
    """The depositor's messages that the archive holds: a re-opening brings those that it withdrew unread."""
    withdrawn: list[str] = []
    for one in tx.deliveries.of_case(case.id) if kind is DeliveryKind.REOPENING else ():
        if one.state is DeliveryState.WITHDRAWN and one.event_id is not None:
            withdrawn.append(one.event_id)
        elif one.kind is DeliveryKind.REOPENING and one.state is not DeliveryState.WITHDRAWN:
            withdrawn.clear()  # that one brought them
    earlier = [tx.events.get(case.id, one) for one in withdrawn if event is None or one != event.id]
    for said in (*earlier, event):
        if said is not None and said.message:
            yield said.message


def _freeze(
    tx: Transaction,
    office: Office,
    case: Case,
    folder: Folder,
    now: datetime,
    process: Process,
    subscription: Subscription,
    number: str,
    attachments: Sequence[Attachment],
    messages: Sequence[str],
) -> tuple[int, Archive]:
    """Allocates the sequence and freezes the archive; a name that a template made twice costs one more number."""
    pieces = tuple(_piece(process, one) for one in attachments)
    pieces += tuple(_message(text) for text in messages)
    if not pieces:
        raise InvalidRequestError(f"Case {case.external_id} has no attachment that was received and may be served")
    local = now.astimezone(office.policy.zone)
    while True:
        sequence = tx.deliveries.next_sequence(case.process, number)
        dossier = Dossier(
            number=number,
            external_number=folder.external_id,
            process=case.process,
            sequence=sequence,
            sender=_party(tx, case.depositor),
            recipient=_party(tx, case.recipient),
            email=folder.applicant.email if folder.applicant else None,
            created_at=folder.created_at.astimezone(office.policy.zone),
            published_at=local,
            platform=office.gateway,
            pieces=pieces,
        )
        archive = freeze(dossier, subscription.template or DEFAULT_TEMPLATE)
        if not tx.deliveries.name_taken(case.process, archive.name):
            return sequence, archive


def _piece(process: Process, attachment: Attachment) -> Piece:
    assert attachment.blob is not None
    return Piece(
        kind="pj" if attachment.type in process.supporting_types else "doc",
        code=attachment.type,
        title=attachment.file_name,
        file_name=attachment.file_name,
        mime_type=attachment.mime_type,
        size=attachment.blob.size,
        crc32=attachment.blob.crc32,
        blob=attachment.blob.key,
    )


def _message(text: str) -> Piece:
    """The depositor's message as a document: the legacy format has no other place for it."""
    return Piece.of_text("Message", "message.txt", text)


def _party(tx: Transaction, name: str) -> Party:
    identity = OrganizationId.parse(name)
    organization = tx.organizations.get(name)
    service = organization.name if organization else name
    return Party(siret=identity.company_register, service=service, guichet=identity.branch_code)


def tell(tx: Transaction, delivery: Delivery, subscription: Subscription, now: datetime) -> None:
    """Queues the subscription's webhook, whose payload names the delivery and holds no personal data."""
    if subscription.webhook is None or not delivery.notify:
        return
    data = {
        "notificationId": delivery.id,
        "caseId": delivery.case_id,
        "eventId": delivery.event_id,
        "processCode": delivery.process,
        "subscriber": subscription.organization,
    }
    payload = {"type": "delivery.published", "timestamp": now.isoformat(timespec="milliseconds"), "data": data}
    text = json.dumps(payload, separators=(",", ":"))
    tx.outbox.add(Outgoing(new_id(), "webhook", subscription.id, text, now, next_at=now, case_id=delivery.case_id))
