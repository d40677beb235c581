"""Bytes of attachments: taken in while they stream, served to those who may see them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.domain.blob import Blob, BlobMissing
from gateway.domain.dossiers import Attachment, AttachmentStatus, EventStatus
from gateway.domain.errors import InvalidRequestError, NotFoundError, UnavailableError
from gateway.domain.identity import Caller
from gateway.services.access import case_of, folder_of, is_recipient, may_see
from gateway.services.checking import ENTRIES, Verdict, check
from gateway.services.office import Office
from gateway.services.ports import BlobReader, Transaction
from gateway.services.rehearsing import on_case
from gateway.services.served import note_served
from gateway.services.speaking import may_act, own_event

_METADATA = "Binary meta-data"
WRONG_SIZE = "Size does not match with attachment meta-data"


class Target(Protocol):
    """Finds an attachment that may be put now, and holds it if asked; raises when it may not.

    Answers it with the transaction in which its row is: for whoever rehearses, not the one given.
    """

    def __call__(self, tx: Transaction, *, hold: bool) -> tuple[Transaction, Attachment]: ...


@dataclass(frozen=True, slots=True)
class Download:
    """An attachment's bytes being served. Tell `served` what went out whole, and `close` it.

    Where nothing of the case was lacking to its reader when the download began, there is nothing to count: a delivery
    that is published meanwhile is not read by bytes that were asked for before.
    """

    attachment: Attachment
    reader: BlobReader
    _office: Office
    _caller: Caller
    _case_id: str
    _began: datetime
    _lacking: bool = True

    async def served(self, start: int, end: int) -> None:
        """Counts the bytes from `start` up to `end`, which have been sent, towards the fetching of a delivery."""
        if self._lacking:
            await note_served(self._office, self._caller, self._case_id, self.attachment.id, start, end, self._began)

    async def close(self) -> None:
        """Ends the download."""
        await self.reader.close()


async def receive(
    office: Office,
    caller: Caller,
    folder_id: str,
    attachment_id: str,
    chunks: AsyncIterator[bytes],
    sha256: bytes | None = None,
    announced: int | None = None,
) -> None:
    """Takes in the bytes of a folder's attachment; when this returns they are durable and were checked.

    The attachment is then RECEIVED; or REJECTED or CORRUPTED, kept and never served. `sha256` is the digest that the
    sender announced, `announced` the number of bytes, so that a wrong one is refused before anything is read. May be
    repeated until the folder is completed. Raises InvalidRequestError when the bytes are empty, of another size than
    the metadata say, or of another digest; UnavailableError when they cannot be checked now; NotFoundError or
    ForbiddenError.
    """
    await _receive(office, caller, folder_target(caller, folder_id, attachment_id), chunks, sha256, announced)


def folder_target(caller: Caller, folder_id: str, attachment_id: str) -> Target:
    """A folder's attachment that may be put now, held if asked; `receive` says what it raises."""

    def target(tx: Transaction, *, hold: bool) -> tuple[Transaction, Attachment]:
        folder = folder_of(tx, caller, folder_id, hold=hold)
        attachment = tx.attachments.hold(attachment_id) if hold else tx.attachments.get(attachment_id)
        if attachment is None or attachment.folder_id != folder.id or attachment.event_id is not None:
            raise NotFoundError(_METADATA)
        if folder.completed_at is not None:
            raise InvalidRequestError("The folder is completed: its attachments cannot be put any more")
        return tx, attachment

    return target


async def receive_for_event(
    office: Office,
    caller: Caller,
    case_id: str,
    event_id: str,
    attachment_id: str,
    chunks: AsyncIterator[bytes],
    sha256: bytes | None = None,
    announced: int | None = None,
) -> None:
    """The same for an attachment of an event, by the event's author, while the event is in progress."""
    target = event_target(office, caller, case_id, event_id, attachment_id)
    await _receive(office, caller, target, chunks, sha256, announced)


def event_target(office: Office, caller: Caller, case_id: str, event_id: str, attachment_id: str) -> Target:
    """The same of an event."""

    def target(tx: Transaction, *, hold: bool) -> tuple[Transaction, Attachment]:
        tx = on_case(tx, caller, case_id, hold=hold)
        case, _ = case_of(tx, caller, case_id, hold=hold)
        event = own_event(tx, caller, case, event_id)
        attachment = tx.attachments.hold(attachment_id) if hold else tx.attachments.get(attachment_id)
        if attachment is None or attachment.event_id != event.id:
            raise NotFoundError(_METADATA)
        may_act(tx, caller, case, office.clock())
        if event.status is not EventStatus.IN_PROGRESS:
            raise InvalidRequestError("The event is sent: its attachments cannot be put any more")
        return tx, attachment

    return target


async def record(
    office: Office,
    caller: Caller,
    target: Target,
    blob: Blob,
    verdict: Verdict,
    first: Callable[[Transaction], bool] = lambda _: True,
) -> None:
    """Gives an attachment bytes that are durable and were checked, in place of those it had.

    `first` is done in the same transaction, and decides whether there is still something to record.
    """
    now = office.clock()

    def verb(tx: Transaction) -> tuple[bool, Blob | None]:
        place, attachment = target(tx, hold=True)
        if not first(tx):
            return False, None
        note(place, caller, attachment, blob, verdict, now)
        of = tx.folders.get(attachment.folder_id)
        return of is None or not of.synthetic, attachment.blob

    counts, replaced = await office.store.write(verb)
    if counts:
        office.meter.count("attachments_total", outcome=verdict.status)
    if replaced is not None:
        await office.blobs.delete(replaced.key)


def note(tx: Transaction, caller: Caller, attachment: Attachment, blob: Blob, verdict: Verdict, now: datetime) -> None:
    """Writes the bytes of an attachment, and what was found of them, into its row and the journal."""
    tx.attachments.receive(attachment.id, verdict.status, blob, now)
    tx.journal.write(
        ENTRIES[verdict.status],
        caller,
        now,
        folder_id=attachment.folder_id,
        digest=blob.sha256,
        detail={"attachment": attachment.id, "size": blob.size, **verdict.detail},
    )


async def take_in(
    office: Office, size: int, mime_type: str, chunks: AsyncIterator[bytes], sha256: bytes | None = None
) -> tuple[Blob, Verdict]:
    """Makes bytes durable and checks them, for a row that is not written yet; nothing stays of what is refused.

    Raises InvalidRequestError for another size or digest than was announced, UnavailableError when the check cannot be
    made now, and what `chunks` raises.
    """
    blob = await _keep(office, size, chunks, sha256)
    return blob, await _checked(office, mime_type, blob)


async def open_attachment(office: Office, caller: Caller, case_id: str, attachment_id: str) -> Download:
    """Opens an attachment that the case shows. Raises NotFoundError ("File is not found") or ForbiddenError."""

    now = office.clock()
    found = await office.store.peek(
        lambda tx: tx.servings.sought(case_id, attachment_id, caller.door, caller.reader, now)
    )
    if found is None:
        raise NotFoundError("Case")
    parties, attachment, lacking = found
    may_see(caller, parties)
    return await _open(office, caller, case_id, attachment, lacking=lacking and is_recipient(caller, parties))


async def open_event_attachment(
    office: Office, caller: Caller, case_id: str, event_id: str, attachment_id: str
) -> Download:
    """Opens an attachment of an event; the other side sees it once the event is sent."""

    def query(tx: Transaction) -> Attachment | None:
        tx = on_case(tx, caller, case_id, hold=False)
        case, _ = case_of(tx, caller, case_id)
        event = tx.events.get(case.id, event_id)
        if event is None:
            raise NotFoundError("Event")
        if event.status is EventStatus.IN_PROGRESS and event.transmitter != caller.organization:
            return None
        found = tx.attachments.get(attachment_id)
        return found if found is not None and found.event_id == event.id else None

    return await _open(office, caller, case_id, await office.store.glance(query))


async def _open(
    office: Office, caller: Caller, case_id: str, attachment: Attachment | None, *, lacking: bool = True
) -> Download:
    if attachment is None or attachment.blob is None or attachment.status is not AttachmentStatus.RECEIVED:
        raise BlobMissing
    reader = await office.blobs.reader(attachment.blob.key)
    return Download(attachment, reader, office, caller, case_id, office.clock(), lacking)


async def _receive(
    office: Office,
    caller: Caller,
    target: Target,
    chunks: AsyncIterator[bytes],
    sha256: bytes | None,
    announced: int | None,
) -> None:
    expected = await office.store.read(lambda tx: target(tx, hold=False)[1])
    if announced not in (None, 0, expected.size):
        raise InvalidRequestError(WRONG_SIZE)
    blob, verdict = await take_in(office, expected.size, expected.mime_type, chunks, sha256)
    try:
        await record(office, caller, target, blob, verdict)
    except (asyncio.CancelledError, UnavailableError):
        raise  # nobody knows whether the row is there: the sweep looks
    except BaseException:
        await office.blobs.delete(blob.key)
        raise


async def _checked(office: Office, declared: str, blob: Blob) -> Verdict:
    """Looks at the bytes; they go when that cannot be done now."""
    try:
        return await check(office, declared, blob)
    except BaseException:
        await office.blobs.delete(blob.key)
        raise


async def _keep(office: Office, size: int, chunks: AsyncIterator[bytes], sha256: bytes | None) -> Blob:
    """Streams the bytes into a blob; nothing is left behind unless they are what was announced."""
    writer = await office.blobs.create()
    try:
        async for chunk in chunks:
            if writer.size + len(chunk) > size:
                raise InvalidRequestError(WRONG_SIZE)
            await writer.write(chunk)
        if writer.size == 0:
            raise InvalidRequestError("The body is empty: put the bytes of the attachment")
        if writer.size != size:
            raise InvalidRequestError(WRONG_SIZE)
        blob = await writer.commit()
    finally:
        await writer.abort()
    if sha256 is not None and sha256 != blob.sha256:
        await office.blobs.delete(blob.key)
        raise InvalidRequestError("Digest does not match: the header announces another SHA-256 than that of the body")
    return blob
