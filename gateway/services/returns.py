"""What legacy servers hand in: uploads in out/, kept durably, queued when whole, shown until they are settled."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import BinaryIO, Final

from gateway.domain.answers import Answer, AnswerState, Held, is_temporary
from gateway.domain.errors import ConflictError, ForbiddenError, NotFoundError, UnavailableError
from gateway.domain.identity import Caller
from gateway.domain.ids import new_id
from gateway.domain.journal import Entry
from gateway.domain.sums import Sums
from gateway.pec.returns import judge
from gateway.services.office import Office
from gateway.services.ports import BlobReader, Transaction

ERROR_SUFFIX: Final = ".error.txt"
LONGEST_NAME: Final = 255 - len(ERROR_SUFFIX)
"""Bytes of an upload's name at most: the error file beside it has to have one too."""

_CHUNK: Final = 1 << 20
_REFUSED_LATELY: Final = timedelta(days=1)
_SETTLED: Final = (AnswerState.TAKEN, AnswerState.DUPLICATE, AnswerState.REFUSED)


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of an out/ directory; size in bytes. `error`: the text beside an answer, not the answer itself."""

    name: str
    size: int
    modified_at: datetime
    answer: Answer
    error: bool = False


async def listing(office: Office, caller: Caller, process: str, directory: str) -> list[Upload]:
    """The files of out/ itself (`directory` ''), of its DONE or of its FAILED, for as long as doors keep them."""
    since = office.clock() - office.policy.retention
    account = _account(caller)
    found = await office.store.read(lambda tx: tx.answers.directory(account, process, directory, since))
    return [upload for answer in found for upload in _uploads(answer)]


async def find(office: Office, caller: Caller, process: str, directory: str, name: str) -> Upload:
    """The file of that name. Raises NotFoundError."""
    account = _account(caller)
    names = [name] + ([name.removesuffix(ERROR_SUFFIX)] if name.endswith(ERROR_SUFFIX) else [])

    def query(tx: Transaction) -> list[Answer | None]:
        return [tx.answers.find(account, process, directory, one) for one in names]

    for answer in await office.store.glance(query):
        for upload in _uploads(answer) if answer else ():
            if upload.name == name:
                return upload
    raise NotFoundError("File")


def check_name(name: str) -> None:
    """Raises ForbiddenError for a name of which an error file could not stand beside its answer, or that is one's."""
    if name.endswith(ERROR_SUFFIX):
        raise ForbiddenError(f"Names that end in {ERROR_SUFFIX} are kept for the gateway's error files")
    if len(name.encode()) > LONGEST_NAME:
        raise ForbiddenError(f"The name is too long: {LONGEST_NAME} bytes at most")


def error_bytes(upload: Upload) -> bytes:
    """The content of an error file."""
    return (upload.answer.error or "").encode()


async def held(office: Office, caller: Caller) -> Held:
    """What the account has in out/ that was not taken in, and what was refused within a day, deleted or not."""
    account, since = _account(caller), office.clock() - _REFUSED_LATELY
    return await office.store.glance(lambda tx: tx.answers.held(account, since))


async def open_upload(office: Office, caller: Caller, upload: Upload) -> BlobReader:
    """Opens an upload's bytes for reading."""
    if upload.answer.account_id != _account(caller):
        raise NotFoundError("File")
    return await office.blobs.reader(upload.answer.blob.key)


async def hand_in(
    office: Office, caller: Caller, process: str, name: str, file: BinaryIO, size: int, sums: Sums | None = None
) -> Answer:
    """Keeps an upload that its client closed; when this returns it is durable. `sums`: those of its bytes, if known.

    A whole one is queued for the bridge. One that is incomplete or has a temporary name stays as PARTIAL until it is
    completed, renamed or given up. An earlier upload of that name leaves the listing; if it was whole, it still counts.
    """
    state = AnswerState.PARTIAL if await _is_partial(office, name, file, size) else AnswerState.QUEUED
    blob = await office.blobs.adopt(file, size, sums)
    now = office.clock()
    answer = Answer(new_id(), _account(caller), process, name, blob, state, now)

    def verb(tx: Transaction) -> Answer | None:
        earlier = tx.answers.find(answer.account_id, process, "", name)
        if earlier is not None:
            _drop(tx, earlier)
        tx.answers.add(answer)
        _note_queued(tx, caller, answer, now)
        return earlier

    try:
        replaced = await office.store.write(verb)
    except (asyncio.CancelledError, UnavailableError):
        raise  # nobody knows whether the row is there: the sweep looks
    except BaseException:
        await office.blobs.delete(blob.key)
        raise
    if replaced is not None and replaced.state is AnswerState.PARTIAL:
        await office.blobs.delete(replaced.blob.key)
    return answer


async def rename(
    office: Office,
    caller: Caller,
    process: str,
    source: tuple[str, str],
    target: tuple[str, str],
    *,
    replace: bool = False,
) -> None:
    """Renames an upload in out/; a temporary name that becomes a final one hands it in.

    One that was taken in already changes its name alone: its client uses temporary names that nobody knows. `replace`:
    an earlier upload of the new name leaves the listing, as it does before a new upload; if it was whole, it still
    counts. Raises NotFoundError, ConflictError when the new name exists otherwise, ForbiddenError for a file in DONE or
    FAILED, for an error file, or for a target outside out/ itself.
    """
    account = _account(caller)
    check_name(target[1])
    upload = await find(office, caller, process, *source)
    if upload.error or source[0] or target[0]:
        raise ForbiddenError("Only an upload in out/ can be renamed, within out/")
    partial = await _stays_partial(office, caller, upload, target[1])
    now = office.clock()

    def verb(tx: Transaction) -> Answer | None:
        answer = tx.answers.hold(upload.answer.id)
        if answer is None or answer.hidden or (answer.directory, answer.name) != source:
            raise NotFoundError("File")
        earlier = tx.answers.find(account, process, "", target[1])
        if earlier is not None and earlier.id == answer.id:
            return None
        if earlier is not None:
            if not replace:
                raise ConflictError("A file of that name exists there")
            _drop(tx, earlier)
        if answer.state in _SETTLED:
            tx.answers.move(answer.id, "", target[1])
            return earlier
        state = AnswerState.PARTIAL if partial else AnswerState.QUEUED
        tx.answers.rename(answer.id, "", target[1], state, now)
        if answer.state is AnswerState.PARTIAL and not partial:
            tx.journal.write(Entry.ANSWER_QUEUED, caller, now, digest=answer.blob.sha256, detail={"answer": answer.id})
        return earlier

    replaced = await office.store.write(verb)
    if replaced is not None and replaced.state is AnswerState.PARTIAL:
        await office.blobs.delete(replaced.blob.key)


async def remove(office: Office, caller: Caller, process: str, directory: str, name: str) -> None:
    """Takes a file out of the account's view. Raises NotFoundError, ConflictError while it is being taken in."""
    upload = await find(office, caller, process, directory, name)

    def verb(tx: Transaction) -> Answer:
        answer = tx.answers.hold(upload.answer.id)
        if answer is None:
            raise NotFoundError("File")
        if answer.state is AnswerState.QUEUED:
            raise ConflictError("The answer is being taken in; wait a moment")
        _drop(tx, answer)
        return answer

    answer = await office.store.write(verb)
    if answer.state is AnswerState.PARTIAL:
        await office.blobs.delete(answer.blob.key)


def _drop(tx: Transaction, answer: Answer) -> None:
    """Takes an upload out of its listing; one that never was an answer leaves no trace."""
    if answer.state is AnswerState.PARTIAL:
        tx.answers.delete(answer.id)
    else:
        tx.answers.hide(answer.id)


def _uploads(answer: Answer) -> list[Upload]:
    found = [Upload(answer.name, answer.blob.size, answer.received_at, answer)]
    if answer.error is not None:
        text = len(answer.error.encode())
        found.append(Upload(answer.name + ERROR_SUFFIX, text, answer.settled_at or answer.received_at, answer, True))
    return found


async def _is_partial(office: Office, name: str, file: BinaryIO, size: int) -> bool:
    """Whether the file has to wait: a temporary name, or bytes that are not whole yet."""
    if is_temporary(name):
        return True
    return await asyncio.to_thread(judge, file, size, office.policy.answer_limits) == "partial"


async def _stays_partial(office: Office, caller: Caller, upload: Upload, name: str) -> bool:
    """Judges an upload again under its new name."""
    if upload.answer.state is not AnswerState.PARTIAL:
        return False
    if is_temporary(name):
        return True
    reader = await open_upload(office, caller, upload)
    try:
        with TemporaryFile() as copy:
            for offset in range(0, reader.size, _CHUNK):
                copy.write(await reader.read(offset, _CHUNK))
                await asyncio.sleep(0)
            return await _is_partial(office, name, copy, reader.size)
    finally:
        await reader.close()


def _note_queued(tx: Transaction, caller: Caller, answer: Answer, now: datetime) -> None:
    if answer.state is AnswerState.QUEUED:
        tx.journal.write(Entry.ANSWER_QUEUED, caller, now, digest=answer.blob.sha256, detail={"answer": answer.id})


def _account(caller: Caller) -> str:
    assert caller.account is not None, "only SFTP accounts hand in files"
    return caller.account
