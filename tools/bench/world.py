"""Who takes part in a measurement, and what lies in the store before it: made through the verbs, in this process."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from gateway.app import office_for, prepare
from gateway.config import Settings, load_settings
from gateway.domain.dossiers import Applicant
from gateway.domain.identity import Caller, Door, Mode, OrganizationId, Role
from gateway.domain.ids import new_id
from gateway.domain.referential import ApiClient, Organization, Process, Subscription
from gateway.services import attachments, deposit
from gateway.services.office import Office
from gateway.services.ports import Transaction

PROCESS: Final = "banc"
DEPOSITOR: Final = "OSL-10000000000018-00000"
QUEUE: Final = "SI-21990000100011-99001"
READER: Final = "SI-21990000200019-99002"
FETCHER: Final = "SI-21990000300010-99003"
SMALL: Final = 50_000
_CLIENTS: Final = {
    "depositor": (DEPOSITOR, Role.OSL),
    "queue": (QUEUE, Role.SI),
    "reader": (READER, Role.SI),
    "fetcher": (FETCHER, Role.SI),
}
_CASES: Final = 100
_CONFIG: Final = """\
data_dir: {data}
database: {{url: {url}}}
http: {{host: 127.0.0.1, port: 0}}
sftp: {{host: 127.0.0.1, port: 0, limits: {{per_address: 2000, per_account: 2000}}}}  # one client is many here
log: {{format: json, level: info}}
limits: {{answer_max_size: 2GiB}}
"""


def configure(directory: Path, database_url: str) -> tuple[Path, Settings]:
    """The configuration of a gateway of its own below `directory`; an empty URL is SQLite."""
    path = directory / "gateway.yaml"
    path.write_text(_CONFIG.format(data=json.dumps(str(directory / "var")), url=json.dumps(database_url)))
    return path, load_settings(path, {})


def authorization(client: str) -> dict[str, str]:
    """The headers of a client, whose token is in the store."""
    return {"Authorization": f"Bearer {_token(client)}"}


def folder(number: str, recipient: str, sizes: list[int], cases: int = 1) -> deposit.NewFolder:
    """A folder with that many cases for one recipient, and attachments of these sizes that all of them see."""
    names = tuple(f"{number}/{position}" for position in range(cases))
    return deposit.NewFolder(
        PROCESS,
        number,
        Applicant("Camille", "ESSAI", "camille.essai@example.org"),
        tuple(deposit.NewCase(name, OrganizationId.parse(recipient)) for name in names),
        tuple(
            deposit.NewAttachment(f"{position}.pdf", f"piece-{position}", size, "application/pdf", names)
            for position, size in enumerate(sizes)
        ),
    )


def seed(settings: Settings, deliveries: int) -> None:
    """Declares everybody and puts that many deliveries into the queue's inbox."""
    prepare(settings)

    async def run() -> None:
        async with office_for(settings) as office:
            await office.store.write(lambda tx: _declare(tx, office.clock()))
            numbers = iter(range(deliveries // _CASES))
            await asyncio.gather(*(_fill(office, numbers) for _ in range(8)))

    asyncio.run(run())


@dataclass(frozen=True, slots=True)
class Dossier:
    """Where a published folder's attachments are fetched, in their order."""

    paths: tuple[str, ...]


def publish(settings: Settings, dossiers: list[tuple[str, list[int]]]) -> list[Dossier]:
    """Deposits one folder for the fetcher per (number, sizes of its attachments)."""

    async def run() -> list[Dossier]:
        async with office_for(settings) as office:
            return [await deposited(office, folder(number, FETCHER, sizes), sizes) for number, sizes in dossiers]

    return asyncio.run(run())


async def _fill(office: Office, numbers: Iterator[int]) -> None:
    for number in numbers:
        await deposited(office, folder(f"Q-{number}", QUEUE, [1000], _CASES), [1000])


async def deposited(office: Office, new: deposit.NewFolder, sizes: list[int]) -> Dossier:
    """Hands in a folder with the attachments of these sizes and completes it."""
    caller = Caller(DEPOSITOR, Role.OSL, Door.API, "depositor")
    view = await deposit.create_folder(office, caller, new)
    assert isinstance(view, deposit.FolderView)
    for attachment, size in zip(view.attachments, sizes, strict=True):
        await attachments.receive(office, caller, view.folder.id, attachment.id, content(size))
    await deposit.update_folder(office, caller, view.folder.id, "HUBEE_COMPLETED")
    case = view.cases[0].id
    return Dossier(tuple(f"/teledossiers/v1/cases/{case}/attachments/{one.id}" for one in view.attachments))


async def content(size: int) -> AsyncIterator[bytes]:
    """A PDF by its first bytes, that says nothing."""
    piece = b"%PDF-1.7" + bytes(range(256)) * 4096
    for start in range(0, size, len(piece)):
        yield piece[: min(len(piece), size - start)]


def _declare(tx: Transaction, now: datetime) -> None:
    for name in (DEPOSITOR, QUEUE, READER, FETCHER):
        tx.organizations.add(Organization(OrganizationId.parse(name), f"Name of {name}"), now)
    tx.processes.add(Process(PROCESS, "Banc d'essai", DEPOSITOR), now)
    for recipient in (QUEUE, READER, FETCHER):
        tx.subscriptions.add(Subscription(new_id(), recipient, PROCESS, access_mode=Mode.API), now)
    for client, (organization, role) in _CLIENTS.items():
        tx.clients.add(ApiClient(client, organization, role), now)
        digest = hashlib.sha256(_token(client).encode()).digest()
        tx.clients.issue(digest, client, role, datetime.now(UTC) + timedelta(days=1))


def _token(client: str) -> str:
    return hashlib.sha256(client.encode()).hexdigest()
