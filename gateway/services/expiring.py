"""Reminders of passwords and keys whose end comes near: told once a day, by whichever process is first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.domain.expiring import SOON, Expiring, expiring
from gateway.domain.identity import Caller
from gateway.domain.journal import Entry
from gateway.domain.rates import Rate
from gateway.services.access import operators_alone
from gateway.services.office import Office, gateway_caller
from gateway.services.ports import Store, Transaction

_DAILY: Final = Rate(1, timedelta(days=1))


async def find(office: Office, caller: Caller, within: timedelta = SOON) -> list[Expiring]:
    """The passwords and keys of enabled accounts that end within that time or have ended, the first to end first.

    For operators. Raises ForbiddenError.
    """
    operators_alone(caller)
    return await look(office.store, office.clock(), office.policy.zone, within)


async def look(store: Store, now: datetime, zone: ZoneInfo, within: timedelta = SOON) -> list[Expiring]:
    """The same for who has no office yet. Raises UnavailableError when the store is away."""
    return await store.read(lambda tx: _soon(tx, zone, now + within))


async def remind(office: Office) -> tuple[list[Expiring], bool]:
    """Everything that ends soon, and whether it is to be told now: once a day, when the journal gets a line of each."""
    now = office.clock()
    if not await look(office.store, now, office.policy.zone):
        return [], False
    day = _DAILY.number(now)
    caller = gateway_caller(office, "reminders")

    def verb(tx: Transaction) -> tuple[list[Expiring], bool]:
        found = _soon(tx, office.policy.zone, now + SOON)
        first = tx.rates.take("reminders", day, 1, 1, _DAILY.end(day))[0] == 1
        for one in found if first else ():
            detail = {"of": one.organization, "account": one.username, "kind": one.kind, "key": one.position or None}
            until = {"endsAt": one.ends_at.isoformat()}
            tx.journal.write(Entry.CREDENTIAL_EXPIRING, caller, now, detail=detail | until)
        return found, first

    return await office.store.write(verb)


def _soon(tx: Transaction, zone: ZoneInfo, before: datetime) -> list[Expiring]:
    found = [one for account in tx.accounts.expiring() for one in expiring(account, zone, before)]
    return sorted(found, key=lambda one: (one.ends_at, one.username, one.position))
