"""Declaring organizations, processes, subscriptions and credentials: all of it or nothing, as often as one likes."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime
from typing import Any, TypeVar

from gateway.domain.errors import ConflictError
from gateway.domain.identity import Caller
from gateway.domain.ids import new_id
from gateway.domain.journal import Entry
from gateway.domain.referential import ApiClient, Contact, SftpAccount, Subscription
from gateway.services.credentials import Progress, Settled, Wanted, imported, settle
from gateway.services.declaration import (
    Change,
    Declaration,
    DeclarationError,
    Declared,
    DeclaredAccount,
    DeclaredClient,
    Generated,
    Kind,
    Outcome,
    Report,
    RowFault,
    WebhookKey,
)
from gateway.services.declaration_checks import row_faults
from gateway.services.declaration_references import References
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.push_declaration import sealed, stand_in
from gateway.services.switching import keep
from gateway.services.webhook_keys import webhook_key

R = TypeVar("R")
_SECRET_FIELDS = {"secret_hashes": "secret", "password_hash": "password"}
_MEANWHILE = "{} was changed by somebody else meanwhile; nothing was imported, run it again"


async def onboard(
    office: Office, caller: Caller, declaration: Declaration, *, dry_run: bool, progress: Progress | None = None
) -> Report:
    """Creates or updates what is declared, in one transaction; a second run changes nothing and says so.

    `dry_run` does the same and undoes it. `progress(done, all)` tells of the slow part, the hashing of secrets. Raises
    DeclarationError with everything that is wrong, row by row, and ConflictError when another import was faster.
    """
    faults, wanted = await office.store.read(lambda tx: _look(tx, office, declaration))
    if faults:
        raise DeclarationError(faults)
    settled = await settle(office, wanted, dry_run=dry_run, progress=progress)
    seen = {credential.name: credential.hashes for credential in wanted}

    def verb(tx: Transaction) -> Report:
        run = _Run(tx, office, caller, settled, seen, dry_run=dry_run)
        report = run.apply(declaration)
        if dry_run:
            raise _Undone(report)
        return report

    try:
        return await office.store.write(verb)
    except _Undone as undone:
        return undone.report


class _Undone(Exception):  # noqa: N818 (the way to undo a transaction, not a mistake)
    """Takes a dry run's report out of the transaction that it undoes."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


def _look(tx: Transaction, office: Office, declaration: Declaration) -> tuple[tuple[RowFault, ...], list[Wanted]]:
    faults = (*row_faults(declaration), *References(tx, declaration, office.gateway).faults())
    wanted = []
    for client in declaration.clients:
        known = tx.clients.get(client.record.client_id)
        hashes = known.secret_hashes if known else ()
        generate = known is None and client.secret is None
        wanted.append(Wanted(_of_client(client), client.secret, hashes, generate))
    for account in declaration.accounts:
        login = tx.accounts.by_username(account.record.username)
        hashes = (login.password_hash,) if login and login.password_hash else ()
        generate = login is None and not (account.password or account.password_hash or account.record.public_keys)
        wanted.append(Wanted(_of_account(account), account.password, hashes, generate))
    return faults, wanted


def _of_client(row: DeclaredClient) -> str:
    return f"api:{row.record.client_id}"


def _of_account(row: DeclaredAccount) -> str:
    return f"sftp:{row.record.username}"


class _Run:
    """One transaction of an import, and what it has done so far."""

    def __init__(
        self,
        tx: Transaction,
        office: Office,
        caller: Caller,
        settled: dict[str, Settled],
        seen: dict[str, tuple[str, ...]],
        *,
        dry_run: bool,
    ) -> None:
        self._tx, self._office, self._caller = tx, office, caller
        self._settled, self._seen, self._dry_run = settled, seen, dry_run
        self._now: datetime = office.clock()
        self._counts = {kind: dict.fromkeys(Outcome, 0) for kind in Kind}
        self._changes: list[Change] = []
        self._credentials: list[Generated] = []
        self._webhooks: list[WebhookKey] = []
        self._withheld: list[str] = []

    def apply(self, declaration: Declaration) -> Report:
        tx, now = self._tx, self._now
        for organization in declaration.organizations:
            self._row(Kind.ORGANIZATION, str(organization.record.id), organization, tx.organizations)
        for process in declaration.processes:
            self._row(Kind.PROCESS, process.record.code, process, tx.processes)
        for subscription in declaration.subscriptions:
            self._subscription(subscription)
        for client in declaration.clients:
            self._client(client)
        for account in declaration.accounts:
            self._account(account)
        if self._changes:
            counted = {kind.value: {key.value: n for key, n in each.items()} for kind, each in self._counts.items()}
            tx.journal.write(Entry.IMPORTED, self._caller, now, detail=counted)
        return Report(
            self._dry_run,
            self._counts,
            tuple(self._changes),
            tuple(self._credentials),
            tuple(self._webhooks),
            tuple(self._withheld),
        )

    def _row(self, kind: Kind, name: str, row: Declared[Any], noun: Any) -> None:
        """Organizations and processes: what is stored is what is declared."""
        known = noun.get(name)
        record = row.record if known is None else _merged(known, row)
        if known is None:
            noun.add(record, self._now)
        elif record != known:
            noun.change(record, self._now)
        self._count(kind, name, known, record)

    def _administered(self, record: Subscription) -> Subscription:
        """Where nobody is named to answer for it, its own address does, or else that of its organization."""
        organization = self._tx.organizations.get(record.organization)
        email = record.email or (organization.email if organization else None)
        if record.local_administrator is not None or email is None:
            return record
        return replace(record, local_administrator=Contact(email))

    def _subscription(self, row: Declared[Subscription]) -> None:
        tx, now = self._tx, self._now
        name = f"{row.record.organization} → {row.record.process}"
        known = tx.subscriptions.find(row.record.organization, row.record.process)
        if known is not None:
            known = tx.subscriptions.hold(known.id)  # whoever switches it meanwhile waits, or was faster
        record = self._administered(replace(row.record, id=new_id(), epoch=1) if known is None else _merged(known, row))
        record = sealed(self._office, known, record)
        if known is None:
            tx.subscriptions.add(record, now)
        elif record != known:
            record = keep(tx, self._caller, known, record, now)
        stand_in(tx, record, now)
        self._count(Kind.SUBSCRIPTION, name, known, record)
        if record.webhook and record.webhook != (known.webhook if known else None):
            if self._dry_run:
                self._withheld.append(f"webhook signing secret of {name}")
            else:
                key = webhook_key(self._office, record.id, tx.webhooks.keys(record.id).generation)
                self._webhooks.append(WebhookKey(record.organization, record.process, record.webhook, key))

    def _client(self, row: DeclaredClient) -> None:
        tx, now, name = self._tx, self._now, row.record.client_id
        known = tx.clients.get(name)
        if (known.secret_hashes if known else ()) != self._seen[_of_client(row)]:
            raise ConflictError(_MEANWHILE.format(f"API client {name}"))
        settled = self._settled.get(_of_client(row), Settled())
        record: ApiClient = row.record if known is None else _merged(known, row)
        if settled.hash is not None:
            record = replace(record, secret_hashes=(settled.hash,))
        if known is None:
            tx.clients.add(record, now)
            self._generated(Kind.API_CLIENT, name, record.organization, settled, row.secret)
        elif record != known:
            tx.clients.change(record, now)
            tx.clients.revoke(name)  # its tokens speak for what it was
        self._count(Kind.API_CLIENT, name, known, record)

    def _account(self, row: DeclaredAccount) -> None:
        tx, now, name = self._tx, self._now, row.record.username
        known = tx.accounts.by_username(name)
        if ((known.password_hash,) if known and known.password_hash else ()) != self._seen[_of_account(row)]:
            raise ConflictError(_MEANWHILE.format(f"SFTP account {name}"))
        settled = self._settled.get(_of_account(row), Settled())
        record: SftpAccount = replace(row.record, id=new_id(), version=1) if known is None else _merged(known, row)
        if settled.hash is not None:
            record = replace(record, password_hash=settled.hash, imported_hash=None)
        elif row.password_hash is not None:
            record = imported(record, row.password_hash)
        served = tx.accounts.subscriptions(record.id) if known else set()
        serves = served if row.serves is None else {self._subscription_id(row, each) for each in row.serves}
        if known is None:
            tx.accounts.add(record, now)
            if not (row.password or row.password_hash or record.public_keys):
                self._generated(Kind.SFTP_ACCOUNT, name, record.organization, settled, row.password)
        elif record != known or serves != served:
            record = replace(record, version=known.version + 1)
            tx.accounts.change(record, now)
        if serves != served:
            tx.accounts.serve(record.id, serves)
        self._count(Kind.SFTP_ACCOUNT, name, known, record, extra=("subscriptions",) if serves != served else ())

    def _subscription_id(self, row: DeclaredAccount, served: Any) -> str:
        found = self._tx.subscriptions.find(served.organization, served.process)
        if found is None:
            raise ConflictError(_MEANWHILE.format(f"a subscription of SFTP account {row.record.username}"))
        return found.id

    def _generated(self, kind: Kind, name: str, organization: str, settled: Settled, given: str | None) -> None:
        if settled.generated is not None:
            self._credentials.append(Generated(kind, name, organization, settled.generated))
        elif given is None and self._dry_run:
            self._withheld.append(f"secret of {'API client' if kind is Kind.API_CLIENT else 'SFTP account'} {name}")

    def _count(self, kind: Kind, name: str, known: object, record: Any, extra: tuple[str, ...] = ()) -> None:
        if known is None:
            outcome = Outcome.CREATED
            changed: tuple[str, ...] = ()
        else:
            changed = tuple(_SECRET_FIELDS.get(each, each) for each in _differing(known, record)) + extra
            outcome = Outcome.UPDATED if changed else Outcome.UNCHANGED
        self._counts[kind][outcome] += 1
        if outcome is not Outcome.UNCHANGED:
            self._changes.append(Change(kind, name, outcome, changed))


def _merged(known: R, row: Declared[R]) -> R:
    """What is stored, with the given fields of the row over it."""
    rules = {name.removeprefix("rules.") for name in row.given if name.startswith("rules.")}
    changes: dict[str, Any] = {name: getattr(row.record, name) for name in row.given if not name.startswith("rules.")}
    held: Any = known
    if rules:
        declared: Any = row.record
        changes["rules"] = replace(held.rules, **{name: getattr(declared.rules, name) for name in rules})
    merged: R = replace(held, **changes)
    return merged


def _differing(known: Any, record: Any) -> tuple[str, ...]:
    hidden = ("version", "epoch", "updated_at", "rehearsal_id", "rehearsal_mode", "imported_hash")
    return tuple(
        each.name
        for each in fields(record)
        if each.name not in hidden and getattr(known, each.name) != getattr(record, each.name)
    )
