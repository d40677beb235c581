"""Which accounts may use old algorithms, until when, and whether they still do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from gateway.domain.identity import Caller, Door
from gateway.services.access import operators_alone
from gateway.services.office import Office
from gateway.services.ports import Transaction


@dataclass(frozen=True, slots=True)
class OldAlgorithms:
    """One account with an exception; `used_at`: when it last needed it, `algorithms`: those of its last login."""

    username: str
    organization: str
    until: date
    used_at: datetime | None
    software: str | None
    algorithms: str | None


async def excepted(office: Office, caller: Caller) -> list[OldAlgorithms]:
    """Every enabled account with an exception, ended ones too, by subscriber. For operators. Raises ForbiddenError."""
    operators_alone(caller)

    def query(tx: Transaction) -> list[OldAlgorithms]:
        found = []
        for username, until in tx.figures.legacy_until().items():
            account, seen = tx.accounts.by_username(username), tx.sightings.get(Door.SFTP, username)
            if account is not None:
                used_at, software, algorithms = (
                    (seen.legacy_at, seen.software, seen.algorithms) if seen else (None,) * 3
                )
                found.append(OldAlgorithms(username, account.organization, until, used_at, software, algorithms))
        return sorted(found, key=lambda one: (one.organization, one.username))

    return await office.store.read(query)
