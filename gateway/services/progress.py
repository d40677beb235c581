"""The one writer of statuses: status, events, notifications, folder and journal move together or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from gateway.domain.dossiers import ActionType, Case, Event, EventStatus, Folder, Notification
from gateway.domain.errors import ConflictError
from gateway.domain.identity import Caller
from gateway.domain.ids import new_id
from gateway.domain.journal import Entry
from gateway.domain.statuses import Status, Step, folder_status
from gateway.services.ports import Transaction


def advance(
    tx: Transaction,
    caller: Caller,
    case: Case,
    folder: Folder,
    way: Sequence[Step],
    now: datetime,
    *,
    event: Event | None = None,
    notification: bool = True,
) -> Case:
    """Moves a case along `way`, one event for each step, and its folder after it; returns the case as it is then.

    `event` is the one that carries the last step: written already, it gets no second one. `notification` is for the
    events written here. Raises ConflictError when the case was moved by somebody else meanwhile.
    """
    before = case.status
    for step in way:
        if not tx.cases.change_status(case.id, before, step.status, now):
            found = tx.cases.get(case.id)
            now_in = {} if found is None else {"status": str(found[0].status)}
            raise ConflictError(f"The case left status {before} meanwhile; read it again", now_in)
        if event is None or step is not way[-1]:
            record(tx, case, status_event(caller, case, before, step, now, notification=notification))
        tx.journal.write(
            Entry.CASE_STATUS,
            caller,
            now,
            folder_id=folder.id,
            case_id=case.id,
            subscription_id=case.subscription_id,
            detail={"from": before, "to": step.status} | ({"inserted": True} if step.inserted else {}),
        )
        before = step.status
    if way:
        follow(tx, folder, now)
    return replace(case, status=before, updated_at=now)


def follow(tx: Transaction, folder: Folder, now: datetime) -> None:
    """Brings the folder's status in line with its cases; ends what the depositor had set on the folder itself."""
    status = folder_status(tx.cases.statuses(folder.id))
    if status is not folder.status or folder.pinned:
        tx.folders.set_status(folder.id, status, now, pinned=False)


def status_event(caller: Caller, case: Case, before: Status, step: Step, now: datetime, *, notification: bool) -> Event:
    """The event that tells of one change of status."""
    return Event(
        id=new_id(),
        case_id=case.id,
        transmitter=speaker(caller, case),
        action=ActionType.STATUS_UPDATE,
        status=EventStatus.SENT,
        created_at=now,
        updated_at=now,
        author=caller.actor,
        notification=notification,
        current_status=before,
        new_status=step.status,
        partner=caller.partner,
        inserted=step.inserted,
    )


def record(tx: Transaction, case: Case, event: Event) -> None:
    """Writes an event that is SENT from the start, and the notice to the depositor if it asks for one."""
    tx.events.add(event)
    if event.notification and event.transmitter != case.depositor:
        notify_depositor(tx, case, event)


def notify_depositor(tx: Transaction, case: Case, event: Event) -> None:
    """Puts a notice of the event into the depositor's inbox."""
    notify(tx, case, event, case.depositor, event.transmitter)


def notify(tx: Transaction, case: Case, event: Event, recipient: str, transmitter: str) -> None:
    """Puts a notice of the event into an organization's inbox."""
    tx.notifications.add(
        Notification(new_id(), recipient, transmitter, case.process, case.id, event.id, event.updated_at)
    )


def speaker(caller: Caller, case: Case) -> str:
    """The organization in whose name the caller acts on the case: an SFTP account acts for the case's recipient."""
    return case.recipient if caller.account is not None else caller.organization
