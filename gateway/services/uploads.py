"""Attachments that come in over several requests: every byte that was told to be there is durable.

The last byte counts only with the judgement on the whole: until then an upload stands one byte short, so that a client
never takes for done what still has to be checked, and asks for it again by sending that byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

from gateway.domain.blob import Blob, BlobMissing
from gateway.domain.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller
from gateway.domain.ids import new_id
from gateway.domain.uploads import Upload
from gateway.services.access import case_of, folder_of
from gateway.services.attachments import WRONG_SIZE, Target, event_target, folder_target, record
from gateway.services.checking import check
from gateway.services.office import Office
from gateway.services.once import Once, Replay, only_once
from gateway.services.ports import PartialWriter, Transaction
from gateway.services.rehearsing import is_stage

CHECKPOINT: Final = 64 << 20
"""Bytes of one request after which they are made durable and told, while it goes on."""
_UPLOAD: Final = "Upload"


@dataclass(frozen=True, slots=True)
class NewUpload:
    """An upload to be begun, for an attachment of a folder, or of an event of a case."""

    size: int
    attachment_id: str
    folder_id: str | None = None
    case_id: str | None = None
    event_id: str | None = None
    sha256: bytes | None = None


class OffsetError(ConflictError):
    """The bytes do not go on where the upload stands."""

    def __init__(self, offset: int) -> None:
        super().__init__("The bytes do not go on where the upload stands: go on from there", {"offset": str(offset)})
        self.offset = offset


class ChecksumError(InvalidRequestError):
    """The bytes of one request are not those of its checksum; none of them was kept."""

    def __init__(self) -> None:
        super().__init__("The checksum is not that of these bytes: none of them was kept; send them again")


async def begin(office: Office, caller: Caller, new: NewUpload, once: Once | None = None) -> Upload | Replay:
    """Begins an upload; it takes the place of one for the same attachment that was not complete.

    Raises InvalidRequestError when the size is not that of the metadata or the attachment cannot be put any more,
    ConflictError for a key used for something else, NotFoundError or ForbiddenError.
    """
    now = office.clock()
    target = _target(office, caller, new.attachment_id, new.folder_id, new.case_id, new.event_id)
    given_up: list[str] = []

    def verb(tx: Transaction) -> Upload:
        place, attachment = target(tx, hold=True)
        if is_stage(place):
            raise InvalidRequestError(
                "In a dual run the bytes of an attachment are put whole: uploads are not rehearsed"
            )
        if new.size != attachment.size:
            raise InvalidRequestError(WRONG_SIZE)
        upload = Upload(
            id=new_id(),
            attachment_id=attachment.id,
            client=caller.organization,
            size=new.size,
            offset=0,
            blob_key=office.blobs.new_key(),
            sha256=new.sha256,
            created_at=now,
            expires_at=now + office.policy.upload_lifetime,
            folder_id=attachment.folder_id,
        )
        given_up[:] = tx.uploads.delete_of(attachment.id)
        tx.uploads.add(upload)
        return upload

    begun = await office.store.write(lambda tx: only_once(tx, caller, once, now, verb))
    if isinstance(begun, Upload):
        for key in given_up:
            await office.blobs.delete(key)
    return begun


async def describe(office: Office, caller: Caller, upload_id: str) -> Upload:
    """How far an upload has come. Raises NotFoundError or ForbiddenError."""
    return await office.store.read(lambda tx: _visible(tx, office, caller, upload_id))


async def terminate(office: Office, caller: Caller, upload_id: str) -> None:
    """Gives an upload up; what a complete one brought stays. Raises NotFoundError or ForbiddenError."""

    def verb(tx: Transaction) -> str | None:
        return tx.uploads.delete(_visible(tx, office, caller, upload_id).id)

    key = await office.store.write(verb)
    if key is not None:
        await office.blobs.delete(key)


async def append(
    office: Office,
    caller: Caller,
    upload_id: str,
    offset: int,
    chunks: AsyncIterator[bytes],
    announced: int | None = None,
    sha256: bytes | None = None,
) -> Upload:
    """Takes in what follows `offset`; with the last byte the attachment is judged as by `attachments.receive`.

    However it ends, what came before is durable and told, unless `sha256`, the digest of these bytes alone, could not
    be compared. `announced`: how many bytes there are. Raises OffsetError; BlobBusy while another request writes;
    ChecksumError; InvalidRequestError when there are too many bytes, or the whole has another digest than announced,
    after which the upload is gone; UnavailableError, after which it can go on; NotFoundError or ForbiddenError.
    """

    def query(tx: Transaction) -> tuple[Upload, str]:
        upload = _visible(tx, office, caller, upload_id)
        if upload.complete:
            return upload, ""
        return upload, _target_of(office, caller, upload)(tx, hold=False)[1].mime_type

    upload, declared = await office.store.read(query)
    if offset != upload.offset:
        raise OffsetError(upload.offset)
    if announced is not None and offset + announced > upload.size:
        raise InvalidRequestError(WRONG_SIZE)
    if upload.complete:
        return upload
    blob = await _committed(office, upload)
    if blob is None:
        upload, blob = await _taken(office, upload, chunks, sha256)
    if blob is None:
        return upload
    try:
        return await _judged(office, caller, upload, declared, blob)
    except InvalidRequestError:
        await _drop(office, upload)
        raise


async def _committed(office: Office, upload: Upload) -> Blob | None:
    """The bytes of an upload that were all there when it could not be judged."""
    if upload.offset < upload.size - 1:
        return None
    try:
        return await office.blobs.committed(upload.blob_key)
    except BlobMissing:
        return None


async def _taken(
    office: Office, upload: Upload, chunks: AsyncIterator[bytes], sha256: bytes | None
) -> tuple[Upload, Blob | None]:
    """Writes what comes; the blob once it is whole. How far it came is noted before anybody else can go on."""
    writer = await office.blobs.resume(upload.blob_key, upload.offset)
    try:
        # Only now nobody else writes: another request may have gone on before the file was ours.
        now = await office.store.read(lambda tx: tx.uploads.get(upload.id))
        if now is None:
            raise NotFoundError(_UPLOAD)
        if now.offset != upload.offset:
            raise OffsetError(now.offset)
        unproven = sha256 is not None
        try:
            await _write(office, upload, writer, chunks, sha256)
            unproven = False
            whole = writer.size == upload.size
        except BaseException:
            await _note(office, upload, await writer.settle(back=unproven))
            raise
        if not whole:
            return await _noted(office, upload, await writer.settle()), None
        await writer.sync()
        upload = await _noted(office, upload, writer.size)
        return upload, await writer.commit()
    finally:
        await writer.park()


async def _write(
    office: Office, upload: Upload, writer: PartialWriter, chunks: AsyncIterator[bytes], sha256: bytes | None
) -> None:
    sums = None if sha256 is None else hashlib.sha256()
    told = writer.size
    async for chunk in chunks:
        if writer.size + len(chunk) > upload.size:
            raise InvalidRequestError(WRONG_SIZE)
        await writer.write(chunk)
        if sums is not None:
            sums.update(chunk)
        elif writer.size - told >= CHECKPOINT:
            await writer.sync()
            await _noted(office, upload, writer.size)
            told = writer.size
    if sums is not None and sums.digest() != sha256:
        raise ChecksumError


async def _judged(office: Office, caller: Caller, upload: Upload, declared: str, blob: Blob) -> Upload:
    if upload.sha256 is not None and upload.sha256 != blob.sha256:
        raise InvalidRequestError(
            "Digest does not match: the bytes have another SHA-256 than was announced; begin anew"
        )
    verdict = await check(office, declared, blob)

    def first(tx: Transaction) -> bool:
        if tx.uploads.complete(upload.id):
            return True
        if tx.uploads.get(upload.id) is None:
            raise NotFoundError(_UPLOAD)
        return False  # a repeated last request was faster

    await record(office, caller, _target_of(office, caller, upload), blob, verdict, first)
    return replace(upload, offset=upload.size)


async def _noted(office: Office, upload: Upload, durable: int) -> Upload:
    """The upload as it stands with so many durable bytes. Raises NotFoundError when it was given up meanwhile."""
    found = await _note(office, upload, durable)
    if found is None:
        raise NotFoundError(_UPLOAD)
    return found


async def _note(office: Office, upload: Upload, durable: int) -> Upload | None:
    reached = min(durable, upload.size - 1)
    expires_at = office.clock() + office.policy.upload_lifetime
    if not await office.store.write(lambda tx: tx.uploads.advance(upload.id, reached, expires_at)):
        return None
    return replace(upload, offset=reached, expires_at=expires_at)


async def _drop(office: Office, upload: Upload) -> None:
    key = await office.store.write(lambda tx: tx.uploads.delete(upload.id))
    if key is not None:
        await office.blobs.delete(key)


def _visible(tx: Transaction, office: Office, caller: Caller, upload_id: str) -> Upload:
    upload = tx.uploads.get(upload_id)
    if upload is None or upload.client != caller.organization or upload.expires_at <= office.clock():
        raise NotFoundError(_UPLOAD)
    if upload.case_id is None:
        folder_of(tx, caller, upload.folder_id)
    else:
        case_of(tx, caller, upload.case_id)
    return upload


def _target_of(office: Office, caller: Caller, upload: Upload) -> Target:
    folder_id = upload.folder_id if upload.event_id is None else None
    return _target(office, caller, upload.attachment_id, folder_id, upload.case_id, upload.event_id)


def _target(
    office: Office,
    caller: Caller,
    attachment_id: str,
    folder_id: str | None,
    case_id: str | None,
    event_id: str | None,
) -> Target:
    if folder_id is not None:
        return folder_target(caller, folder_id, attachment_id)
    assert case_id is not None, "an upload is for a folder or for an event"
    assert event_id is not None, "an upload is for a folder or for an event"
    return event_target(office, caller, case_id, event_id, attachment_id)
