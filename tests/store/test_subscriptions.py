"""Subscriptions: one for an organization and a process, changed but for these two."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import psycopg
import pytest

from gateway.domain.identity import Mode, Transport
from gateway.domain.ids import new_id
from gateway.domain.referential import Complement, Subscription, SubscriptionStatus
from tests.databases import AnyStore
from tests.store.rows import BREST, BREST_API, DAY, NOW, RENNES

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
)


async def test_it_comes_back_as_it_was_added(seeded: AnyStore) -> None:
    await seeded.write(lambda tx: tx.subscriptions.add(WHOLE, NOW))
    assert await seeded.read(lambda tx: tx.subscriptions.get(WHOLE.id)) == WHOLE
    assert await seeded.read(lambda tx: tx.subscriptions.find(BREST, "CERTDC")) == WHOLE
    assert await seeded.read(lambda tx: tx.subscriptions.find(RENNES, "CERTDC")) is None
    assert await seeded.read(lambda tx: tx.subscriptions.get(new_id())) is None


async def test_a_change_writes_every_field(seeded: AnyStore) -> None:
    changed = replace(WHOLE, id=BREST_API.id, process="EtatCivil")
    await seeded.write(lambda tx: tx.subscriptions.change(changed, NOW + DAY))
    assert await seeded.read(lambda tx: tx.subscriptions.get(BREST_API.id)) == changed


async def test_there_is_only_one_for_an_organization_and_a_process(seeded: AnyStore) -> None:
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
        await seeded.write(lambda tx: tx.subscriptions.add(replace(BREST_API, id=new_id()), NOW))
