"""What is wrong with declared rows beside what the store holds: references that lead nowhere, owners that differ."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.domain.referential import ApiClient, Organization, Process, SftpAccount, Subscription
from gateway.services.declaration import Declaration, Declared, DeclaredAccount, RowFault
from gateway.services.ports import Transaction


class References:
    """Answers whether something is declared or in the store. Good for one declaration and one transaction."""

    def __init__(self, tx: Transaction, declaration: Declaration, gateway: str) -> None:
        self._tx = tx
        self._declaration = declaration
        self._organizations = {str(row.record.id) for row in declaration.organizations} | {gateway}
        self._processes = {row.record.code for row in declaration.processes}
        self._subscriptions = {(row.record.organization, row.record.process) for row in declaration.subscriptions}

    def faults(self) -> Iterator[RowFault]:
        """Every fault of the declaration's rows, kind by kind."""
        for organization in self._declaration.organizations:
            yield from self._organization(organization)
        for process in self._declaration.processes:
            yield from self._process(process)
        for subscription in self._declaration.subscriptions:
            yield from self._subscription(subscription)
        for client in self._declaration.clients:
            yield from self._client(client)
        for account in self._declaration.accounts:
            yield from self._account(account)

    def _organization(self, row: Declared[Organization]) -> Iterator[RowFault]:
        if not row.record.name and self._tx.organizations.get(str(row.record.id)) is None:
            yield RowFault(row.origin, "name", "is missing: a new organization needs a name")

    def _process(self, row: Declared[Process]) -> Iterator[RowFault]:
        osl = row.record.osl
        if not row.record.name and self._tx.processes.get(row.record.code) is None:
            yield RowFault(row.origin, "name", "is missing: a process that is not known beforehand needs a name")
        if "osl" in row.given and osl is not None:
            if not osl.startswith("OSL-"):
                yield RowFault(row.origin, "osl", "must be an organization of type OSL")
            yield from self._known(row.origin, "osl", osl)

    def _subscription(self, row: Declared[Subscription]) -> Iterator[RowFault]:
        yield from self._known(row.origin, "organization", row.record.organization)
        yield from self._known_process(row.origin, row.record.process)

    def _client(self, row: Declared[ApiClient]) -> Iterator[RowFault]:
        record = row.record
        yield from self._known(row.origin, "organization", record.organization)
        if record.process is not None:
            yield from self._known_process(row.origin, record.process)
        existing = self._tx.clients.get(record.client_id)
        if existing is not None and existing.organization != record.organization:
            yield RowFault(row.origin, "client_id", "is taken by another organization: choose another one")

    def _account(self, row: DeclaredAccount) -> Iterator[RowFault]:
        record = row.record
        yield from self._known(row.origin, "organization", record.organization)
        existing = self._tx.accounts.by_username(record.username)
        if existing is not None and existing.organization != record.organization:
            yield RowFault(row.origin, "username", "is taken by another organization: choose another one")
        if existing is None and not row.serves:
            yield RowFault(row.origin, "", "serves nothing: list its processes, or its subscriptions")
        for served in row.serves or ():
            name = (served.organization, served.process)
            if name not in self._subscriptions and self._tx.subscriptions.find(*name) is None:
                message = f"{served.organization} has no subscription to {served.process}: add it to subscriptions"
                yield RowFault(served.origin or row.origin, "", message)
        yield from self._flat(row, existing)

    def _flat(self, row: DeclaredAccount, existing: SftpAccount | None) -> Iterator[RowFault]:
        """Flatness and processes may be given apart from each other: in the row, in the store."""
        if existing is None or ("flat" in row.given and row.serves is not None):
            return  # seen in the row alone
        flat = row.record.flat if "flat" in row.given else existing.flat
        processes = sorted({served.process for served in row.serves}) if row.serves else existing.processes
        if flat and len(processes) > 1:
            message = f"a flat account serves one process, this one has several: {', '.join(processes)}"
            yield RowFault(row.origin, "flat", message)

    def _known(self, origin: object, field: str, name: str) -> Iterator[RowFault]:
        if name not in self._organizations and self._tx.organizations.get(name) is None:
            yield RowFault(origin, field, f"organization {name} is not known: add it to organizations")

    def _known_process(self, origin: object, code: str) -> Iterator[RowFault]:
        if code not in self._processes and self._tx.processes.get(code) is None:
            yield RowFault(origin, "process", f"process {code} is not known: add it to processes")
