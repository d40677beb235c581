"""What services need of the store, the blobs and the rest of the world, and nothing of how it is done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import BinaryIO, Protocol, TypeVar

from gateway.domain.blob import Blob
from gateway.domain.seals import Check
from gateway.domain.sums import Sums
from gateway.services.ports.deliveries import Answers, Archives, Deliveries, Servings
from gateway.services.ports.dossiers import (
    Attachments,
    Cases,
    Copies,
    Events,
    Folders,
    Notifications,
    Transfers,
    Uploads,
)
from gateway.services.ports.evidence import (
    Alerts,
    Figures,
    Idempotency,
    Journal,
    Leases,
    Outbox,
    Penalties,
    Rates,
    Revocations,
    Seals,
    Sightings,
    Webhooks,
)
from gateway.services.ports.moves import MoveRows, Moves
from gateway.services.ports.pushing import Breakers, Pushes
from gateway.services.ports.readiness import Readiness, Synthetic
from gateway.services.ports.referential import (
    Accounts,
    Candidates,
    Clients,
    Directory,
    Organizations,
    Processes,
    Subscriptions,
)
from gateway.services.ports.rehearsals import Overlays, Rehearsals

__all__ = [
    "BlobReader",
    "BlobWriter",
    "Blobs",
    "Clock",
    "Meter",
    "PartialWriter",
    "Secrets",
    "Signer",
    "Store",
    "Transaction",
]

T = TypeVar("T")
Clock = Callable[[], datetime]


class Transaction(Protocol):
    """The nouns of the store within one transaction; used only inside the function given to `Store`."""

    @property
    def organizations(self) -> Organizations: ...
    @property
    def processes(self) -> Processes: ...
    @property
    def subscriptions(self) -> Subscriptions: ...
    @property
    def directory(self) -> Directory: ...
    @property
    def candidates(self) -> Candidates: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def clients(self) -> Clients: ...
    @property
    def folders(self) -> Folders: ...
    @property
    def cases(self) -> Cases: ...
    @property
    def attachments(self) -> Attachments: ...
    @property
    def copies(self) -> Copies: ...
    @property
    def transfers(self) -> Transfers: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def events(self) -> Events: ...
    @property
    def notifications(self) -> Notifications: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def archives(self) -> Archives: ...
    @property
    def servings(self) -> Servings: ...
    @property
    def answers(self) -> Answers: ...
    @property
    def rehearsals(self) -> Rehearsals: ...
    @property
    def overlays(self) -> Overlays: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def seals(self) -> Seals: ...
    @property
    def idempotency(self) -> Idempotency: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def alerts(self) -> Alerts: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def pushes(self) -> Pushes: ...
    @property
    def breakers(self) -> Breakers: ...
    @property
    def rates(self) -> Rates: ...
    @property
    def penalties(self) -> Penalties: ...
    @property
    def revocations(self) -> Revocations: ...
    @property
    def sightings(self) -> Sightings: ...
    @property
    def leases(self) -> Leases: ...
    @property
    def moves(self) -> Moves: ...
    @property
    def move_rows(self) -> MoveRows: ...
    @property
    def figures(self) -> Figures: ...
    @property
    def readiness(self) -> Readiness: ...
    @property
    def synthetic(self) -> Synthetic: ...


class Store(Protocol):
    """Runs verbs in transactions. A verb is a plain function without other effects than its writes."""

    async def write(self, verb: Callable[[Transaction], T]) -> T:
        """Runs `verb`; when this returns, what it wrote is durable. What it raises undoes its writes."""

    async def read(self, query: Callable[[Transaction], T]) -> T:
        """Runs `query` on one consistent state."""

    async def glance(self, query: Callable[[Transaction], T]) -> T:
        """The same for a query of a few rows found by an index: it may run where it is called."""

    async def peek(self, query: Callable[[Transaction], T]) -> T:
        """The same for a query of one statement, which is consistent in itself: nothing is begun or ended for it."""


class BlobReader(Protocol):
    """Open bytes; they stay readable even when their blob is deleted meanwhile.

    `descriptor` tells of a file that holds just these bytes, so that the system can send them without a copy through
    this process; None where there is no such file: `read` always works. It ends with the reader.
    """

    @property
    def size(self) -> int: ...
    async def read(self, offset: int, length: int) -> bytes: ...
    def descriptor(self) -> int | None: ...
    async def close(self) -> None: ...


class BlobWriter(Protocol):
    """Bytes on their way in; nothing is kept before `commit` has returned."""

    @property
    def size(self) -> int: ...
    async def write(self, chunk: bytes | memoryview) -> None: ...
    async def commit(self) -> Blob: ...
    async def abort(self) -> None: ...


class PartialWriter(Protocol):
    """Bytes on their way in over several requests: what was parked is durable and can be gone on with.

    `settle` makes the bytes durable, or with `back` those alone that were there at first, and tells how many they are;
    `park` does so and lets others go on with them.
    """

    @property
    def size(self) -> int: ...
    async def write(self, chunk: bytes | memoryview) -> None: ...
    async def sync(self) -> None: ...
    async def settle(self, *, back: bool = False) -> int: ...
    async def park(self) -> int: ...
    async def commit(self) -> Blob: ...


class Blobs(Protocol):
    """Where bytes are kept, under opaque keys."""

    async def create(self) -> BlobWriter: ...
    def new_key(self) -> str: ...
    async def resume(self, key: str, offset: int) -> PartialWriter: ...
    async def committed(self, key: str) -> Blob: ...
    async def adopt(self, file: BinaryIO, size: int, sums: Sums | None = None) -> Blob: ...
    async def reader(self, key: str) -> BlobReader: ...
    async def delete(self, key: str) -> None: ...
    def keys_older_than(self, when: datetime) -> AsyncIterator[str]: ...


class Secrets(Protocol):
    """Hashes of secrets, and secrets derived from the gateway's master key."""

    def hash(self, secret: str) -> str:
        """A salted, slow hash."""

    def verify(self, hashed: str, secret: str) -> bool:
        """Whether the hash is that of the secret; slow on purpose."""

    def derive(self, label: str) -> bytes:
        """32 bytes that only holders of the master key can make, always the same for a label."""


class Signer(Protocol):
    """Signs for the gateway (Ed25519); whoever has the public key, as PEM, can check it without the gateway."""

    @property
    def key_id(self) -> str: ...
    @property
    def public_key(self) -> str: ...
    def sign(self, message: bytes) -> bytes: ...
    def check(self, public_key: str | None = None) -> Check: ...


class Meter(Protocol):
    """Counts for the metrics; never carries personal data."""

    def count(self, figure: str, **labels: str) -> None:
        """Counts one more of `figure`."""

    def gauge(self, figure: str, change: int) -> None:
        """Moves the present number of `figure`."""
