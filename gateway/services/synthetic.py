"""Made-up dossiers, by which the migration team tries a subscriber out: sent like any other, and cleaned up after.

They are the gateway's own: of a depositor who never handed them in, the software would be told what became of dossiers
it does not know.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from gateway.domain.deliveries import DeliveryState
from gateway.domain.errors import InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller, Door, OrganizationId, Role
from gateway.domain.ids import new_id
from gateway.domain.journal import Entry
from gateway.domain.made_up import APPLICANT, PREFIX, SampleFile, files
from gateway.domain.referential import Process, Subscription
from gateway.domain.statuses import RANK, Status, Step
from gateway.services.access import operators_alone, process_of
from gateway.services.deposit import FolderView, NewAttachment, NewCase, NewFolder
from gateway.services.handing_in import Content, hand_in
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.progress import advance
from gateway.services.publish import withdraw

MOST: Final = 100
"""So many may be sent to one subscription at a time."""
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Sent:
    """A made-up dossier that was published."""

    subscription_id: str
    folder_id: str
    external_id: str


async def send(office: Office, caller: Caller, subscription_ids: Sequence[str], count: int) -> list[Sent]:
    """Hands in `count` made-up dossiers for each subscription, through the same verb as everybody's.

    For ADMIN. Every subscription is looked at before the first is sent to. Raises ForbiddenError; NotFoundError;
    InvalidRequestError for a count out of range, or naming each subscription that takes no dossiers now.
    """
    operators_alone(caller)
    if not 0 < count <= MOST:
        raise InvalidRequestError(f"count: must be between 1 and {MOST}")
    now = office.clock()
    asked = tuple(dict.fromkeys(subscription_ids))
    known = await office.store.read(lambda tx: [_known(tx, identifier) for identifier in asked])
    faults = [fault for one, process in known if (fault := _fault(one, process, now)) is not None]
    if faults:
        raise InvalidRequestError(*faults)
    sender = replace(caller, organization=office.gateway, role=Role.ADMIN, door=Door.GATEWAY, process=None)
    return [await _send(office, sender, one, process) for one, process in known for _ in range(count)]


async def clean(office: Office, caller: Caller, subscription_ids: Sequence[str]) -> int:
    """Takes back what was made up for these subscriptions, fetched or not; answers how many folders.

    Open deliveries are withdrawn, the cases closed; bytes, archives and the applicant go. What happened stays in the
    journal. For ADMIN. Raises ForbiddenError, NotFoundError.
    """
    operators_alone(caller)
    cleaned = 0
    for identifier in dict.fromkeys(subscription_ids):
        await office.store.read(partial(_found, identifier))
        while found := await office.store.read(partial(_folders, identifier)):
            for folder in found:
                await office.store.write(partial(_clean, caller, folder, office.clock()))
            cleaned += len(found)
    return cleaned


def _found(identifier: str, tx: Transaction) -> Subscription:
    found = tx.subscriptions.get(identifier)
    if found is None:
        raise NotFoundError("Subscription")
    return found


def _folders(identifier: str, tx: Transaction) -> list[str]:
    return tx.synthetic.of_subscription(identifier, _BATCH)


def _known(tx: Transaction, identifier: str) -> tuple[Subscription, Process]:
    found = _found(identifier, tx)
    return found, process_of(tx, found.process)


def _fault(known: Subscription, process: Process, now: datetime) -> str | None:
    if not process.is_activated or not known.active(now):
        return f"{known.organization} takes no dossiers of {known.process} now: it is {known.shown(now)}"
    try:
        files(process, PREFIX)
    except ValueError as error:
        return str(error)
    return None


async def _send(office: Office, sender: Caller, known: Subscription, process: Process) -> Sent:
    number = PREFIX + new_id().replace("-", "")[-12:].upper()
    case = NewCase(f"{number}-1", OrganizationId.parse(known.organization))
    made = files(process, number)
    attachments = tuple(
        NewAttachment(one.file_name, one.type, len(one.data), one.mime_type, (case.external_id,)) for one in made
    )
    new = NewFolder(process.code, number, APPLICANT, (case,), attachments, synthetic=True)
    view = await hand_in(office, sender, new, [_content(one) for one in made])
    assert isinstance(view, FolderView), "it was asked for without a key"
    return Sent(known.id, view.folder.id, number)


def _content(file: SampleFile) -> Content:
    async def pieces() -> AsyncIterator[bytes]:
        yield file.data

    return pieces


def _clean(caller: Caller, folder_id: str, now: datetime, tx: Transaction) -> None:
    folder = tx.folders.hold(folder_id)
    assert folder is not None, "folders that were completed stay"
    for case in tx.cases.of_folder(folder.id):
        for delivery in tx.deliveries.of_case(case.id):
            if delivery.state in (DeliveryState.READY, DeliveryState.FETCHED):
                withdraw(tx, caller, delivery, folder.id, now)
        if RANK[case.status] < RANK[Status.CLOSED]:
            advance(tx, caller, case, folder, (Step(Status.CLOSED),), now, notification=False)
    tx.synthetic.purge(folder.id, now)
    tx.journal.write(Entry.FOLDER_DELETED, caller, now, folder_id=folder.id, detail={"synthetic": True})
