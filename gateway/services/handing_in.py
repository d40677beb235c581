"""A folder handed in by one call: created, its files received, completed. If anything is wrong nothing stays."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import NoReturn

from gateway.domain.dossiers import AttachmentStatus
from gateway.domain.errors import ConflictError, DomainError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller
from gateway.services import attachments, deposit
from gateway.services.deposit import FolderView, NewFolder
from gateway.services.office import Office
from gateway.services.once import Once, Replay, only_once
from gateway.services.ports import Transaction

Content = Callable[[], AsyncIterator[bytes]]
"""Begins to read the bytes of one file."""


class _UnusedError(Exception):
    """The key was not used; undoes its claim."""


async def hand_in(
    office: Office, caller: Caller, new: NewFolder, contents: Sequence[Content], once: Once | None = None
) -> FolderView | Replay:
    """Hands in a folder whole; `contents` are the files in the order of its attachments.

    Answers the folder as it reads once it is published. Raises what `deposit.create_folder` and `attachments.receive`
    do, the faults of all files together; InvalidRequestError also when a file was rejected or found corrupted;
    ConflictError when the idempotency key was used for another request, or another request took the folder away.
    """
    if once is not None:
        replay = await _repeated(office, caller, once)
        if replay is not None:
            return replay
    view = await deposit.create_folder(office, caller, new)
    assert isinstance(view, FolderView), "without a key nothing is replayed"
    try:
        await _receive(office, caller, view, contents)
        answer = await deposit.complete_folder(office, caller, view.folder.id, once)
    except BaseException as error:
        await _take_back(office, caller, view)
        if isinstance(error, NotFoundError):
            message = "The folder was deleted by another request while it was handed in"
            raise ConflictError(message, {"globalStatus": None}) from None
        raise
    if isinstance(answer, Replay):  # the same request, sent twice at a time: the other one was faster
        await _take_back(office, caller, view)
    return answer


async def _repeated(office: Office, caller: Caller, once: Once) -> Replay | None:
    """The first answer under the key, if there is one. The key itself is claimed with the completion."""
    now = office.clock()

    def unused(_tx: Transaction) -> NoReturn:
        raise _UnusedError

    try:
        answer: Replay = await office.store.write(lambda tx: only_once(tx, caller, once, now, unused))
    except _UnusedError:
        return None
    return answer


async def _receive(office: Office, caller: Caller, view: FolderView, contents: Sequence[Content]) -> None:
    faults: list[str] = []
    for position, (attachment, content) in enumerate(zip(view.attachments, contents, strict=True)):
        try:
            await attachments.receive(office, caller, view.folder.id, attachment.id, content())
        except InvalidRequestError as error:
            faults += [f"attachments[{position}]: {fault}" for fault in error.faults]
    received = await deposit.read_folder(office, caller, view.folder.id)
    for position, attachment in enumerate(received.attachments):
        if attachment.status not in (AttachmentStatus.RECEIVED, AttachmentStatus.PENDING):
            faults.append(f"attachments[{position}]: the content is not accepted, it was found {attachment.status}")
    if faults:
        raise InvalidRequestError(*faults)


async def _take_back(office: Office, caller: Caller, view: FolderView) -> None:
    with suppress(DomainError):  # then it is gone, or another request has completed it
        await deposit.delete_folder(office, caller, view.folder.id)
