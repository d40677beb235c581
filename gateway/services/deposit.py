"""Handing in a folder: created, completed, read, deleted by its depositor (hub v1, Deposit)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.deliveries import DeliveryKind
from gateway.domain.dossiers import Applicant, Attachment, AttachmentStatus, Case, Folder
from gateway.domain.errors import ForbiddenError, InvalidRequestError
from gateway.domain.identity import Caller, OrganizationId, Role
from gateway.domain.ids import new_id
from gateway.domain.journal import Entry
from gateway.domain.referential import Process, Subscription
from gateway.domain.statuses import Status, folder_status
from gateway.pec.names import safe_number
from gateway.services.access import folder_of, out_of_process
from gateway.services.office import Office
from gateway.services.once import Once, Replay, only_once
from gateway.services.ports import Transaction
from gateway.services.publish import publish


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case to be created, with its recipient."""

    external_id: str
    recipient: OrganizationId
    partner_attributes: str | None = None


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """Metadata of a file to be put; `size` in bytes, `recipients` the external ids of the cases that see it."""

    file_name: str
    type: str
    size: int
    mime_type: str
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewFolder:
    """A folder to be created."""

    process: str
    external_id: str
    applicant: Applicant
    cases: tuple[NewCase, ...]
    attachments: tuple[NewAttachment, ...]
    close_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FolderView:
    """A folder as its depositor sees it; `recipients`: attachment id → the external ids of the cases that see it."""

    folder: Folder
    cases: tuple[Case, ...]
    attachments: tuple[Attachment, ...]
    recipients: Mapping[str, tuple[str, ...]]


async def create_folder(
    office: Office, caller: Caller, new: NewFolder, once: Once | None = None
) -> FolderView | Replay:
    """Creates a folder with its cases and the metadata of its attachments, all in HUBEE_RECEIVED.

    Raises InvalidRequestError listing every fault, ForbiddenError when the process is another operator's, ConflictError
    when the idempotency key was used for another request.
    """
    now = office.clock()
    answer = await office.store.write(
        lambda tx: only_once(tx, caller, once, now, lambda tx: _create(tx, office, caller, new, now))
    )
    if isinstance(answer, FolderView):
        office.meter.count("folders_total", process=new.process)
    return answer


async def read_folder(office: Office, caller: Caller, folder_id: str) -> FolderView:
    """The folder, for its depositor or ADMIN. Raises NotFoundError or ForbiddenError."""
    return await office.store.read(lambda tx: _view(tx, folder_of(tx, caller, folder_id)))


async def update_folder(
    office: Office, caller: Caller, folder_id: str, status: str, close_at: datetime | None = None
) -> None:
    """HUBEE_COMPLETED completes the folder and publishes its cases; another status is kept on the folder alone.

    Raises InvalidRequestError for an unknown status, an attachment that is still missing, or a case that would get no
    attachment at all; NotFoundError or ForbiddenError.
    """
    now = office.clock()
    if status not in Status.__members__ or status == Status.ARCHIVED:
        raise InvalidRequestError(f"globalStatus: {status} is not a status that can be set")
    wanted = Status(status)
    published = await office.store.write(lambda tx: _update(tx, office, caller, folder_id, wanted, close_at, now))
    if published is not None:
        office.meter.count("deposits_total", process=published)


async def delete_folder(office: Office, caller: Caller, folder_id: str) -> None:
    """Deletes a folder that was never completed. Raises InvalidRequestError otherwise (hub v1, Deposit)."""
    now = office.clock()

    def verb(tx: Transaction) -> list[str]:
        folder = folder_of(tx, caller, folder_id, hold=True)
        blobs = [one.blob.key for one in tx.attachments.of_folder(folder.id) if one.blob is not None]
        if folder.status is not Status.HUBEE_RECEIVED or not tx.folders.delete(folder.id):
            raise InvalidRequestError(
                f"The folder cannot be deleted in status {folder.status}; only before its completion"
            )
        tx.journal.write(Entry.FOLDER_DELETED, caller, now, folder_id=folder.id)
        return blobs

    for key in await office.store.write(verb):
        await office.blobs.delete(key)


def _create(tx: Transaction, office: Office, caller: Caller, new: NewFolder, now: datetime) -> FolderView:
    process = tx.processes.get(new.process)
    if process is None or not process.is_activated:
        raise InvalidRequestError(f"Process {new.process} does not exist")
    operator = caller.role is Role.OSL and process.osl in (None, caller.organization)
    if not (operator or caller.role is Role.ADMIN) or out_of_process(caller, process.code):
        raise ForbiddenError
    subscriptions, faults = _recipients(tx, new, now)
    faults += _shape_faults(new)
    faults += attachment_faults(office, process, new.attachments)
    if faults:
        raise InvalidRequestError(*faults)
    folder = Folder(
        id=new_id(),
        depositor=caller.organization,
        process=process.code,
        external_id=new.external_id,
        status=Status.HUBEE_RECEIVED,
        created_at=now,
        close_at=new.close_at,
        applicant=new.applicant,
        partner=caller.partner,
    )
    cases = tuple(
        Case(
            id=new_id(),
            folder_id=folder.id,
            depositor=folder.depositor,
            recipient=str(case.recipient),
            subscription_id=subscription.id,
            process=folder.process,
            external_id=case.external_id,
            status=Status.HUBEE_RECEIVED,
            created_at=now,
            partner_attributes=case.partner_attributes,
        )
        for case, subscription in zip(new.cases, subscriptions, strict=True)
    )
    attachments = tuple(
        Attachment(new_id(), folder.id, None, one.file_name, one.type, one.size, one.mime_type)
        for one in new.attachments
    )
    tx.folders.add(folder)
    for position, case in enumerate(cases):
        tx.cases.add(case, position, safe_number(folder.external_id))
    recipients = {}
    for position, (attachment, asked) in enumerate(zip(attachments, new.attachments, strict=True)):
        recipients[attachment.id] = tuple(dict.fromkeys(asked.recipients))
        seen_by = [case.id for case in cases if case.external_id in asked.recipients]
        tx.attachments.add(attachment, position, seen_by)
    tx.journal.write(
        Entry.FOLDER_CREATED,
        caller,
        now,
        folder_id=folder.id,
        detail={"process": folder.process, "cases": len(cases), "attachments": len(attachments)},
    )
    return FolderView(folder, cases, attachments, recipients)


def _recipients(tx: Transaction, new: NewFolder, now: datetime) -> tuple[list[Subscription], list[str]]:
    found, faults = [], []
    for case in new.cases:
        subscription = tx.subscriptions.find(str(case.recipient), new.process)
        if tx.organizations.get(str(case.recipient)) is None:
            faults.append(f"Case recipient {case.recipient} does not exist")
        elif subscription is None or not subscription.active(now):
            # existing clients match this spelling
            faults.append(f"Case recipient {case.recipient} does not suscribed to {new.process}")
        else:
            found.append(subscription)
    return found, faults


def _shape_faults(new: NewFolder) -> Iterator[str]:
    names = [case.external_id for case in new.cases]
    if not names:
        yield "cases: a folder has at least one case"
    if not new.attachments:
        yield "attachments: a folder has at least one attachment"
    for position, attachment in enumerate(new.attachments):
        if not attachment.recipients:
            yield f"attachments[{position}].recipients: at least one case has to see the attachment"
        for name in attachment.recipients:
            if name not in names:
                yield f"attachments[{position}].recipients: no case of the folder has externalId {name}"
    for name in dict.fromkeys(names):
        if not any(name in attachment.recipients for attachment in new.attachments):
            yield f"cases: no attachment is for the case {name}"


def attachment_faults(
    office: Office, process: Process, attachments: tuple[NewAttachment, ...], *, recipient: bool = False
) -> list[str]:
    """What a process has against these attachments. For a depositor, a list that is empty allows anything."""
    faults = []
    most = min(process.attachment_max_size or office.policy.attachment_max_size, office.policy.attachment_max_size)
    formats = process.recipient_formats if recipient else process.attachment_formats
    for position, one in enumerate(attachments):
        where = f"attachments[{position}]"
        if not recipient and process.attachment_types and one.type not in process.attachment_types:
            faults.append(f"{where}.type: {one.type} is not allowed by {process.code}")
        if (recipient or formats) and one.mime_type not in formats:
            faults.append(f"{where}.mimeType: {one.mime_type} is not allowed by {process.code}")
        if not 0 < one.size <= most:
            faults.append(f"{where}.size: must be between 1 and {most} bytes")
    return faults


def _view(tx: Transaction, folder: Folder) -> FolderView:
    cases = tuple(tx.cases.of_folder(folder.id))
    names = {case.id: case.external_id for case in cases}
    links = tx.attachments.cases_by_attachment(folder.id)
    recipients = {
        attachment: tuple(dict.fromkeys(names[case.id] for case in cases if case.id in case_ids))
        for attachment, case_ids in links.items()
    }
    return FolderView(folder, cases, tuple(tx.attachments.of_folder(folder.id)), recipients)


def _update(
    tx: Transaction,
    office: Office,
    caller: Caller,
    folder_id: str,
    wanted: Status,
    close_at: datetime | None,
    now: datetime,
) -> str | None:
    """Answers the process when the folder was published now."""
    folder = folder_of(tx, caller, folder_id, hold=True)
    if close_at is not None:
        tx.folders.set_close_date(folder.id, close_at, now)
    if wanted is Status.HUBEE_COMPLETED:
        if folder.completed_at is not None:
            return None  # a repeated completion: the first one published
        _complete(tx, office, caller, folder, now)
        return folder.process
    if folder.completed_at is None:
        raise InvalidRequestError(f"globalStatus: {wanted} has to wait until the folder is HUBEE_COMPLETED")
    derived = folder_status(tx.cases.statuses(folder.id))
    tx.folders.set_status(folder.id, wanted, now, pinned=wanted is not derived)
    tx.journal.write(Entry.FOLDER_STATUS, caller, now, folder_id=folder.id, detail={"to": wanted})
    return None


def _complete(tx: Transaction, office: Office, caller: Caller, folder: Folder, now: datetime) -> None:
    missing = [
        f"Attachment {one.id} ({one.type}) is {one.status}: put its content before completing the folder"
        for one in tx.attachments.of_folder(folder.id)
        if one.status is AttachmentStatus.PENDING
    ]
    if missing:
        raise InvalidRequestError(*missing)
    tx.folders.complete(folder.id, Status.HUBEE_COMPLETED, now)
    tx.journal.write(Entry.FOLDER_COMPLETED, caller, now, folder_id=folder.id)
    for case in tx.cases.of_folder(folder.id):
        publish(tx, office, caller, case, folder, now, kind=DeliveryKind.PUBLICATION)
        tx.cases.change_status(case.id, case.status, Status.HUBEE_NOTIFIED, now)
    tx.folders.set_status(folder.id, Status.HUBEE_NOTIFIED, now, pinned=False)
