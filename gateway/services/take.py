"""Taking an answer in: what a legacy server says becomes statuses, events and notices at the depositor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.domain.answers import Answer, AnswerState
from gateway.domain.blob import Blob
from gateway.domain.deliveries import Gesture
from gateway.domain.dossiers import ActionType, Attachment, AttachmentStatus, Case, Event, EventStatus, Folder
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller, Role
from gateway.domain.ids import new_id
from gateway.domain.journal import Entry
from gateway.domain.referential import Process, SftpAccount
from gateway.domain.statuses import Status, Step, allowed, steps
from gateway.pec import returns as legacy
from gateway.pec.message import numbers_meant
from gateway.pec.names import safe_number
from gateway.services import refusals
from gateway.services.access import process_of
from gateway.services.authenticate import account_caller
from gateway.services.checking import ENTRIES, Verdict
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.progress import advance, record
from gateway.services.rehearsing import on_case
from gateway.services.settle import accept_by_answer

Files = Sequence[tuple[legacy.AnswerFile, Blob]]
Unsafe = Sequence[tuple[legacy.AnswerFile, Verdict]]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an answer, and the keys of the blobs that are kept for its files.

    `made_up`: it is about a made-up dossier, and counts in no figure.
    """

    state: AnswerState
    kept: frozenset[str] = frozenset()
    made_up: bool = False


@dataclass(slots=True)
class _Withheld:
    """What of an answer does not reach the depositor, for its error file."""

    files: list[str] = field(default_factory=list)
    unsafe: list[str] = field(default_factory=list)
    message: bool = False


async def queued(office: Office, most: int) -> list[str]:
    """The ids of the answers to be taken in, oldest first."""
    now = office.clock()
    return await office.store.read(lambda tx: tx.answers.unsettled(AnswerState.QUEUED, now, most))


async def read(office: Office, answer_id: str) -> Answer | None:
    """The answer, while it is still queued."""
    answer = await office.store.read(lambda tx: tx.answers.get(answer_id))
    return answer if answer is not None and answer.state is AnswerState.QUEUED else None


async def take(
    office: Office,
    answer_id: str,
    reading: legacy.Answer | legacy.UnreadableAnswer,
    files: Files = (),
    unsafe: Unsafe = (),
) -> Taken:
    """Settles a queued answer in one transaction: taken, duplicate, or refused with an error file beside it.

    `files` are the answer's further files, kept already; `unsafe` those that nobody shall get. An answer that was
    settled meanwhile is left alone.
    """
    now = office.clock()
    taken = await office.store.write(lambda tx: _take(tx, office, answer_id, reading, files, unsafe, now))
    if taken is None:
        return Taken(AnswerState.TAKEN)
    if not taken.made_up:
        office.meter.count("answers_total", outcome=taken.state)
    office.signals.published()
    return taken


def _take(
    tx: Transaction,
    office: Office,
    answer_id: str,
    reading: legacy.Answer | legacy.UnreadableAnswer,
    files: Files,
    unsafe: Unsafe,
    now: datetime,
) -> Taken | None:
    answer = tx.answers.hold(answer_id)
    if answer is None or answer.state is not AnswerState.QUEUED:
        return None
    account = tx.accounts.get(answer.account_id)
    assert account is not None, "an answer refers to its account"
    caller = account_caller(account)
    if isinstance(reading, legacy.UnreadableAnswer):
        return refuse(tx, office, caller, answer, refusals.unreadable(reading), now)
    numbers = [number for number in (reading.number, reading.other_number) if number]
    cases = _named(tx, answer, numbers)
    if not cases:  # what the message was called by holds no blanks, and some answer with that
        cases = _named(tx, answer, [meant for number in numbers for meant in numbers_meant(number)])
    if len(cases) != 1:
        found = refusals.ambiguous(reading.number) if cases else refusals.unknown_number(reading.number)
        return refuse(tx, office, caller, answer, found, now)
    (case_id,) = cases
    tx = on_case(tx, caller, case_id)
    held = tx.cases.hold(case_id)
    assert held is not None
    taken = _take_for(tx, office, caller, account, answer, reading, held, files, unsafe, now)
    return replace(taken, made_up=held[1].synthetic)


def _named(tx: Transaction, answer: Answer, numbers: Sequence[str]) -> set[str]:
    """The ids of the cases that an answer may mean by these numbers."""
    account, process = answer.account_id, answer.process
    return {case.id for one in numbers for case in tx.cases.answered(account, process, safe_number(one), one)}


def _take_for(
    tx: Transaction,
    office: Office,
    caller: Caller,
    account: SftpAccount,
    answer: Answer,
    reading: legacy.Answer,
    held: tuple[Case, Folder],
    files: Files,
    unsafe: Unsafe,
    now: datetime,
) -> Taken:
    case, folder = held
    if tx.answers.counted(case.id, case.publication, answer.blob.sha256):
        tx.answers.settle(answer, AnswerState.DUPLICATE, now, case_id=case.id, publication=case.publication)
        _line(tx, caller, answer, Entry.ANSWER_DUPLICATE, case, now)
        return Taken(AnswerState.DUPLICATE)
    process = process_of(tx, case.process)
    status = _status(office, process, reading.etat)
    if status is None:
        return refuse(tx, office, caller, answer, refusals.unknown_code(reading.etat), now)
    try:
        way = steps(process.rules, Role.SI, case.status, status)
    except InvalidRequestError:
        options = allowed(process.rules, Role.SI, case.status)
        return refuse(tx, office, caller, answer, refusals.forbidden(case.status, status, options), now)
    made = Gesture.REFUSAL if status is Status.SI_INTG_ERROR else Gesture.ANSWER
    acknowledges = Gesture.ANSWER in account.acknowledge_on
    if not accept_by_answer(tx, office, caller, case, made if acknowledges else None, now):
        return refuse(tx, office, caller, answer, refusals.unknown_number(reading.number), now)
    return _apply(tx, office, caller, answer, reading, case, folder, process, way, files, unsafe, now)


def _apply(
    tx: Transaction,
    office: Office,
    caller: Caller,
    answer: Answer,
    reading: legacy.Answer,
    case: Case,
    folder: Folder,
    process: Process,
    way: tuple[Step, ...],
    files: Files,
    unsafe: Unsafe,
    now: datetime,
) -> Taken:
    withheld = _Withheld(unsafe=[file.name for file, _ in unsafe])
    allowed_files = []
    for file, blob in files:
        if file.mime_type in process.recipient_formats:
            allowed_files.append((file, blob))
        else:
            withheld.files.append(file.name)
    message = (reading.comment or "")[:1000] or None
    if message and not process.message_to_transmitter:
        withheld.message, message = True, None
    moved = advance(tx, caller, case, folder, way[:-1], now)  # what was skipped is told before the answer
    event = Event(
        id=new_id(),
        case_id=case.id,
        transmitter=case.recipient,
        action=ActionType.ATTACH_DEPOSIT if allowed_files else ActionType.STATUS_UPDATE,
        status=EventStatus.SENT,
        created_at=now,
        updated_at=now,
        author=caller.actor,
        message=message,
        notification=True,
        current_status=moved.status,
        new_status=way[-1].status if way else case.status,
    )
    advance(tx, caller, moved, folder, way[-1:], now, event=event)
    record(tx, case, event)
    for position, (file, blob) in enumerate(allowed_files):
        attachment = Attachment(new_id(), folder.id, event.id, file.name, "Retour", blob.size, file.mime_type)
        tx.attachments.add(attachment, position)
        tx.attachments.receive(attachment.id, AttachmentStatus.RECEIVED, blob, now)
    error = None
    if withheld.files or withheld.unsafe or withheld.message:
        french, english = refusals.withheld(withheld.files, message=withheld.message, unsafe=withheld.unsafe)
        error = _error(office, answer, french, english, now, applied=True)
    tx.answers.settle(answer, AnswerState.TAKEN, now, error=error, case_id=case.id, publication=case.publication)
    personal = {"message": message, "withheld": withheld.files} if message or withheld.files else None
    _line(tx, caller, answer, Entry.ANSWER_TAKEN, case, now, etat=reading.etat, personal=personal)
    for file, verdict in unsafe:
        tx.journal.write(
            ENTRIES[verdict.status],
            caller,
            now,
            folder_id=folder.id,
            case_id=case.id,
            digest=answer.blob.sha256,
            detail={"answer": answer.id, **verdict.detail},
            personal={"file": file.name},
        )
    return Taken(AnswerState.TAKEN, frozenset(blob.key for _, blob in allowed_files))


def _status(office: Office, process: Process, etat: int) -> Status | None:
    """The status that a code stands for; a request for complements becomes IN_PROGRESS where there are none."""
    status = office.policy.answer_codes.get(etat)
    if status is Status.ADD_AWAITING and not process.rules.awaiting:
        return Status.IN_PROGRESS
    return status


def refuse(
    tx: Transaction, office: Office, caller: Caller, answer: Answer, reason: refusals.Refusal, now: datetime
) -> Taken:
    """Settles an upload as refused: it shows in FAILED with its error file; nothing else changes."""
    error = _error(office, answer, reason.french, reason.english, now)
    earlier = tx.answers.find(answer.account_id, answer.process, "FAILED", answer.name)
    if earlier is not None:
        tx.answers.hide(earlier.id)
    tx.answers.settle(answer, AnswerState.REFUSED, now, directory="FAILED", error=error)
    tx.journal.write(
        Entry.ANSWER_REFUSED,
        caller,
        now,
        digest=answer.blob.sha256,
        detail={"answer": answer.id, "reason": reason.code},
    )
    return Taken(AnswerState.REFUSED)


def _error(office: Office, answer: Answer, french: str, english: str, now: datetime, *, applied: bool = False) -> str:
    at = now.astimezone(office.policy.zone)
    return legacy.error_text(answer.name, french, english, at, applied=applied).decode()


def _line(
    tx: Transaction,
    caller: Caller,
    answer: Answer,
    entry: Entry,
    case: Case,
    now: datetime,
    *,
    etat: int | None = None,
    personal: Mapping[str, object] | None = None,
) -> None:
    tx.journal.write(
        entry,
        caller,
        now,
        folder_id=case.folder_id,
        case_id=case.id,
        subscription_id=case.subscription_id,
        digest=answer.blob.sha256,
        detail={"answer": answer.id} | ({} if etat is None else {"code": etat}),
        personal=personal,
    )
