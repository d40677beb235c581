"""A door on a real store and real blobs: what is declared to it, and the office and server that tests open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.api.metrics import PrometheusMeter
from gateway.api.server import ApiServer
from gateway.config.move_requests import read_text
from gateway.domain.identity import Mode, OrganizationId
from gateway.domain.ids import new_id
from gateway.domain.referential import ApiClient, Organization, Process, Subscription
from gateway.services import figures
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.store.blobs import LocalBlobs
from gateway.store.signing import Signer
from gateway.store.sqlite import SqliteStore
from tests.api.visitor import ADMIN, BREST, CLIENTS, OSL, OTHER_OSL, RENNES, secret_of

START = datetime(2026, 3, 2, 9, 0, 0, 123_000, tzinfo=UTC)
JSON_MAX_SIZE = 64 * 1024
ATTACHMENT_MAX_SIZE = 8 * 1024 * 1024
SIGNER = Signer(bytes(32))


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


@asynccontextmanager
async def opened(database: Path, blobs: Path, clock: Clock, meter: PrometheusMeter) -> AsyncIterator[Office]:
    """An office on files of its own, with everything declared."""
    store, files = SqliteStore(database), LocalBlobs(blobs)
    await store.open()
    await files.open()
    await store.write(declare)
    yield Office(store, files, clock, PlainSecrets(), meter, ADMIN, signer=SIGNER)
    await files.close()
    await store.close()


def server_on(office: Office, meter: PrometheusMeter | None = None, **more: Any) -> ApiServer:
    """A door of the office on a free port, not opened yet; `more`: its other settings."""
    return ApiServer(
        office,
        host="127.0.0.1",
        port=0,
        json_max_size=JSON_MAX_SIZE,
        attachment_max_size=ATTACHMENT_MAX_SIZE,
        ready=lambda: figures.ready(office),
        meter=meter or PrometheusMeter(),
        moves=read_text,
        **more,
    )
