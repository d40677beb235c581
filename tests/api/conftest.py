"""A door on a real store and real blobs, with organizations, processes, subscriptions and clients."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator, MutableMapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from gateway.api.metrics import PrometheusMeter
from gateway.api.server import ApiServer
from gateway.domain.identity import Mode, OrganizationId
from gateway.domain.ids import new_id
from gateway.domain.referential import ApiClient, Organization, Process, Subscription
from gateway.services import figures
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.store.blobs import LocalBlobs
from gateway.store.sqlite import SqliteStore
from tests.api.visitor import ADMIN, BREST, CLIENTS, OSL, OTHER_OSL, RENNES, Visitor, secret_of

if TYPE_CHECKING:
    from tests.api.lasting import LastingDoor

START = datetime(2026, 3, 2, 9, 0, 0, 123_000, tzinfo=UTC)
JSON_MAX_SIZE = 64 * 1024
ATTACHMENT_MAX_SIZE = 8 * 1024 * 1024


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

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


def declare(tx: Transaction) -> None:
    for name in (OSL, OTHER_OSL, RENNES, BREST, ADMIN):
        tx.organizations.add(Organization(OrganizationId.parse(name), f"Name of {name}"), START)
    tx.processes.add(
        Process(
            "EtatCivil",
            "Demande d'acte",
            osl=OSL,
            attachment_types=("ActeEtatCivil-PDF", "ActeEtatCivil-XML"),
            recipient_formats=("application/pdf",),
        ),
        START,
    )
    tx.processes.add(Process("CERTDC", "Certificat de décès"), START)
    for recipient in (RENNES, BREST):
        for process in ("EtatCivil", "CERTDC"):
            tx.subscriptions.add(Subscription(new_id(), recipient, process, access_mode=Mode.API), START)
    secrets = PlainSecrets()
    for client_id, (owner, role, process_code) in CLIENTS.items():
        hashes = (secrets.hash(secret_of(client_id)),)
        tx.clients.add(ApiClient(client_id, owner, role, process_code, hashes), START)


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was logged, with the ids that were bound."""
    with capture_logs([merge_contextvars]) as found:
        yield found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meter() -> PrometheusMeter:
    return PrometheusMeter()


@pytest.fixture
async def office(sqlite_database: Path, tmp_path: Path, clock: Clock, meter: PrometheusMeter) -> AsyncIterator[Office]:
    store = SqliteStore(sqlite_database)
    await store.open()
    blobs = LocalBlobs(tmp_path / "blobs")
    await blobs.open()
    await store.write(declare)
    yield Office(store, blobs, clock, PlainSecrets(), meter, ADMIN)
    await blobs.close()
    await store.close()


@pytest.fixture
async def visitor(office: Office, meter: PrometheusMeter) -> AsyncIterator[Visitor]:
    server = ApiServer(
        office,
        host="127.0.0.1",
        port=0,
        json_max_size=JSON_MAX_SIZE,
        attachment_max_size=ATTACHMENT_MAX_SIZE,
        ready=lambda: figures.ready(office),
        meter=meter,
    )
    await server.open()
    # one connection: a request begins when the one before has ended at the door too
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
        yield Visitor(server, office, session)
    await server.close()


@pytest.fixture(scope="session")
def lasting_door(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LastingDoor]:
    """One door for many tests, in a thread of its own."""
    from tests.api.lasting import LastingDoor

    place = tmp_path_factory.mktemp("lasting")
    door = LastingDoor(Path(shutil.copy(sqlite_template, place / "gateway.db")), place / "blobs")
    door.open()
    yield door
    door.close()
