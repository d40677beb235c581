"""Who takes part in a simulation: one depositor, and subscribers with credentials for both doors."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Final

from gateway.domain.identity import Caller, Door, Mode, OrganizationId, Role
from gateway.domain.ids import new_id
from gateway.domain.referential import ApiClient, Organization, Process, SftpAccount, Subscription
from gateway.services.office import Office
from gateway.services.ports import Transaction
from tools.simulate.at_doors import public_key, token
from tools.simulate.habits import drawn
from tools.simulate.subscribers import Subscriber
from tools.simulate.volumes import SHARES

DEPOSITOR: Final = Caller("OSL-13000000000018-00000", Role.OSL, Door.API, "depositor")
DEPARTMENTS: Final = ("22", "29", "35", "56")
EXPIRE_AFTER: Final = timedelta(days=45)
_FOREVER: Final = datetime(2100, 1, 1, tzinfo=UTC)
_BATCH: Final = 200
_OLD: Final = 0.8
"""Which part of the subscribers is at the SFTP door when the year begins."""


def people(seed: int, subscribers: int, real: int, days: int) -> list[Subscriber]:
    """The subscribers, of which the first `real` are at real doors and none of those is away."""
    random = Random(f"{seed}/people")
    processes = random.choices(tuple(SHARES), tuple(SHARES.values()), k=subscribers)
    found = []
    for index, process in enumerate(processes):
        branch = f"{DEPARTMENTS[index % len(DEPARTMENTS)]}{index // len(DEPARTMENTS) % 1000:03d}"
        habits = drawn(Random(f"{seed}/habits/{index}"), days, present=index < real)
        mode = Mode.SFTP if random.random() < _OLD else Mode.API
        found.append(Subscriber(f"SI-2{index:013d}-{branch}", process, new_id(), habits, mode, real=index < real))
    return found


def accounts(subscriber: Subscriber) -> list[SftpAccount]:
    """Its logins at the SFTP door."""
    name = subscriber.organization[3:17]
    return [
        SftpAccount(
            _account_id(f"{name}-{position}"),
            subscriber.organization,
            f"{name}-{position}",
            password_hash="of no password",
            public_keys=(public_key(f"{name}-{position}"),) if subscriber.real else (),
            processes=(subscriber.process,),
        )
        for position in range(1, subscriber.habits.accounts + 1)
    ]


def client(subscriber: Subscriber) -> str:
    """The name of its client of the API."""
    return f"client-{subscriber.organization[3:17]}"


async def declare(office: Office, subscribers: Sequence[Subscriber]) -> None:
    """Writes all of them into the store."""
    await office.store.write(partial(_processes, office.clock()))
    for start in range(0, len(subscribers), _BATCH):
        await office.store.write(partial(_subscribers, subscribers[start : start + _BATCH], office.clock()))


def _processes(now: datetime, tx: Transaction) -> None:
    tx.organizations.add(Organization(OrganizationId.parse(DEPOSITOR.organization), "Dépôts simulés"), now)
    for code in SHARES:
        tx.processes.add(Process(code, f"Démarche {code}", DEPOSITOR.organization, expire_after=EXPIRE_AFTER), now)
    _client(tx, DEPOSITOR.actor, DEPOSITOR.organization, Role.OSL, now)


def _subscribers(subscribers: Sequence[Subscriber], now: datetime, tx: Transaction) -> None:
    for one in subscribers:
        tx.organizations.add(Organization(OrganizationId.parse(one.organization), f"Commune {one.organization}"), now)
        subscription = Subscription(one.subscription, one.organization, one.process, access_mode=one.mode)
        tx.subscriptions.add(subscription, now)
        for account in accounts(one):
            tx.accounts.add(account, now)
            tx.accounts.serve(account.id, {one.subscription})
        _client(tx, client(one), one.organization, Role.SI, now)


def _client(tx: Transaction, name: str, organization: str, role: Role, now: datetime) -> None:
    tx.clients.add(ApiClient(name, organization, role, secret_hashes=("of no secret",)), now)
    tx.clients.issue(hashlib.sha256(token(name).encode()).digest(), name, role, _FOREVER)


def _account_id(username: str) -> str:
    return f"00000000-0000-7000-9000-{hashlib.sha256(username.encode()).hexdigest()[:12]}"
