"""What readiness is judged by, over pages of every size."""

from __future__ import annotations

import pytest

from gateway.domain.identity import Mode
from gateway.domain.ids import new_id
from gateway.domain.referential import Subscription
from gateway.domain.switches import OpenDeliveries
from gateway.services import readiness as service
from gateway.services.office import PARIS
from gateway.store.readiness import PAGE
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store.rows import HOUR, NOW, add_case, add_delivery


async def test_nothing_is_known_of_nobody(store: AnyStore) -> None:
    assert await store.read(lambda tx: tx.readiness.facts((), Mode.API, NOW, PARIS, whole=True)) == {}
    assert await store.read(lambda tx: tx.readiness.facts((new_id(),), Mode.API, NOW, PARIS, whole=True)) == {}


@pytest.mark.parametrize("size", [1, 2, 50, 51, PAGE])
async def test_a_page_of_any_size_says_the_same_of_each(seeded: AnyStore, size: int) -> None:
    def add(tx: Transaction) -> Subscription:
        case = add_case(tx)
        for number in (1, 2):
            add_delivery(tx, case, number, published_at=NOW - number * HOUR)
        found = tx.subscriptions.get(case.subscription_id)
        assert found is not None
        return found

    known = await seeded.write(add)
    ids = [*(new_id() for _ in range(size - 1)), known.id]
    facts = await seeded.read(lambda tx: tx.readiness.facts(ids, Mode.API, NOW, PARIS, whole=True))
    assert set(facts) == {known.id}
    assert (facts[known.id].subscription, facts[known.id].open) == (known, OpenDeliveries(2, 0))
    assert facts[known.id].undelivered_since == NOW - 2 * HOUR


def test_pages_of_the_verb_are_no_larger_than_one_look_takes() -> None:
    assert service.PAGE <= PAGE


async def test_nobody_is_doubtful_without_a_reason(seeded: AnyStore) -> None:
    def add(tx: Transaction) -> str:
        case = add_case(tx)
        delivery = add_delivery(tx, case, 1)
        tx.deliveries.pin(case.subscription_id, Mode.SFTP, NOW + HOUR, NOW)
        return delivery.subscription_id

    assert await seeded.read(lambda tx: tx.readiness.doubtful(NOW)) == set()
    pinned = await seeded.write(add)
    assert await seeded.read(lambda tx: tx.readiness.doubtful(NOW)) == {pinned}
    assert await seeded.read(lambda tx: tx.readiness.doubtful(NOW + HOUR)) == set()
