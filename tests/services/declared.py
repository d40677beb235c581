"""The referential of the services' tests.

Rennes and Vannes fetch EtatCivil and CERTDC over SFTP, Brest over the API; a shared account serves Rennes and Vannes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from gateway.domain.deliveries import Delivery
from gateway.domain.identity import Mode, OrganizationId
from gateway.domain.ids import new_id
from gateway.domain.referential import Organization, Process, SftpAccount, Subscription
from gateway.domain.statuses import Status, StatusRules
from gateway.services.office import Office
from gateway.store.blobs import LocalBlobs
from gateway.store.statement import Statement
from gateway.store.tables import deliveries
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.services.people import BREST, GATEWAY, OSL, OTHER_OSL, RENNES, START, VANNES, Clock, Counts, PlainSecrets

_PIN = Statement(
    update(deliveries)
    .where(deliveries.c.id == bindparam("of"))
    .values(pinned_mode=bindparam("mode"), pinned_until=bindparam("until"))
)


@dataclass
class Declared:
    """The office, and what is declared to it."""

    store: AnyStore
    blobs: LocalBlobs
    office: Office
    clock: Clock
    meter: Counts
    secrets: PlainSecrets
    subscriptions: dict[tuple[str, str], Subscription] = field(default_factory=dict)
    accounts: dict[str, SftpAccount] = field(default_factory=dict)

    async def declare(self) -> None:
        """Writes the referential."""
        for organization in (RENNES, BREST, VANNES):
            for process in ("EtatCivil", "CERTDC"):
                mode = Mode.API if organization == BREST else Mode.SFTP
                found = Subscription(new_id(), organization, process, access_mode=mode)
                self.subscriptions[organization, process] = found
        served = {
            "rennes": (RENNES, (RENNES,)),
            "rennes-2": (RENNES, (RENNES,)),
            "shared": (VANNES, (RENNES, VANNES)),
            "vannes": (VANNES, (VANNES,)),
        }
        for name, (owner, _) in served.items():
            self.accounts[name] = SftpAccount(new_id(), owner, name, processes=("CERTDC", "EtatCivil"))
        await self.store.write(lambda tx: self._declare(tx, {name: row[1] for name, row in served.items()}))

    def _declare(self, tx: Transaction, served: Mapping[str, tuple[str, ...]]) -> None:
        for name in (OSL, OTHER_OSL, RENNES, BREST, VANNES, GATEWAY):
            tx.organizations.add(Organization(OrganizationId.parse(name), f"Name of {name}"), START)
        tx.processes.add(
            Process(
                "EtatCivil",
                "Demande d'acte",
                osl=OSL,
                attachment_types=("ActeEtatCivil-XML", "ActeEtatCivil-PDF"),
                attachment_formats=("application/xml", "application/pdf"),
                recipient_formats=("application/pdf",),
            ),
            START,
        )
        rules = StatusRules(mandatory=Status.IN_PROGRESS, final=frozenset({Status.DONE}))
        tx.processes.add(Process("CERTDC", "Certificat de décès", rules=rules), START)
        for subscription in self.subscriptions.values():
            tx.subscriptions.add(subscription, START)
        for name, account in self.accounts.items():
            tx.accounts.add(account, START)
            tx.accounts.serve(
                account.id,
                {found.id for (owner, _), found in self.subscriptions.items() if owner in served[name]},
            )

    async def change_process(self, code: str, **changes: Any) -> None:
        """Declares a process otherwise."""

        def verb(tx: Transaction) -> None:
            process = tx.processes.get(code)
            assert process is not None
            tx.processes.change(replace(process, **changes), self.clock())

        await self.store.write(verb)

    async def change_subscription(self, organization: str, process: str = "EtatCivil", **changes: Any) -> None:
        """Declares a subscription otherwise."""
        found = replace(self.subscriptions[organization, process], **changes)
        self.subscriptions[organization, process] = found
        await self.store.write(lambda tx: tx.subscriptions.change(found, self.clock()))

    async def switch(self, organization: str, mode: Mode, process: str = "EtatCivil") -> None:
        """Another door owns the subscription from now on."""
        epoch = self.subscriptions[organization, process].epoch + 1
        await self.change_subscription(organization, process, access_mode=mode, epoch=epoch)

    async def change_account(self, username: str, **changes: Any) -> None:
        """Declares an account otherwise."""
        found = replace(self.accounts[username], **changes)
        self.accounts[username] = found
        await self.store.write(lambda tx: tx.accounts.change(found, self.clock()))

    async def pin(self, delivery: Delivery, mode: Mode, until: datetime) -> None:
        """Pins a delivery as a drain does."""
        at = int(until.timestamp() * 1000)
        await self.store.write(lambda tx: tx.session.run(_PIN, of=delivery.id, mode=mode, until=at))
