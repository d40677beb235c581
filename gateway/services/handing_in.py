"""A folder handed in by one call: nothing of it is there before all of it is.

The bytes of its files are made durable and checked first, without a row; then one transaction writes the folder, its
files and its publication. Whatever breaks off before leaves bytes that no row names, for the sweep.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

from gateway.domain.blob import Blob
from gateway.domain.dossiers import AttachmentStatus
from gateway.domain.errors import InvalidRequestError, UnavailableError
from gateway.domain.identity import Caller
from gateway.services import attachments, deposit
from gateway.services.checking import ENTRIES, Verdict
from gateway.services.deposit import FolderView, NewFolder
from gateway.services.deposit_checks import FolderDraft
from gateway.services.office import Office
from gateway.services.once import Once, Replay, only_once, repeated
from gateway.services.ports import Transaction

Content = Callable[[], AsyncIterator[bytes]]
"""Begins to read the bytes of one file."""
Kept = tuple[Blob, Verdict]
"""Bytes that are durable and were checked."""


async def hand_in(
    office: Office, caller: Caller, new: NewFolder, contents: Sequence[Content], once: Once | None = None
) -> FolderView | Replay:
    """Hands in a folder whole; `contents` are the files in the order of its attachments.

    Answers the folder as it reads once it is published. Raises what `deposit.create_folder` and `attachments.take_in`
    do, the faults of all files together; InvalidRequestError also when a file was rejected or found corrupted, which
    the journal tells of; ConflictError when the idempotency key was used for another request.
    """
    if once is not None:
        replay = await repeated(office.store, caller, once, office.clock())
        if replay is not None:
            return replay
    faults = await deposit.check_folder(office, caller, FolderDraft(new.process, new.cases, new.attachments))
    if faults:
        raise InvalidRequestError(*faults)
    kept: list[Kept] = []
    try:
        await _take_in(office, caller, new, contents, kept)
        answer = await _published(office, caller, new, kept, once)
    except (asyncio.CancelledError, UnavailableError):
        if len(kept) < len(new.attachments):
            await _drop(office, kept)
        raise  # when all was there, nobody knows whether the rows are: the sweep looks
    except BaseException:
        await _drop(office, kept)
        raise
    if isinstance(answer, Replay):  # the same request, sent twice at a time: the other one was faster
        await _drop(office, kept)
        return answer
    if new.synthetic:
        office.signals.published()
        return answer
    for _, verdict in kept:
        office.meter.count("attachments_total", outcome=verdict.status)
    office.meter.count("folders_total", process=new.process)
    deposit.announce(office, new.process)
    return answer


async def _take_in(
    office: Office, caller: Caller, new: NewFolder, contents: Sequence[Content], kept: list[Kept]
) -> None:
    """Adds what could be kept to `kept`; raises the faults of all files together."""
    faults: list[str] = []
    refused: list[Kept] = []
    for position, (one, content) in enumerate(zip(new.attachments, contents, strict=True)):
        try:
            found = await attachments.take_in(office, one.size, one.mime_type, content())
        except InvalidRequestError as error:
            faults += [f"attachments[{position}]: {fault}" for fault in error.faults]
            continue
        kept.append(found)
        if found[1].status is not AttachmentStatus.RECEIVED:
            refused.append(found)
            faults.append(f"attachments[{position}]: the content is not accepted, {_why(found[1])}")
    if refused:
        await office.store.write(lambda tx: _tell(tx, caller, new, refused, office.clock()))
    if faults:
        raise InvalidRequestError(*faults)


def _why(verdict: Verdict) -> str:
    """What was found of the bytes, for who sent them; which virus it is, the journal alone knows."""
    why = verdict.detail.get("reason")
    if why is None:
        return f"it was found {verdict.status}"
    kinds = [f"{name} {verdict.detail[name]}" for name in ("declared", "found") if name in verdict.detail]
    return f"it was found {verdict.status}: {why}" + (f" ({', '.join(kinds)})" if kinds else "")


def _tell(tx: Transaction, caller: Caller, new: NewFolder, refused: Sequence[Kept], now: datetime) -> None:
    """The journal keeps what was found, though there is no folder that it was found in."""
    for blob, verdict in refused:
        detail = {"process": new.process, "size": blob.size, **verdict.detail}
        tx.journal.write(ENTRIES[verdict.status], caller, now, digest=blob.sha256, detail=detail)


async def _published(
    office: Office, caller: Caller, new: NewFolder, kept: Sequence[Kept], once: Once | None
) -> FolderView | Replay:
    now = office.clock()

    def verb(tx: Transaction) -> FolderView:
        view = deposit.create(tx, office, caller, new, now)
        for attachment, (blob, verdict) in zip(view.attachments, kept, strict=True):
            attachments.note(tx, caller, attachment, blob, verdict, now)
        deposit.complete(tx, office, caller, view.folder, now)
        folder = tx.folders.get(view.folder.id)
        assert folder is not None, "it was written by this transaction"
        return deposit.view_of(tx, folder)

    return await office.store.write(lambda tx: only_once(tx, caller, once, now, verb))


async def _drop(office: Office, kept: Sequence[Kept]) -> None:
    for blob, _ in kept:
        await office.blobs.delete(blob.key)
