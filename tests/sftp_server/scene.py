"""A running door for tests, what lies behind it, and clients that know nothing of it."""

from __future__ import annotations

import asyncio
import io
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import asyncssh
import paramiko

from gateway.domain.deliveries import Delivery
from gateway.domain.dossiers import Applicant, Case
from gateway.domain.identity import Caller, Door, Mode, OrganizationId, Role
from gateway.domain.ids import new_id
from gateway.domain.referential import Organization, Process, SftpAccount, Subscription
from gateway.services import attachments, deposit
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.sftp_server.server import SftpServer

T = TypeVar("T")
START = datetime(2026, 3, 2, 9, 0, 0, 123_000, tzinfo=UTC)
OSL = "OSL-13000918600011-00000"
RENNES = "SI-21350238800019-35238"
BREST = "SI-21290019700018-29019"
PROCESSES = ("CERTDC", "EtatCivil")
PASSWORD = "un mot de passe"
ANSWER_MAX_SIZE = 3 * 2**20
DEPOSITOR = Caller(OSL, Role.OSL, Door.API, "depot")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


class PlainSecrets:
    """Secrets without the slowness; counts how often one was checked."""

    def __init__(self) -> None:
        self.checks = 0

    def hash(self, secret: str) -> str:
        return f"hash of {secret}"

    def verify(self, hashed: str, secret: str) -> bool:
        self.checks += 1
        return hashed == self.hash(secret)

    def derive(self, label: str) -> bytes:
        return label.encode().ljust(32, b"\0")[:32]


class Figures:
    """A meter that remembers."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.gauges: Counter[str] = Counter()

    def count(self, figure: str, **labels: str) -> None:
        self.counts[" ".join([figure, *(f"{name}={value}" for name, value in sorted(labels.items()))])] += 1

    def gauge(self, figure: str, change: int) -> None:
        self.gauges[figure] += change


@dataclass
class Scene:
    """The door, its office, and the accounts rennes and brest (one subscriber each) and plat (flat, Brest's too)."""

    office: Office
    server: SftpServer
    clock: Clock
    figures: Figures
    secrets: PlainSecrets
    key: asyncssh.SSHKey
    spool: Path

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.server.port

    async def deposit(
        self,
        files: Mapping[str, bytes] = {"acte.xml": b"<acte/>"},
        *,
        process: str = "EtatCivil",
        recipient: str = RENNES,
        number: str = "A-1-ABC",
    ) -> str:
        """Deposits a folder with one case; the name of the archive that its recipient finds."""
        new = deposit.NewFolder(
            process,
            number,
            Applicant("Prénom", "Nom"),
            (deposit.NewCase("case-1", OrganizationId.parse(recipient)),),
            tuple(
                deposit.NewAttachment(name, f"type-{place}", len(data), _mime(name), ("case-1",))
                for place, (name, data) in enumerate(files.items())
            ),
        )
        view = await deposit.create_folder(self.office, DEPOSITOR, new)
        assert isinstance(view, deposit.FolderView)
        for attachment, data in zip(view.attachments, files.values(), strict=True):
            await attachments.receive(self.office, DEPOSITOR, view.folder.id, attachment.id, _chunks(data))
        await deposit.update_folder(self.office, DEPOSITOR, view.folder.id, "HUBEE_COMPLETED")
        (delivery,) = await self.deliveries(view.cases[0].id)
        return delivery.archive_name

    async def deliveries(self, case_id: str) -> list[Delivery]:
        return await self.office.store.read(lambda tx: tx.deliveries.of_case(case_id))

    async def delivery(self, name: str, process: str = "EtatCivil", username: str = "rennes") -> Delivery:
        def query(tx: Transaction) -> Delivery:
            account = tx.accounts.by_username(username)
            assert account is not None
            found = tx.archives.by_name(account.id, process, name)
            assert found is not None
            return found[0]

        return await self.office.store.read(query)

    async def case_of(self, name: str) -> Case:
        delivery = await self.delivery(name)
        found = await self.office.store.read(lambda tx: tx.cases.get(delivery.case_id))
        assert found is not None
        return found[0]

    async def change_account(self, username: str, change: Callable[[SftpAccount], SftpAccount]) -> None:
        def verb(tx: Transaction) -> None:
            account = tx.accounts.by_username(username)
            assert account is not None
            tx.accounts.change(change(account), self.clock())

        await self.office.store.write(verb)

    @asynccontextmanager
    async def connect(self, username: str = "rennes", **options: Any) -> AsyncIterator[asyncssh.SSHClientConnection]:
        """A connection of asyncssh's client, which shows more of the protocol than others do."""
        credentials = {"password": PASSWORD, "client_keys": None} | options
        host, port = credentials.pop("address", self.address)
        async with asyncssh.connect(host, port, username=username, known_hosts=None, config=[], **credentials) as conn:
            yield conn

    async def settled(self) -> None:
        """Returns when no client is connected and everything they had open has been ended."""
        await self.server._empty.wait()
        while self.server._tasks:
            await asyncio.wait(self.server._tasks)

    async def play(self, part: Callable[[paramiko.SFTPClient], T], username: str = "rennes") -> T:
        """Lets a paramiko client, logged in with the password, do its part."""

        def run() -> T:
            with logged_in(self.address, username) as sftp:
                return part(sftp)

        return await asyncio.to_thread(run)


@contextmanager
def logged_in(
    address: tuple[str, int], username: str = "rennes", password: str = PASSWORD
) -> Iterator[paramiko.SFTPClient]:
    with transport_to(address) as transport:
        transport.connect(username=username, password=password)
        sftp = paramiko.SFTPClient.from_transport(transport)
        assert sftp is not None
        with sftp:
            yield sftp


@contextmanager
def transport_to(address: tuple[str, int]) -> Iterator[paramiko.Transport]:
    with socket.create_connection(address) as sock:
        transport = paramiko.Transport(sock)
        try:
            yield transport
        finally:
            transport.close()
            if transport.is_alive():
                transport.join(10)


def fetch(name: str) -> Callable[[paramiko.SFTPClient], bytes]:
    """A client's part: the whole file, by prefetching reads."""

    def part(sftp: paramiko.SFTPClient) -> bytes:
        target = io.BytesIO()
        sftp.getfo(name, target)
        return target.getvalue()

    return part


def declare(tx: Transaction, key: asyncssh.SSHKey) -> None:
    """The organizations, processes, subscriptions and accounts of a scene."""
    for name in (OSL, RENNES, BREST):
        tx.organizations.add(Organization(OrganizationId.parse(name), f"Name of {name}"), START)
    subscriptions: dict[tuple[str, str], str] = {}
    for process in PROCESSES:
        tx.processes.add(Process(process, f"Name of {process}", osl=OSL), START)
        for recipient in (RENNES, BREST):
            subscriptions[recipient, process] = new_id()
            tx.subscriptions.add(
                Subscription(subscriptions[recipient, process], recipient, process, access_mode=Mode.SFTP), START
            )
    public = key.export_public_key().decode().strip()
    for username, owner, codes in (
        ("rennes", RENNES, PROCESSES),
        ("brest", BREST, PROCESSES),
        ("plat", BREST, ("EtatCivil",)),
    ):
        account = SftpAccount(
            new_id(),
            owner,
            username,
            password_hash=f"hash of {PASSWORD}",
            public_keys=("no key at all", public) if username == "rennes" else (),
            flat=username == "plat",
        )
        tx.accounts.add(account, START)
        tx.accounts.serve(account.id, {subscriptions[owner, code] for code in codes})


async def _chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 65536):
        yield data[start : start + 65536]


def _mime(name: str) -> str:
    return "application/xml" if name.endswith(".xml") else "application/octet-stream"
