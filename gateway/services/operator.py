"""The gateway's own organization, in whose name it tells depositors of what it did by itself."""

from __future__ import annotations

from gateway.domain.identity import OrganizationId
from gateway.domain.referential import Organization
from gateway.services.office import Office
from gateway.services.ports import Transaction


async def ensure_gateway(office: Office, name: str) -> None:
    """Declares the gateway's own organization, or gives it its present name."""
    now = office.clock()
    wanted = Organization(OrganizationId.parse(office.gateway), name)

    def verb(tx: Transaction) -> None:
        known = tx.organizations.get(office.gateway)
        if known is None:
            tx.organizations.add(wanted, now)
        elif known.name != name:
            tx.organizations.change(wanted, now)

    await office.store.write(verb)
