"""Who failed to log in too often waits: counted in the store, so that every process and node knows.

A failure costs one write, and comes after the work of a verification; nothing is verified or written for who waits.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.domain.authorized_keys import plain_address
from gateway.domain.identity import Caller, Door
from gateway.domain.journal import Entry
from gateway.domain.penalties import EVERYBODY, Penalty, PenaltyName, origin, stranger
from gateway.services.access import operators_alone
from gateway.services.office import Office, gateway_caller
from gateway.services.ports import Transaction

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Record:
    """What is counted of one who wants to log in: as this account from this address, and of the address itself."""

    name: PenaltyName
    own: Penalty | None
    crowd: Penalty | None

    def waits(self, now: datetime) -> bool:
        """Whether the account has to wait, for this address."""
        return self.own is not None and self.own.blocks(now)

    def crowded(self, now: datetime) -> bool:
        """Whether the address has to wait, whatever the account."""
        return self.crowd is not None and self.crowd.blocks(now)


def record(
    tx: Transaction, office: Office, door: Door, address: str, account: str, now: datetime, *, known: bool
) -> Record:
    """What is counted of a login; `known`: there is such an account."""
    place = account if known else stranger(office.secrets.derive("penalties"), account)
    name = PenaltyName(door, origin(address), place)
    return Record(name, tx.penalties.get(name, now), tx.penalties.get(_crowd(name), now))


def counts_at_rest_door(address: str | None) -> bool:
    """Whether an address says who calls there: a private one is that of a proxy, which everybody comes through."""
    found = plain_address(address or "")
    return isinstance(found, ipaddress.IPv4Address | ipaddress.IPv6Address) and found.is_global


async def failed(office: Office, held: Record, caller: Caller | None) -> None:
    """Counts a failure; `caller` is whom it was tried as, None for somebody who does not exist."""
    now = office.clock()

    def verb(tx: Transaction) -> int:
        failures, imposed = _count(tx, office, held.name, now)
        if imposed and caller is not None:
            _line(tx, office, caller, held.name, failures, now)
        if failures == 1:
            crowd = _crowd(held.name)
            others, crowded = _count(tx, office, crowd, now)
            if crowded:
                _line(tx, office, gateway_caller(office, "penalties"), crowd, others, now)
            imposed = imposed or crowded
        return imposed

    if await office.store.write(verb):
        office.meter.count("penalties_total", door=held.name.door)


async def forgiven(office: Office, held: Record) -> None:
    """Forgets what was counted of an account and address that have logged in now."""

    def verb(tx: Transaction) -> None:
        if tx.penalties.lift(held.name):
            tx.penalties.relent(_crowd(held.name))

    if held.own is not None:
        await office.store.write(verb)


async def find(office: Office, caller: Caller, *, blocking: bool = False) -> list[Penalty]:
    """Everything that is counted, or with `blocking` who has to wait now, by door, address and account.

    For operators. Raises ForbiddenError.
    """
    operators_alone(caller)
    now = office.clock()
    found = await office.store.read(lambda tx: _all(tx, now))
    return [one for one in found if one.blocks(now) or not blocking]


async def lift(office: Office, caller: Caller, *, account: str | None = None, address: str | None = None) -> int:
    """Forgets what is counted of an account, of an address, of both together, or with neither everything.

    Tells how many that were. For operators. Raises ForbiddenError.
    """
    operators_alone(caller)
    now = office.clock()
    unknown = stranger(office.secrets.derive("penalties"), account or "")
    source = None if address is None else origin(address)

    def meant(name: PenaltyName) -> bool:
        return (account is None or name.account in (account, unknown)) and source in (None, name.address)

    def verb(tx: Transaction) -> int:
        lifted = sum(tx.penalties.lift(one.name) for one in _all(tx, now) if meant(one.name))
        if lifted:
            said = {name: value for name, value in {"account": account, "address": source}.items() if value}
            tx.journal.write(Entry.PENALTIES_LIFTED, caller, now, detail={"lifted": lifted}, personal=said or None)
        return lifted

    return await office.store.write(verb)


def _all(tx: Transaction, now: datetime) -> list[Penalty]:
    found: list[Penalty] = []
    while page := tx.penalties.after(str(found[-1].name) if found else "", now, _PAGE):
        found += page
    return found


def _crowd(name: PenaltyName) -> PenaltyName:
    return PenaltyName(name.door, name.address, EVERYBODY)


def _count(tx: Transaction, office: Office, name: PenaltyName, now: datetime) -> tuple[int, bool]:
    rules = office.policy.penalties
    failures = tx.penalties.fail(name, now, now + rules.forget)
    wait = rules.wait(failures, name)
    if wait is not None:
        tx.penalties.block(name, now + wait, now + wait + rules.forget)
    return failures, wait is not None


def _line(tx: Transaction, office: Office, caller: Caller, name: PenaltyName, failures: int, now: datetime) -> None:
    wait = office.policy.penalties.wait(failures, name)
    assert wait is not None
    detail = {"failures": failures, "seconds": int(wait.total_seconds())}
    tx.journal.write(Entry.PENALTY_IMPOSED, caller, now, detail=detail, personal={"address": name.address})
