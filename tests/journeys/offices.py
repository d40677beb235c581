"""An office without doors, on a clock that a test moves: for what needs verbs but no protocol."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.domain.dossiers import Applicant
from gateway.domain.identity import Caller, Door, OrganizationId, Role
from gateway.domain.referential import SftpAccount
from gateway.services import archives, attachments, authenticate, deposit, operator
from gateway.services.archives import Opened
from gateway.services.office import Office, Policy
from gateway.store.blobs import LocalBlobs
from tests.databases import Database, store_on
from tests.journeys.world import DEPOSITOR, GATEWAY, OSL, PDF_TYPE, PROCESS, RECIPIENTS, XML_TYPE, account_id

XML = b"<acte>made up</acte>"
PDF = b"%PDF-1.4 made up" + bytes(range(256)) * 8
START = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)


@dataclass
class Clock:
    """Time as tests want it."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


class PlainSecrets:
    """Secrets without the slowness."""

    def hash(self, secret: str) -> str:
        return f"hash of {secret}"

    def verify(self, hashed: str, secret: str) -> bool:
        return hashed == self.hash(secret)

    def derive(self, label: str) -> bytes:
        return label.encode().ljust(32, b"\0")[:32]


@dataclass
class Tally:
    """A meter that can be read."""

    counts: Counter[str] = field(default_factory=Counter)

    def count(self, figure: str, **labels: str) -> None:
        self.counts[figure] += 1

    def gauge(self, figure: str, change: int) -> None:
        self.counts[figure] += change


@asynccontextmanager
async def office_on(
    database: Database, blobs: Path, clock: Clock | None = None, policy: Policy | None = None
) -> AsyncIterator[Office]:
    """An office on a database that holds the schema; its blobs lie below `blobs`."""
    store, kept = store_on(database), LocalBlobs(blobs)
    await store.open()
    await kept.open()
    try:
        office = Office(store, kept, clock or Clock(), PlainSecrets(), Tally(), GATEWAY, policy or Policy())
        await operator.ensure_gateway(office, "Gateway")
        yield office
    finally:
        await kept.close()
        await store.close()


def depositor() -> Caller:
    """The depositor's software."""
    return Caller(OSL, Role.OSL, Door.API, DEPOSITOR)


def api_client(name: str) -> Caller:
    """A recipient's software at the REST door."""
    return Caller(RECIPIENTS[name], Role.SI, Door.API, name)


def sftp_account(name: str) -> SftpAccount:
    """A recipient's account at the SFTP door."""
    return SftpAccount(account_id(name), RECIPIENTS[name], name, processes=(PROCESS,))


def sftp_client(name: str) -> Caller:
    """A recipient's legacy server."""
    return authenticate.account_caller(sftp_account(name))


async def stream(content: bytes) -> AsyncIterator[bytes]:
    """Bytes as a door hands them on."""
    yield content


async def deposited(office: Office, number: str, *recipients: str) -> deposit.FolderView:
    """A folder handed in whole: for each recipient (by name) a case that sees an XML and a PDF."""
    names = {f"{number}-{name}": RECIPIENTS[name] for name in recipients}
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
    view = await deposit.create_folder(office, depositor(), new)
    assert isinstance(view, deposit.FolderView)
    for attachment, content in zip(view.attachments, (XML, PDF), strict=True):
        await attachments.receive(office, depositor(), view.folder.id, attachment.id, stream(content))
    await deposit.update_folder(office, depositor(), view.folder.id, "HUBEE_COMPLETED")
    return await deposit.read_folder(office, depositor(), view.folder.id)


async def only_archive(office: Office, name: str) -> Opened:
    """The one archive in an account's inbox."""
    (listed,) = await archives.inbox(office, sftp_client(name), PROCESS)
    return await archives.find(office, sftp_client(name), PROCESS, None, listed.name)
