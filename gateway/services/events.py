"""Events on a case: statuses, messages and files that one side sends to the other (hub v1, Events and statuses)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.deliveries import Gesture
from gateway.domain.dossiers import ActionType, Attachment, AttachmentStatus, Case, Event, EventStatus, Folder
from gateway.domain.errors import InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller, Mode
from gateway.domain.ids import new_id
from gateway.domain.journal import Entry
from gateway.domain.statuses import Status
from gateway.services.access import case_of, is_recipient, subscription_of
from gateway.services.cases import EventView, change, gesture_of, insert_skipped, known_status, view_event
from gateway.services.deposit import NewAttachment
from gateway.services.event_checks import EventDraft, event_faults
from gateway.services.office import Office
from gateway.services.once import Once, Replay, only_once
from gateway.services.ports import Transaction
from gateway.services.precondition import Precondition
from gateway.services.progress import notify, notify_depositor, speaker
from gateway.services.rehearsing import on_case
from gateway.services.reopen import deliver_event, fresh_reopening, reopen
from gateway.services.settle import accept_by_answer, gesture
from gateway.services.speaking import may_act, own_event


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be posted. `new_status` changes the case when the event is sent; `current_status` is kept as said."""

    action: ActionType
    author: str | None = None
    message: str | None = None
    comment: str | None = None
    notification: bool | None = None
    current_status: str | None = None
    new_status: str | None = None
    partner_attributes: str | None = None
    attachments: tuple[NewAttachment, ...] = ()


async def post_event(
    office: Office, caller: Caller, case_id: str, new: NewEvent, once: Once | None = None
) -> EventView | Replay:
    """Posts an event. ATTACH_DEPOSIT starts IN_PROGRESS and waits for its files; the others are sent at once.

    Raises InvalidRequestError listing every fault, ConflictError for a reused idempotency key, NotFoundError or
    ForbiddenError.
    """
    now = office.clock()
    answer = await office.store.write(
        lambda tx: only_once(
            on_case(tx, caller, case_id), caller, once, now, lambda tx: _post(tx, office, caller, case_id, new, now)
        )
    )
    office.signals.published()
    return answer


async def check_event(office: Office, caller: Caller, case_id: str, draft: EventDraft) -> list[str]:
    """What speaks against an event of which only a part could be read. Raises as `post_event` does of the case."""
    now = office.clock()

    def query(tx: Transaction) -> list[str]:
        tx = on_case(tx, caller, case_id, hold=False)
        case, _ = case_of(tx, caller, case_id)
        may_act(tx, caller, case, now)
        return event_faults(tx, office, caller, case, draft)

    return await office.store.read(query)


async def read_event(office: Office, caller: Caller, case_id: str, event_id: str) -> EventView:
    """One event of a case. Raises NotFoundError or ForbiddenError."""

    def query(tx: Transaction) -> EventView:
        tx = on_case(tx, caller, case_id, hold=False)
        case, _ = case_of(tx, caller, case_id)
        return view_event(caller, case, _event(tx, caller, case, event_id), tx.attachments.of_event(event_id))

    return await office.store.read(query)


async def set_event_status(
    office: Office,
    caller: Caller,
    case_id: str,
    event_id: str,
    status: str,
    *,
    expected: Precondition | None = None,
    once: Once | None = None,
) -> Replay | None:
    """SENT, by the author, sends an event in progress; RECEIVED, by the other side, acknowledges it.

    RECEIVED by the recipient also accepts the delivery that carries the event. Repeating either is silent. Raises
    InvalidRequestError when files are missing or the status is none of the two; ConflictError when the event is not as
    `expected` or the idempotency key was used for another request; NotFoundError or ForbiddenError.
    """
    now = office.clock()

    def verb(tx: Transaction) -> None:
        case, folder = case_of(tx, caller, case_id, hold=True)
        event = _event(tx, caller, case, event_id)
        may_act(tx, caller, case, now)
        if expected is not None:
            view = view_event(caller, case, event, tx.attachments.of_event(event.id))
            expected.check(view, "The event", event.status)
        if status == EventStatus.SENT and event.status is EventStatus.IN_PROGRESS:
            _send(tx, office, caller, case, folder, event, now)
        elif status == EventStatus.RECEIVED and event.status is EventStatus.SENT:
            _acknowledge(tx, office, caller, case, event, now)
        elif status != event.status:
            raise InvalidRequestError(f"status: an event in status {event.status} cannot become {status}")

    done = await office.store.write(lambda tx: only_once(on_case(tx, caller, case_id), caller, once, now, verb))
    office.signals.published()
    return done if isinstance(done, Replay) else None


async def delete_event(office: Office, caller: Caller, case_id: str, event_id: str) -> None:
    """Deletes an own ATTACH_DEPOSIT event that is still in progress. Raises InvalidRequestError for any other."""
    now = office.clock()

    def verb(tx: Transaction) -> list[str]:
        tx = on_case(tx, caller, case_id)
        case, folder = case_of(tx, caller, case_id, hold=True)
        event = own_event(tx, caller, case, event_id)
        may_act(tx, caller, case, now)
        blobs = [one.blob.key for one in tx.attachments.of_event(event.id) if one.blob is not None]
        if event.action is not ActionType.ATTACH_DEPOSIT or not tx.events.delete(event.id):
            raise InvalidRequestError("Only an ATTACH_DEPOSIT event that is IN_PROGRESS can be deleted")
        tx.journal.write(Entry.EVENT_DELETED, caller, now, folder_id=folder.id, case_id=case.id)
        _publish_what_waited(tx, office, caller, case, folder, now)
        return blobs

    for key in await office.store.write(verb):
        await office.blobs.delete(key)


def _post(tx: Transaction, office: Office, caller: Caller, case_id: str, new: NewEvent, now: datetime) -> EventView:
    case, folder = case_of(tx, caller, case_id, hold=True)
    may_act(tx, caller, case, now)
    draft = EventDraft(new.action, new.message, new.new_status, new.attachments)
    faults = event_faults(tx, office, caller, case, draft)
    if faults:
        raise InvalidRequestError(*faults)
    waits = new.action is ActionType.ATTACH_DEPOSIT
    if not waits and new.new_status is not None:
        case = insert_skipped(tx, caller, case, folder, Status(new.new_status), now)
    event = Event(
        id=new_id(),
        case_id=case.id,
        transmitter=speaker(caller, case),
        action=new.action,
        status=EventStatus.IN_PROGRESS if waits else EventStatus.SENT,
        created_at=now,
        updated_at=now,
        author=new.author,
        message=new.message,
        comment=new.comment,
        notification=new.notification,
        current_status=new.current_status,
        new_status=new.new_status,
        partner_attributes=new.partner_attributes,
        partner=caller.partner,
    )
    tx.events.add(event)
    attachments = tuple(
        Attachment(new_id(), folder.id, event.id, one.file_name, one.type, one.size, one.mime_type)
        for one in new.attachments
    )
    for position, attachment in enumerate(attachments):
        tx.attachments.add(attachment, position)
    tx.journal.write(
        Entry.EVENT_POSTED,
        caller,
        now,
        folder_id=folder.id,
        case_id=case.id,
        detail={"event": event.id, "action": event.action},
        personal={"message": new.message} if new.message else None,
    )
    if not waits:
        take_effect(tx, office, caller, case, folder, event, now)
    return view_event(caller, case, event, attachments)


def take_effect(
    tx: Transaction, office: Office, caller: Caller, case: Case, folder: Folder, event: Event, now: datetime
) -> None:
    """What an event that is now SENT does: it changes the case, and reaches the other side."""
    reopened = False
    if event.new_status == case.status and is_recipient(caller, case):
        made = gesture_of(case.status)
        if made is not None:  # said again, of a case that got something more since
            accept_by_answer(tx, office, caller, case, made, now)
    elif event.new_status is not None and event.new_status != case.status:
        wanted = known_status("caseNewStatus", event.new_status)
        reopened = wanted is Status.HUBEE_NOTIFIED and not is_recipient(caller, case)
        case = change(tx, office, caller, case, folder, wanted, now, event=event)
    if is_recipient(caller, case):
        if event.notification:
            notify_depositor(tx, case, event)
    elif reopened:
        return  # the re-opening's delivery carries this event
    elif event.action is ActionType.ATTACH_DEPOSIT or event.message:
        deliver_event(tx, office, caller, case, folder, event, now)
    elif event.notification:
        _notice(tx, case, event)


def _notice(tx: Transaction, case: Case, event: Event) -> None:
    """A depositor's event without content: joins a re-opening that nobody has fetched, or is a line in the inbox.

    In mode SFTP there is no inbox for it: no archive is made of a notice.
    """
    standing = fresh_reopening(tx, case)
    if standing is not None:
        tx.deliveries.carry(standing.id, event.id)  # unless it carries one already
    elif not case.reopening and subscription_of(tx, case.subscription_id).access_mode is not Mode.SFTP:
        notify(tx, case, event, case.recipient, event.transmitter)


def _send(
    tx: Transaction, office: Office, caller: Caller, case: Case, folder: Folder, event: Event, now: datetime
) -> None:
    own_event(tx, caller, case, event.id)
    missing = [
        f"Attachment {one.id} ({one.type}) is {one.status}: put its content before sending the event"
        for one in tx.attachments.of_event(event.id)
        if one.status is not AttachmentStatus.RECEIVED
    ]
    if missing:
        raise InvalidRequestError(*missing)
    tx.events.change_status(event.id, EventStatus.IN_PROGRESS, EventStatus.SENT, now)
    tx.journal.write(
        Entry.EVENT_STATUS, caller, now, folder_id=folder.id, case_id=case.id, detail={"event": event.id, "to": "SENT"}
    )
    sent = replace(event, status=EventStatus.SENT, updated_at=now)
    take_effect(tx, office, caller, case, folder, sent, now)


def _acknowledge(tx: Transaction, office: Office, caller: Caller, case: Case, event: Event, now: datetime) -> None:
    if event.transmitter == caller.organization:
        raise InvalidRequestError("status: RECEIVED is for the other side to say")
    if not tx.events.change_status(event.id, EventStatus.SENT, EventStatus.RECEIVED, now):
        return
    tx.journal.write(
        Entry.EVENT_STATUS,
        caller,
        now,
        folder_id=case.folder_id,
        case_id=case.id,
        detail={"event": event.id, "to": "RECEIVED"},
    )
    if is_recipient(caller, case):
        for delivery in tx.deliveries.of_case(case.id):
            if delivery.event_id == event.id:
                gesture(tx, office, caller, delivery.id, Gesture.RECEIPT, now)
    if event.notification:
        received = replace(event, updated_at=now)
        if event.transmitter == case.depositor:
            notify(tx, case, received, case.depositor, case.recipient)
        elif subscription_of(tx, case.subscription_id).access_mode is not Mode.SFTP:
            notify(tx, case, received, event.transmitter, caller.organization)


def _publish_what_waited(
    tx: Transaction, office: Office, caller: Caller, case: Case, folder: Folder, now: datetime
) -> None:
    """A re-opening whose awaited event was deleted is published without it: nothing waits for ever."""
    if case.reopening and not tx.events.in_progress(case.id, case.depositor):
        reopen(tx, office, caller, case, folder, now)


def _event(tx: Transaction, caller: Caller, case: Case, event_id: str) -> Event:
    event = tx.events.get(case.id, event_id)
    if event is None or (event.status is EventStatus.IN_PROGRESS and event.transmitter != caller.organization):
        raise NotFoundError("Event")
    return event
