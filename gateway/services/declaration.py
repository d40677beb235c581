"""What an operator declares at once, and what became of it: plain records for `services.onboard`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from gateway.domain.errors import InvalidRequestError
from gateway.domain.referential import ApiClient, Organization, Process, SftpAccount, Subscription

R = TypeVar("R")


class Kind(StrEnum):
    """What a row declares, as reports name it."""

    ORGANIZATION = "organizations"
    PROCESS = "processes"
    SUBSCRIPTION = "subscriptions"
    API_CLIENT = "api clients"
    SFTP_ACCOUNT = "sftp accounts"


class Outcome(StrEnum):
    """What a row did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Declared(Generic[R]):
    """One row. A new object is `record` as it stands; of an existing one only the fields named in `given` change.

    `given` names fields of the record, `rules.…` those of a process's status rules. `origin` is the caller's own mark
    of where the row was written; it comes back in faults and is not looked at. Ids and epochs in `record` are not used.
    """

    record: R
    given: frozenset[str]
    origin: Any = None


@dataclass(frozen=True, slots=True)
class Served:
    """One subscription that an SFTP account serves."""

    organization: str
    process: str
    origin: Any = None


@dataclass(frozen=True, slots=True)
class DeclaredClient(Declared[ApiClient]):
    """An API client. `secret` None: it keeps the one it has, and a new client gets a generated one."""

    secret: str | None = None


@dataclass(frozen=True, slots=True)
class DeclaredAccount(Declared[SftpAccount]):
    """An SFTP account. `serves` None: what it serves stays.

    `password` None: it keeps the one it has; a new account without public keys gets a generated one. `password_hash`:
    that of an older platform, in its place.
    """

    password: str | None = None
    serves: tuple[Served, ...] | None = None
    password_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Declaration:
    """Everything that is declared together; rows may refer to each other and to what the store holds."""

    organizations: tuple[Declared[Organization], ...] = ()
    processes: tuple[Declared[Process], ...] = ()
    subscriptions: tuple[Declared[Subscription], ...] = ()
    clients: tuple[DeclaredClient, ...] = ()
    accounts: tuple[DeclaredAccount, ...] = ()


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one row: its `origin`, the `field` of the record (empty: the whole row), and why."""

    origin: Any
    field: str
    message: str


class DeclarationError(InvalidRequestError):
    """The declaration was refused whole; `rows` tells everything that is wrong with it."""

    def __init__(self, rows: tuple[RowFault, ...]) -> None:
        super().__init__(*(row.message for row in rows))
        self.rows = rows


@dataclass(frozen=True, slots=True)
class Change:
    """One row that created or changed something; `fields` are those that changed."""

    kind: Kind
    name: str
    outcome: Outcome
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Generated:
    """A credential that was made for a new client or account. The secret exists here and nowhere else."""

    kind: Kind
    name: str
    organization: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WebhookKey:
    """The signing secret of a webhook that was newly set (Standard Webhooks, `whsec_…`)."""

    subscriber: str
    process: str
    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """What the declaration did, or with `dry_run` would do; then no credential is generated.

    `counts` has every kind and outcome; `withheld` names the credentials that a real run would generate.
    """

    dry_run: bool
    counts: Mapping[Kind, Mapping[Outcome, int]]
    changes: tuple[Change, ...] = ()
    credentials: tuple[Generated, ...] = ()
    webhooks: tuple[WebhookKey, ...] = ()
    withheld: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything was, or would be, created or updated."""
        return bool(self.changes)
