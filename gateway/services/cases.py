"""Cases as depositors and recipients read them, and the changes of status they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.deliveries import Gesture
from gateway.domain.dossiers import Attachment, Case, Event, EventStatus, Folder
from gateway.domain.errors import InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller, Door, Role
from gateway.domain.statuses import BEYOND_SENT, Status, Step, steps
from gateway.services.access import case_of, is_depositor, is_recipient, process_of
from gateway.services.office import Office
from gateway.services.once import Once, Replay, only_once
from gateway.services.ports import Transaction
from gateway.services.precondition import Precondition
from gateway.services.progress import advance
from gateway.services.rehearsing import on_case
from gateway.services.reopen import reopen
from gateway.services.served import METADATA, note_served
from gateway.services.settle import accept_by_answer
from gateway.services.speaking import may_act

_OPERATORS_ALONE = (Status.CLOSED,)


@dataclass(frozen=True, slots=True)
class EventView:
    """An event with its attachments, as the caller may see it."""

    event: Event
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with what it shows."""

    case: Case
    folder: Folder
    attachments: tuple[Attachment, ...]
    events: tuple[EventView, ...]


async def read_case(office: Office, caller: Caller, case_id: str, *, lite: bool = False) -> CaseView:
    """The case, for its depositor, its recipient or ADMIN; `lite` leaves out events and attachments.

    A recipient's reading counts towards the fetching of its deliveries. Raises NotFoundError or ForbiddenError.
    """
    view = await office.store.read(
        lambda tx: _read(on_case(tx, caller, case_id, hold=False), caller, case_id, lite=lite)
    )
    if not lite:
        await note_served(office, caller, case_id, METADATA, 0, 1)
    return view


async def set_status(
    office: Office,
    caller: Caller,
    case_id: str,
    status: str,
    *,
    expected: Precondition | None = None,
    once: Once | None = None,
) -> Replay | None:
    """Changes the status of a case; the present status is accepted silently.

    The recipient's first status beyond SENT accepts the case's delivery (SI_INTG_ERROR rejects it); HUBEE_NOTIFIED by
    the depositor re-opens the case. Raises InvalidRequestError for an unknown status or a change that the process does
    allow; ConflictError when the case is not as `expected`, was moved meanwhile, or the idempotency key was used for
    another request; NotFoundError or ForbiddenError.
    """
    now = office.clock()
    wanted = known_status("status", status)

    def verb(tx: Transaction) -> None:
        case, folder = case_of(tx, caller, case_id, hold=True)
        may_act(tx, caller, case, now)
        if expected is not None:
            expected.check(_read(tx, caller, case_id, lite=False), "The case", case.status)
        if wanted is not case.status:
            change(tx, office, caller, case, folder, wanted, now)

    done = await office.store.write(lambda tx: only_once(on_case(tx, caller, case_id), caller, once, now, verb))
    office.signals.published()
    return done if isinstance(done, Replay) else None


def known_status(field: str, value: str) -> Status:
    """The status of that name. Raises InvalidRequestError naming the field."""
    if value not in Status.__members__ or value == Status.ARCHIVED:
        raise InvalidRequestError(f"{field}: {value} is not a status that can be set")
    return Status(value)


def change(
    tx: Transaction,
    office: Office,
    caller: Caller,
    case: Case,
    folder: Folder,
    wanted: Status,
    now: datetime,
    *,
    event: Event | None = None,
) -> Case:
    """Moves a held case to another status, with what follows for its deliveries; returns the case as it is then.

    `event` carries the change where one was posted; else events are written for it, without notification.
    """
    way = _way(tx, caller, case, wanted)
    if is_recipient(caller, case):
        made = gesture_of(wanted)
        if made is not None and not accept_by_answer(tx, office, caller, case, made, now):
            raise NotFoundError("Case")
    changed = advance(tx, caller, case, folder, way, now, event=event, notification=False)
    if wanted is Status.HUBEE_NOTIFIED and not is_recipient(caller, case):
        reopen(tx, office, caller, changed, folder, now, event=event)
    return changed


def insert_skipped(tx: Transaction, caller: Caller, case: Case, folder: Folder, wanted: Status, now: datetime) -> Case:
    """Records the statuses that a change to `wanted` would skip, so that they stand before the event of the change."""
    return advance(tx, caller, case, folder, _way(tx, caller, case, wanted)[:-1], now, notification=False)


def gesture_of(status: Status) -> Gesture | None:
    """What a recipient's status means for the deliveries of its case; None for one that settles nothing."""
    if status is Status.SI_INTG_ERROR:
        return Gesture.INTEGRATION_ERROR
    return Gesture.STATUS if status in BEYOND_SENT else None


def view_event(caller: Caller, case: Case, event: Event, attachments: Sequence[Attachment]) -> EventView:
    """The event as the caller may see it: the comment is for the recipient's own people (hub v1, Events)."""
    shown = replace(event, comment=None) if is_depositor(caller, case) else event
    return EventView(shown, tuple(attachments))


def _way(tx: Transaction, caller: Caller, case: Case, wanted: Status) -> tuple[Step, ...]:
    rules = process_of(tx, case.process).rules
    if rules.strict or caller.door is not Door.API:
        return steps(rules, caller.role, case.status, wanted)
    if caller.role is Role.SI and wanted in _OPERATORS_ALONE:
        raise InvalidRequestError(f"Status {wanted} is the depositor's alone")
    return (Step(wanted),)


def _read(tx: Transaction, caller: Caller, case_id: str, *, lite: bool) -> CaseView:
    case, folder = case_of(tx, caller, case_id)
    if lite:
        return CaseView(case, folder, (), ())
    by_event: dict[str | None, list[Attachment]] = {}
    for attachment in tx.attachments.of_events(case.id):
        by_event.setdefault(attachment.event_id, []).append(attachment)
    events = tuple(
        view_event(caller, case, event, by_event.get(event.id, ()))
        for event in tx.events.of_case(case.id)
        if event.status is not EventStatus.IN_PROGRESS or event.transmitter == caller.organization
    )
    return CaseView(case, folder, tuple(tx.attachments.of_case(case.id)), events)
