"""Short ways to make what the tests of the verbs talk about, and to see what became of it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from gateway.domain.answers import Answer
from gateway.domain.deliveries import Delivery, DeliveryKind, DeliveryState, Gesture
from gateway.domain.dossiers import ActionType, Applicant, Case, Event, Notification
from gateway.domain.identity import Caller, Door, Mode, OrganizationId, Role
from gateway.domain.journal import Line
from gateway.domain.referential import SftpAccount
from gateway.pec.archive import Archive
from gateway.services import acknowledge, archives, attachments, cases, deposit, events, inbox, returns
from gateway.services.archives import Opened
from gateway.services.office import Office
from gateway.services.ports import Transaction
from tests.journeys.offices import PDF, XML, api_client, depositor, sftp_account, sftp_client, stream
from tests.journeys.world import GATEWAY, OSL, PDF_TYPE, PROCESS, RECIPIENTS, XML_TYPE, subscription_id

NUMBER: Final = "A-9-1"
MOMENT, HOUR, DAY = timedelta(milliseconds=1), timedelta(hours=1), timedelta(days=1)
LATER: Final = datetime(2026, 6, 1, tzinfo=UTC)

STRANGER: Final = Caller("OSL-13000000000000-00000", Role.OSL, Door.API, "stranger")
ADMIN: Final = Caller(GATEWAY, Role.ADMIN, Door.API, "operator")

READY, FETCHED = DeliveryState.READY, DeliveryState.FETCHED
ACCEPTED, REJECTED = DeliveryState.ACCEPTED, DeliveryState.REJECTED
EXPIRED, WITHDRAWN = DeliveryState.EXPIRED, DeliveryState.WITHDRAWN
PUBLICATION, REOPENING = DeliveryKind.PUBLICATION, DeliveryKind.REOPENING
COMPLEMENT, MESSAGE = DeliveryKind.COMPLEMENT, DeliveryKind.MESSAGE


def asked(number: str = NUMBER, *recipients: str, **changes: Any) -> deposit.NewFolder:
    """A folder to be created: one XML and one PDF, seen by the case of each recipient."""
    names = {f"{number}-{name}": RECIPIENTS[name] for name in recipients or ("rennes",)}
    new = deposit.NewFolder(
        PROCESS,
        number,
        Applicant("Zoé", "Ångström", "zoe@example.org"),
        tuple(deposit.NewCase(name, OrganizationId.parse(recipient)) for name, recipient in names.items()),
        (
            deposit.NewAttachment("acte.xml", XML_TYPE, len(XML), "application/xml", tuple(names)),
            deposit.NewAttachment("acte.pdf", PDF_TYPE, len(PDF), "application/pdf", tuple(names)),
        ),
    )
    return replace(new, **changes)


async def created(office: Office, new: deposit.NewFolder | None = None) -> deposit.FolderView:
    """A folder that still waits for its bytes."""
    view = await deposit.create_folder(office, depositor(), new or asked())
    assert isinstance(view, deposit.FolderView)
    return view


async def filled(office: Office, view: deposit.FolderView) -> None:
    """Puts the bytes of a folder of `asked`."""
    for attachment, content in zip(view.attachments, (XML, PDF), strict=True):
        await attachments.receive(office, depositor(), view.folder.id, attachment.id, stream(content))


async def case_now(office: Office, case_id: str) -> Case:
    return (await cases.read_case(office, ADMIN, case_id, lite=True)).case


async def events_of(office: Office, case_id: str) -> list[Event]:
    return await office.store.read(lambda tx: tx.events.of_case(case_id))


async def deliveries_of(office: Office, case_id: str) -> list[Delivery]:
    """The deliveries of a case in the order of their archives' sequence."""
    found = await office.store.read(lambda tx: tx.deliveries.of_case(case_id))
    return sorted(found, key=lambda one: one.sequence)


async def states(office: Office, case_id: str) -> list[tuple[DeliveryKind, DeliveryState]]:
    return [(one.kind, one.state) for one in await deliveries_of(office, case_id)]


async def lines_of(office: Office, folder_id: str) -> list[Line]:
    return await office.store.read(lambda tx: tx.journal.of_folder(folder_id))


async def entries(office: Office, folder_id: str) -> list[str]:
    return [line.entry for line in await lines_of(office, folder_id)]


async def notices(office: Office) -> list[Notification]:
    """What the depositor was told."""
    return await inbox.notifications(office, depositor(), 100)


async def told(office: Office) -> list[tuple[str | None, str | None]]:
    """(status, message) of each event of which the depositor was told."""
    found = []
    for notice in await notices(office):
        assert notice.case_id is not None
        assert notice.event_id is not None
        view = await events.read_event(office, depositor(), notice.case_id, notice.event_id)
        found.append((view.event.new_status, view.event.message))
    return found


async def switch(office: Office, name: str, mode: Mode, **changes: Any) -> None:
    """Gives a recipient's subscription to another door."""

    def verb(tx: Transaction) -> None:
        subscription = tx.subscriptions.get(subscription_id(RECIPIENTS[name]))
        assert subscription is not None
        changed = replace(subscription, access_mode=mode, epoch=subscription.epoch + 1, **changes)
        tx.subscriptions.change(changed, office.clock())

    await office.store.write(verb)


async def change_process(office: Office, **changes: Any) -> None:
    """Changes the process; `rules` are changes of its status rules."""

    def verb(tx: Transaction) -> None:
        process = tx.processes.get(PROCESS)
        assert process is not None
        rules = replace(process.rules, **changes.pop("rules", {}))
        tx.processes.change(replace(process, rules=rules, **changes), office.clock())

    await office.store.write(verb)


async def change_subscription(office: Office, name: str, **changes: Any) -> None:
    def verb(tx: Transaction) -> None:
        subscription = tx.subscriptions.get(subscription_id(RECIPIENTS[name]))
        assert subscription is not None
        tx.subscriptions.change(replace(subscription, **changes), office.clock())

    await office.store.write(verb)


async def change_account(office: Office, name: str, **changes: Any) -> SftpAccount:
    """Changes an SFTP account and answers it as it is then."""

    def verb(tx: Transaction) -> SftpAccount:
        account = tx.accounts.by_username(name)
        assert account is not None
        changed = replace(account, version=account.version + 1, **changes)
        tx.accounts.change(changed, office.clock())
        return changed

    return await office.store.write(verb)


def account_with(name: str, *gestures: Gesture, unread: bool = False) -> SftpAccount:
    """A recipient's account that acknowledges by these gestures."""
    return replace(sftp_account(name), acknowledge_on=frozenset(gestures), allow_unread=unread)


async def post(
    office: Office, caller: Caller, case_id: str, action: ActionType = ActionType.STATUS_UPDATE, **fields: Any
) -> cases.EventView:
    view = await events.post_event(office, caller, case_id, events.NewEvent(action, **fields))
    assert isinstance(view, cases.EventView)
    return view


async def complement(office: Office, case_id: str, *, sent: bool = True, **fields: Any) -> cases.EventView:
    """A depositor's ATTACH_DEPOSIT event with one PDF, its bytes put, and sent unless told otherwise."""
    file = deposit.NewAttachment("suite.pdf", PDF_TYPE, len(PDF), "application/pdf")
    view = await post(office, depositor(), case_id, ActionType.ATTACH_DEPOSIT, attachments=(file,), **fields)
    await attachments.receive_for_event(
        office, depositor(), case_id, view.event.id, view.attachments[0].id, stream(PDF)
    )
    if sent:
        await events.set_event_status(office, depositor(), case_id, view.event.id, "SENT")
    return view


async def read_over_api(office: Office, name: str, case_id: str) -> None:
    """Reads a case and every byte of its attachments as migrated software does."""
    view = await cases.read_case(office, api_client(name), case_id)
    for attachment in view.attachments:
        download = await attachments.open_attachment(office, api_client(name), case_id, attachment.id)
        await download.served(0, attachment.size)
        await download.close()


async def opened_at(office: Office, name: str, archive: str, *, again: bool = False) -> Opened:
    return await archives.find(office, sftp_client(name), PROCESS, None, archive, again=again)


async def fetched(office: Office, name: str, opened: Opened, account: SftpAccount | None = None) -> None:
    """Reads an archive whole over SFTP."""
    whole = ((0, opened.size),)
    await acknowledge.closed(office, sftp_client(name), account or sftp_account(name), opened, whole, clean=True)


async def listed(office: Office, name: str) -> list[str]:
    """The names in an account's inbox."""
    return [one.name for one in await archives.inbox(office, sftp_client(name), PROCESS)]


async def archive_of(office: Office, delivery: Delivery) -> Archive:
    data = await office.store.read(lambda tx: tx.archives.content(delivery.id))
    assert data is not None
    return Archive.load(data)


async def file_names(office: Office, delivery: Delivery) -> list[str]:
    """The names of the archive's documents, without what says which archive it is."""
    names = [entry.name for entry in (await archive_of(office, delivery)).entries[2:]]
    return [name.split("-doc-")[1].removesuffix(f"-{delivery.sequence}.{name[-3:]}") for name in names]


async def hand_in(office: Office, content: bytes, name: str = "retour.xml", who: str = "rennes") -> Answer:
    return await returns.hand_in(office, sftp_client(who), PROCESS, name, io.BytesIO(content), len(content))


async def uploads(office: Office, directory: str = "", who: str = "rennes") -> list[str]:
    return [one.name for one in await returns.listing(office, sftp_client(who), PROCESS, directory)]


def kept_blobs(root: Path) -> set[str]:
    """The files that lie below a blob store."""
    return {path.name for path in root.rglob("*") if path.is_file()}


def other_depositor(tx: Transaction) -> None:
    """Declares the organization of `STRANGER`."""
    organization = tx.organizations.get(OSL)
    assert organization is not None
    stranger = replace(organization, id=OrganizationId.parse(STRANGER.organization))
    tx.organizations.add(stranger, LATER)
