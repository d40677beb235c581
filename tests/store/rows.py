"""Made-up rows for the tests of the store: two communes, two processes, and what travels between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.domain.answers import Answer, AnswerState
from gateway.domain.blob import Blob
from gateway.domain.deliveries import Delivery, DeliveryKind, DeliveryState
from gateway.domain.dossiers import (
    ActionType,
    Applicant,
    Attachment,
    Case,
    Event,
    EventStatus,
    Folder,
    Notification,
)
from gateway.domain.identity import Caller, Door, Mode, OrganizationId, Partner, Role
from gateway.domain.ids import new_id
from gateway.domain.outgoing import Outgoing
from gateway.domain.referential import ApiClient, Organization, Process, SftpAccount, Subscription
from gateway.domain.statuses import Status
from gateway.store.transaction import Transaction

NOW = datetime(2026, 3, 2, 9, 0, 0, 123_000, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)

OSL = "OSL-13000918600011-00000"
RENNES = "SI-21350238800019-35238"
BREST = "SI-21290019900015-29019"

RENNES_SFTP = Subscription(new_id(), RENNES, "EtatCivil", access_mode=Mode.SFTP)
BREST_API = Subscription(new_id(), BREST, "EtatCivil", access_mode=Mode.API)
ACCOUNT = SftpAccount(new_id(), RENNES, "rennes")
OTHER_ACCOUNT = SftpAccount(new_id(), RENNES, "rennes-archives")
CLIENT = ApiClient("brest-ec", BREST, Role.SI, "EtatCivil", ("hash",))
CALLER = Caller(RENNES, Role.SI, Door.SFTP, "rennes", account=ACCOUNT.id)


def referential(tx: Transaction) -> None:
    """What every dossier needs: Rennes fetches EtatCivil over SFTP by two accounts, Brest over the API."""
    for name in (OSL, RENNES, BREST):
        tx.organizations.add(Organization(OrganizationId.parse(name), f"Name of {name}"), NOW)
    for code in ("EtatCivil", "CERTDC"):
        tx.processes.add(Process(code, f"Name of {code}", osl=OSL), NOW)
    for subscription in (RENNES_SFTP, BREST_API):
        tx.subscriptions.add(subscription, NOW)
    for account in (ACCOUNT, OTHER_ACCOUNT):
        tx.accounts.add(account, NOW)
        tx.accounts.serve(account.id, {RENNES_SFTP.id})
    tx.clients.add(CLIENT, NOW)


def folder(**changes: Any) -> Folder:
    """A folder as it is when it was just created."""
    whole = Folder(
        id=new_id(),
        depositor=OSL,
        process="EtatCivil",
        external_id="A-1",
        status=Status.HUBEE_RECEIVED,
        created_at=NOW,
        applicant=Applicant("Zoé", "Noël-d'Été", "zoe@example.org"),
        partner=Partner("Éditeur", "Dépôt", "1.0"),
    )
    return replace(whole, **changes)


def case(folder: Folder, to: Subscription = RENNES_SFTP, **changes: Any) -> Case:
    """A case of that folder for that subscriber."""
    whole = Case(
        id=new_id(),
        folder_id=folder.id,
        depositor=folder.depositor,
        recipient=to.organization,
        subscription_id=to.id,
        process=to.process,
        external_id=f"{folder.external_id}/1",
        status=Status.HUBEE_RECEIVED,
        created_at=NOW,
    )
    return replace(whole, **changes)


def add_case(tx: Transaction, to: Subscription = RENNES_SFTP, number: str = "A-1", **changes: Any) -> Case:
    """A new folder with one case for that subscriber."""
    parent = folder(external_id=number, process=to.process)
    child = case(parent, to, **changes)
    tx.folders.add(parent)
    tx.cases.add(child, 0, number)
    return child


def delivery(of: Case, sequence: int = 1, **changes: Any) -> Delivery:
    """A delivery of that case, READY."""
    number = of.external_id.partition("/")[0]
    whole = Delivery(
        id=new_id(),
        case_id=of.id,
        subscription_id=of.subscription_id,
        process=of.process,
        kind=DeliveryKind.PUBLICATION,
        state=DeliveryState.READY,
        number=number,
        sequence=sequence,
        publication=1,
        archive_name=f"{number}-{of.process}-{sequence}.zip",
        archive_size=4096,
        published_at=NOW + sequence * SECOND,
    )
    return replace(whole, **changes)


def add_delivery(tx: Transaction, of: Case, sequence: int = 1, **changes: Any) -> Delivery:
    """The same, added."""
    new = delivery(of, sequence, **changes)
    tx.deliveries.add(new)
    return new


def attachment(folder_id: str, event_id: str | None = None, name: str = "acte.pdf") -> Attachment:
    """An attachment without bytes."""
    return Attachment(new_id(), folder_id, event_id, name, "ActeEtatCivil-PDF", 4, "application/pdf")


def event(of: Case, **changes: Any) -> Event:
    """A message of the depositor."""
    whole = Event(
        id=new_id(),
        case_id=of.id,
        transmitter=of.depositor,
        action=ActionType.SENDING_MESSAGE,
        status=EventStatus.SENT,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(whole, **changes)


def notification(of: Case, recipient: str = OSL, **changes: Any) -> Notification:
    """A notice about that case."""
    whole = Notification(new_id(), recipient, of.recipient, of.process, of.id, None, NOW)
    return replace(whole, **changes)


def answer(name: str = "retour.zip", **changes: Any) -> Answer:
    """A whole answer of the account, not judged yet."""
    whole = Answer(
        new_id(), ACCOUNT.id, "EtatCivil", name, Blob("ab" * 16, 4, b"d" * 32, 7), AnswerState.QUEUED, received_at=NOW
    )
    return replace(whole, **changes)


def outgoing(**changes: Any) -> Outgoing:
    """A call that is due."""
    return replace(Outgoing(new_id(), "webhook", BREST_API.id, "{}", NOW, next_at=NOW), **changes)
