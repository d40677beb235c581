"""Who takes part in a simulation: one depositor, and subscribers with credentials for both doors."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Final

from gateway.domain.deliveries import Gesture
from gateway.domain.identity import Caller, Door, Mode, OrganizationId, Role, Transport
from gateway.domain.ids import new_id
from gateway.domain.pushing import PushTarget
from gateway.domain.referential import ApiClient, Organization, Process, SftpAccount, Subscription
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.push_declaration import sealed, stand_in
from tools.simulate.at_doors import public_key, token
from tools.simulate.habits import drawn
from tools.simulate.servers import ANSWERS, ARCHIVES
from tools.simulate.subscribers import Operator, Subscriber
from tools.simulate.volumes import SHARES

DEPOSITOR: Final = Caller("OSL-13000000000018-00000", Role.OSL, Door.API, "depositor")
DEPARTMENTS: Final = ("22", "29", "35", "44", "56")
EXPIRE_AFTER: Final = timedelta(days=45)
_FOREVER: Final = datetime(2100, 1, 1, tzinfo=UTC)
_BATCH: Final = 200
_OLD: Final = 0.8
"""Which part of the subscribers is at the SFTP door when the year begins."""
_PUSHED: Final = 0.1
_OPERATED: Final = 0.2
_MEMBERS: Final = (10, 40)
"""How many organizations an operator serves by one account."""


def people(seed: int, subscribers: int, real: int, days: int) -> list[Subscriber]:
    """The subscribers, of which the first `real` are at real doors and none of those is away."""
    random = Random(f"{seed}/people")
    processes = random.choices(tuple(SHARES), tuple(SHARES.values()), k=subscribers)
    found = []
    for index, process in enumerate(processes):
        branch = f"{DEPARTMENTS[index % len(DEPARTMENTS)]}{index // len(DEPARTMENTS) % 1000:03d}"
        habits = drawn(Random(f"{seed}/habits/{index}"), days, present=index < real)
        mode = Mode.SFTP if random.random() < _OLD else Mode.API
        one = Subscriber(f"SI-2{index:013d}-{branch}", process, new_id(), habits, mode, real=index < real)
        if index >= real and random.random() < _PUSHED:
            one.transport = Transport.PUSH
        found.append(one)
    return found


def operators(seed: int, subscribers: Sequence[Subscriber], days: int, *, real: bool) -> list[Operator]:
    """Operators with accounts that serve 10 to 40 of the subscribers each; the first at a `real` door."""
    random = Random(f"{seed}/accounts")
    pulled = [one for one in subscribers if one.transport is Transport.PULL and not one.real]
    random.shuffle(pulled)
    left = max(int(len(subscribers) * _OPERATED), min(len(pulled), _MEMBERS[0]))
    found: list[Operator] = []
    while left >= _MEMBERS[0]:
        members = [pulled.pop() for _ in range(min(random.randint(*_MEMBERS), left, len(pulled)))]
        left -= len(members)
        if not members:
            break
        index = len(found) + 1
        at_door = real and index == 1
        habits = drawn(Random(f"{seed}/operators/{index}"), days, present=True)
        name = f"operator-{index}"
        found.append(Operator(name, members[0].organization, habits, at_door, members=members))
        for one in members:
            one.operator = found[-1]
    return found


def shared_account(operator: Operator) -> SftpAccount:
    """The login of an operator."""
    return SftpAccount(
        _account_id(operator.username),
        operator.organization,
        operator.username,
        password_hash="of no password",
        public_keys=(public_key(operator.username),) if operator.real else (),
        processes=tuple(sorted({one.process for one in operator.members})),
    )


def accounts(subscriber: Subscriber) -> list[SftpAccount]:
    """Its own logins at the SFTP door: none where the gateway pushes, or where one of an operator has to do."""
    if subscriber.transport is Transport.PUSH or (subscriber.operator and subscriber.habits.accounts == 1):
        return []
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


async def declare(office: Office, subscribers: Sequence[Subscriber], shared: Sequence[Operator]) -> None:
    """Writes all of them into the store."""
    await office.store.write(partial(_processes, office.clock()))
    for start in range(0, len(subscribers), _BATCH):
        await office.store.write(partial(_subscribers, office, subscribers[start : start + _BATCH]))
    for operator in shared:
        await office.store.write(partial(_operator, operator, office.clock()))


def _processes(now: datetime, tx: Transaction) -> None:
    tx.organizations.add(Organization(OrganizationId.parse(DEPOSITOR.organization), "Dépôts simulés"), now)
    for code in SHARES:
        tx.processes.add(Process(code, f"Démarche {code}", DEPOSITOR.organization, expire_after=EXPIRE_AFTER), now)
    _client(tx, DEPOSITOR.actor, DEPOSITOR.organization, Role.OSL, now)


def _subscribers(office: Office, subscribers: Sequence[Subscriber], tx: Transaction) -> None:
    now = office.clock()
    for one in subscribers:
        tx.organizations.add(Organization(OrganizationId.parse(one.organization), f"Commune {one.organization}"), now)
        push = _target(one) if one.transport is Transport.PUSH else None
        record = Subscription(
            one.subscription, one.organization, one.process, access_mode=one.mode, transport=one.transport, push=push
        )
        record = sealed(office, None, record)
        tx.subscriptions.add(record, now)
        stand_in(tx, record, now)
        for account in accounts(one):
            tx.accounts.add(account, now)
            tx.accounts.serve(account.id, {one.subscription})
        _client(tx, client(one), one.organization, Role.SI, now)


def _operator(operator: Operator, now: datetime, tx: Transaction) -> None:
    account = shared_account(operator)
    tx.accounts.add(account, now)
    tx.accounts.serve(account.id, {one.subscription for one in operator.members})


def _target(one: Subscriber) -> PushTarget:
    """Its server; one in three acknowledges by answers alone."""
    gestures = frozenset({Gesture.READ, Gesture.ANSWER} if int(one.organization[4:17]) % 3 else {Gesture.ANSWER})
    key = public_key(one.subscription)
    return PushTarget(
        "files.example.org", one.subscription, (key,), directory=ARCHIVES, answers=ANSWERS, acknowledge_on=gestures
    )


def _client(tx: Transaction, name: str, organization: str, role: Role, now: datetime) -> None:
    tx.clients.add(ApiClient(name, organization, role, secret_hashes=("of no secret",)), now)
    tx.clients.issue(hashlib.sha256(token(name).encode()).digest(), name, role, _FOREVER)


def _account_id(username: str) -> str:
    return f"00000000-0000-7000-9000-{hashlib.sha256(username.encode()).hexdigest()[:12]}"
