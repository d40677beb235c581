"""SFTP accounts as operators look at them. No secret leaves this module, nor a hash of one."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.domain.errors import NotFoundError
from gateway.domain.identity import Caller, Door
from gateway.domain.penalties import Penalty
from gateway.domain.referential import SftpAccount
from gateway.domain.sightings import Sighting
from gateway.services import penalties
from gateway.services.access import operators_alone
from gateway.services.office import Office


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account, what was last seen of it, and who has failed to log in as it."""

    account: SftpAccount
    sighting: Sighting | None
    penalties: tuple[Penalty, ...]


async def read(office: Office, caller: Caller, username: str) -> AccountView:
    """One account, its password's hash left out. For operators. Raises ForbiddenError, NotFoundError."""
    operators_alone(caller)
    account = await office.store.read(lambda tx: tx.accounts.by_username(username))
    if account is None:
        raise NotFoundError("SFTP account")
    seen = await office.store.read(lambda tx: tx.sightings.get(Door.SFTP, username))
    failed = tuple(one for one in await penalties.find(office, caller) if one.name.account == username)
    return AccountView(account, seen, failed)
