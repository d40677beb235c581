"""The derived owner: the SQL says what the domain says, in both inboxes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from gateway.domain.deliveries import owner
from gateway.domain.identity import Mode
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store.rows import ACCOUNT, HOUR, NOW, RENNES_SFTP, add_case, add_delivery

MOMENT = timedelta(milliseconds=1)
PINS = [(None, None), *product(Mode, [NOW - HOUR, NOW, NOW + MOMENT, NOW + HOUR])]


@pytest.mark.parametrize("mode", Mode)
async def test_both_inboxes_agree_with_the_rule_for_every_pin(seeded: AnyStore, mode: Mode) -> None:
    def add(tx: Transaction) -> dict[str, Mode]:
        tx.subscriptions.change(replace(RENNES_SFTP, access_mode=mode, epoch=2), NOW)
        case = add_case(tx)
        owners = {}
        for number, (pinned_mode, until) in enumerate(PINS, 1):
            delivery = add_delivery(tx, case, number, pinned_mode=pinned_mode, pinned_until=until)
            owners[delivery.id] = owner(mode, pinned_mode, until, NOW)
        return owners

    owners = await seeded.write(add)
    sftp = await seeded.read(lambda tx: tx.archives.inbox(ACCOUNT.id, "EtatCivil", NOW))
    api = await seeded.read(lambda tx: tx.notifications.of_subscription(RENNES_SFTP.id, NOW, 100))
    assert {each.delivery_id for each in sftp} == {key for key, value in owners.items() if value is Mode.SFTP}
    assert {each.id for each in api} == {key for key, value in owners.items() if value is Mode.API}
    assert len(set(owners.values())) == 3  # the pins that hold put something into every mode


async def test_a_switch_moves_everything_that_is_not_pinned_by_one_row(seeded: AnyStore) -> None:
    def add(tx: Transaction) -> list[str]:
        case = add_case(tx)
        free = add_delivery(tx, case)
        drained = add_delivery(tx, case, 2, pinned_mode=Mode.SFTP, pinned_until=NOW + HOUR)
        return [free.id, drained.id]

    free, drained = await seeded.write(add)
    await seeded.write(lambda tx: tx.subscriptions.change(replace(RENNES_SFTP, access_mode=Mode.API, epoch=2), NOW))

    async def inboxes(hours: int) -> tuple[list[str], list[str]]:
        now = NOW + hours * HOUR
        sftp = await seeded.read(lambda tx: tx.archives.inbox(ACCOUNT.id, "EtatCivil", now))
        api = await seeded.read(lambda tx: tx.notifications.of_subscription(RENNES_SFTP.id, now, 100))
        return [each.delivery_id for each in sftp], [each.id for each in api]

    assert await inboxes(0) == ([drained], [free])
    assert await inboxes(1) == ([], [free, drained])  # the deadline lifts the pin
