"""Handing in a folder: created, completed, read, deleted by its depositor (hub v1, Deposit)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.deliveries import DeliveryKind
from gateway.domain.dossiers import Applicant, Attachment, AttachmentStatus, Case, Folder
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller, OrganizationId
from gateway.domain.ids import new_id
from gateway.domain.journal import Entry
from gateway.domain.statuses import Status, folder_status
from gateway.pec.names import safe_number
from gateway.services.access import folder_of
from gateway.services.deposit_checks import FolderDraft, folder_faults
from gateway.services.office import Office
from gateway.services.once import Once, Replay, only_once
from gateway.services.ports import Transaction
from gateway.services.precondition import Precondition
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
    """A folder to be created. `synthetic`: it is made up, see `services.synthetic`."""

    process: str
    external_id: str
    applicant: Applicant
    cases: tuple[NewCase, ...]
    attachments: tuple[NewAttachment, ...]
    close_at: datetime | None = None
    synthetic: bool = False


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
        lambda tx: only_once(tx, caller, once, now, lambda tx: create(tx, office, caller, new, now))
    )
    if isinstance(answer, FolderView):
        office.meter.count("folders_total", process=new.process)
    return answer


async def check_folder(office: Office, caller: Caller, draft: FolderDraft) -> list[str]:
    """What speaks against a folder of which only a part could be read. Raises ForbiddenError."""
    now = office.clock()
    return await office.store.read(lambda tx: folder_faults(tx, office, caller, draft, now))


async def read_folder(office: Office, caller: Caller, folder_id: str) -> FolderView:
    """The folder, for its depositor or ADMIN. Raises NotFoundError or ForbiddenError."""
    return await office.store.read(lambda tx: view_of(tx, folder_of(tx, caller, folder_id)))


async def update_folder(
    office: Office,
    caller: Caller,
    folder_id: str,
    status: str,
    close_at: datetime | None = None,
    *,
    expected: Precondition | None = None,
    once: Once | None = None,
) -> Replay | None:
    """HUBEE_COMPLETED completes the folder and publishes its cases; another status is kept on the folder alone.

    Raises InvalidRequestError for an unknown status, an attachment that is still missing, or a case that would get no
    attachment at all; ConflictError when the folder is not as `expected` or the idempotency key was used for another
    request; NotFoundError or ForbiddenError.
    """
    now = office.clock()
    if status not in Status.__members__ or status == Status.ARCHIVED:
        raise InvalidRequestError(f"globalStatus: {status} is not a status that can be set")
    wanted = Status(status)

    def verb(tx: Transaction) -> str | None:
        folder = folder_of(tx, caller, folder_id, hold=True)
        if expected is not None:
            expected.check(view_of(tx, folder), "The folder", folder.status)
        return _update(tx, office, caller, folder, wanted, close_at, now)

    done = await office.store.write(lambda tx: only_once(tx, caller, once, now, verb))
    if isinstance(done, Replay):
        return done
    if done is not None:
        announce(office, done)
    return None


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


def announce(office: Office, process: str) -> None:
    """Lets the figures and whoever waits know of a folder that was published."""
    office.meter.count("deposits_total", process=process)
    office.signals.published()


def create(tx: Transaction, office: Office, caller: Caller, new: NewFolder, now: datetime) -> FolderView:
    """The folder with what belongs to it, in HUBEE_RECEIVED. Raises as `create_folder` does."""
    faults = folder_faults(tx, office, caller, FolderDraft(new.process, new.cases, new.attachments), now)
    if faults:
        raise InvalidRequestError(*faults)
    folder = Folder(
        id=new_id(),
        depositor=caller.organization,
        process=new.process,
        external_id=new.external_id,
        status=Status.HUBEE_RECEIVED,
        created_at=now,
        close_at=new.close_at,
        applicant=new.applicant,
        partner=caller.partner,
        synthetic=new.synthetic,
    )
    cases = tuple(_case(tx, folder, case, now) for case in new.cases)
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


def _case(tx: Transaction, folder: Folder, new: NewCase, now: datetime) -> Case:
    subscription = tx.subscriptions.find(str(new.recipient), folder.process)
    assert subscription is not None, "it was looked at with the folder's faults"
    return Case(
        id=new_id(),
        folder_id=folder.id,
        depositor=folder.depositor,
        recipient=str(new.recipient),
        subscription_id=subscription.id,
        process=folder.process,
        external_id=new.external_id,
        status=Status.HUBEE_RECEIVED,
        created_at=now,
        partner_attributes=new.partner_attributes,
    )


def view_of(tx: Transaction, folder: Folder) -> FolderView:
    """The folder as its depositor sees it now."""
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
    folder: Folder,
    wanted: Status,
    close_at: datetime | None,
    now: datetime,
) -> str | None:
    """Answers the process when the folder was published now."""
    if close_at is not None:
        tx.folders.set_close_date(folder.id, close_at, now)
    if wanted is Status.HUBEE_COMPLETED:
        if folder.completed_at is not None:
            return None  # a repeated completion: the first one published
        complete(tx, office, caller, folder, now)
        return folder.process
    if folder.completed_at is None:
        raise InvalidRequestError(f"globalStatus: {wanted} has to wait until the folder is HUBEE_COMPLETED")
    derived = folder_status(tx.cases.statuses(folder.id))
    tx.folders.set_status(folder.id, wanted, now, pinned=wanted is not derived)
    tx.journal.write(Entry.FOLDER_STATUS, caller, now, folder_id=folder.id, detail={"to": wanted})
    return None


def complete(tx: Transaction, office: Office, caller: Caller, folder: Folder, now: datetime) -> None:
    """Completes a folder and publishes its cases. Raises InvalidRequestError for what is missing."""
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
