"""The columns of subscriptions that are about webhooks."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from gateway.domain.ids import new_id
from gateway.domain.outgoing import Outgoing, OutgoingState, WebhookKeys
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store.rows import BREST_API, DAY, HOUR, NOW, RENNES_SFTP, outgoing


def in_state(state: OutgoingState, tx: Transaction) -> list[Outgoing]:
    return tx.outbox.of_subscription(BREST_API.id, state, "", 9)


async def test_the_address_is_set_and_taken_away(seeded: AnyStore) -> None:
    await seeded.write(lambda tx: tx.webhooks.point(BREST_API.id, "https://brest.example.org/", NOW))
    found = await seeded.read(lambda tx: tx.subscriptions.get(BREST_API.id))
    assert found is not None
    assert found.webhook == "https://brest.example.org/"
    await seeded.write(lambda tx: tx.webhooks.point(BREST_API.id, None, NOW))
    found = await seeded.read(lambda tx: tx.subscriptions.get(BREST_API.id))
    assert found is not None
    assert found.webhook is None


async def test_a_rotation_goes_on_from_the_generation_it_knew(seeded: AnyStore) -> None:
    assert await seeded.read(lambda tx: tx.webhooks.keys(new_id())) == WebhookKeys()
    assert await seeded.read(lambda tx: tx.webhooks.keys(BREST_API.id)) == WebhookKeys()
    assert await seeded.write(lambda tx: tx.webhooks.rotate(BREST_API.id, 1, NOW + DAY, NOW))
    assert not await seeded.write(lambda tx: tx.webhooks.rotate(BREST_API.id, 1, NOW + DAY, NOW))
    assert await seeded.read(lambda tx: tx.webhooks.keys(BREST_API.id)) == WebhookKeys(2, NOW + DAY)
    assert await seeded.read(lambda tx: tx.webhooks.keys(RENNES_SFTP.id)) == WebhookKeys()


async def test_a_change_of_the_subscription_keeps_the_generation(seeded: AnyStore) -> None:
    await seeded.write(lambda tx: tx.webhooks.rotate(BREST_API.id, 1, NOW + DAY, NOW))
    await seeded.write(lambda tx: tx.subscriptions.change(replace(BREST_API, epoch=7), NOW))
    assert (await seeded.read(lambda tx: tx.webhooks.keys(BREST_API.id))).generation == 2


async def test_the_calls_of_a_subscription_have_pages(seeded: AnyStore) -> None:
    own = [outgoing(id=new_id(), subscription_id=BREST_API.id) for _ in range(3)]
    other = outgoing(id=new_id(), subscription_id=RENNES_SFTP.id)

    def add(tx: Transaction) -> None:
        for call in (*own, other):
            tx.outbox.add(call)

    await seeded.write(add)
    await seeded.write(lambda tx: tx.outbox.claim(NOW + HOUR, NOW + HOUR, 10))
    first = await seeded.read(lambda tx: tx.outbox.of_subscription(BREST_API.id, None, "", 2))
    assert [call.id for call in first] == [call.id for call in own[:2]]
    rest = await seeded.read(lambda tx: tx.outbox.of_subscription(BREST_API.id, None, first[-1].id, 2))
    assert [call.id for call in rest] == [own[2].id]
    settled = await seeded.read(lambda tx: tx.outbox.get(own[0].id))
    assert settled is not None
    await seeded.write(lambda tx: tx.outbox.settle(settled, OutgoingState.SENT, NOW, again_at=None, error=None))
    for state, expected in ((OutgoingState.SENT, own[:1]), (OutgoingState.PENDING, own[1:]), (OutgoingState.DEAD, [])):
        found = await seeded.read(partial(in_state, state))
        assert [call.id for call in found] == [call.id for call in expected]
    assert await seeded.read(lambda tx: tx.outbox.get(new_id())) is None
