"""Subscriptions: one for an organization and a process, changed but for these two."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from gateway.domain.identity import Mode, Transport
from gateway.domain.ids import new_id
from gateway.domain.referential import Complement, Contact, Subscription, SubscriptionStatus
from tests.databases import AnyStore
from tests.store.rows import BREST, BREST_API, DAY, HOUR, NOW, RENNES, RENNES_SFTP

WHOLE = Subscription(
    id=new_id(),
    organization=BREST,
    process="CERTDC",
    status=SubscriptionStatus.SUSPENDED,
    access_mode=Mode.PORTAIL,
    transport=Transport.PUSH,
    epoch=7,
    activate_at=NOW,
    end_at=NOW + DAY,
    template="{sender}.{number}-{process}-{sequence}.zip",
    complement=Complement.DELTA,
    webhook='{"url":"https://example.org/hook"}',
    email="demat@example.org",
    notification_frequency="daily",
    validate_at=NOW - DAY,
    reject_at=NOW - 2 * DAY,
    rejection_reason="Pièce manquante",
    datapass_id=2**40,
    local_administrator=Contact("zoe@example.org", "Zoé", "Ångström", "Élue", "0600000000", "+33600000000"),
    delegation_actor=Contact(None),
)
WAITING = replace(WHOLE, status=SubscriptionStatus.INACTIVE, activate_at=NOW, end_at=None, validate_at=NOW)


async def test_it_comes_back_as_it_was_added(seeded: AnyStore) -> None:
    await seeded.write(lambda tx: tx.subscriptions.add(WHOLE, NOW))
    assert await seeded.read(lambda tx: tx.subscriptions.get(WHOLE.id)) == WHOLE
    assert await seeded.read(lambda tx: tx.subscriptions.find(BREST, "CERTDC")) == WHOLE
    assert await seeded.read(lambda tx: tx.subscriptions.find(RENNES, "CERTDC")) is None
    assert await seeded.read(lambda tx: tx.subscriptions.get(new_id())) is None


async def test_a_change_writes_every_field(seeded: AnyStore) -> None:
    changed = replace(WHOLE, id=BREST_API.id, process="EtatCivil")
    await seeded.write(lambda tx: tx.subscriptions.change(changed, NOW + DAY))
    found = await seeded.read(lambda tx: tx.subscriptions.get(BREST_API.id))
    assert found is not None
    assert found == changed
    assert found.updated_at == NOW + DAY
    assert await seeded.write(lambda tx: tx.subscriptions.hold(BREST_API.id)) == changed
    assert await seeded.write(lambda tx: tx.subscriptions.hold(new_id())) is None
    assert await seeded.write(lambda tx: tx.subscriptions.share(BREST_API.id)) == changed
    assert await seeded.write(lambda tx: tx.subscriptions.share(new_id())) is None


async def test_there_is_only_one_for_an_organization_and_a_process(seeded: AnyStore) -> None:
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
        await seeded.write(lambda tx: tx.subscriptions.add(replace(BREST_API, id=new_id()), NOW))


async def test_one_that_is_there_already_is_not_created_again(seeded: AnyStore) -> None:
    assert await seeded.write(lambda tx: tx.subscriptions.create(WHOLE, NOW))
    other = replace(WHOLE, id=new_id(), epoch=1)
    assert not await seeded.write(lambda tx: tx.subscriptions.create(other, NOW))
    assert await seeded.read(lambda tx: tx.subscriptions.find(BREST, "CERTDC")) == WHOLE


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({}, True),
        ({"activate_at": NOW + HOUR}, True),  # later on the same day
        ({"activate_at": NOW + DAY}, False),
        ({"activate_at": None}, False),
        ({"validate_at": None}, False),
        ({"validate_at": NOW + HOUR}, False),
        ({"end_at": NOW}, False),
        ({"end_at": NOW + HOUR}, True),
        ({"status": SubscriptionStatus.SUSPENDED}, False),
        ({"status": SubscriptionStatus.REFUSED}, False),
        ({"status": SubscriptionStatus.ACTIVE}, False),
    ],
)
async def test_what_is_due_is_found_as_the_domain_has_it(seeded: AnyStore, changes: dict[str, Any], due: bool) -> None:
    waiting = replace(WAITING, **changes)
    await seeded.write(lambda tx: tx.subscriptions.add(waiting, NOW))
    found = await seeded.read(lambda tx: tx.subscriptions.due(NOW, 10))
    assert found == ([waiting.id] if due else [])
    assert waiting.due(NOW) is due


async def test_many_are_held_at_once(seeded: AnyStore) -> None:
    missing = [new_id() for _ in range(60)]
    held = await seeded.write(lambda tx: tx.subscriptions.hold_all([RENNES_SFTP.id, *missing, BREST_API.id]))
    assert held == {BREST_API.id: BREST_API, RENNES_SFTP.id: RENNES_SFTP}
    assert await seeded.write(lambda tx: tx.subscriptions.hold_all(())) == {}
