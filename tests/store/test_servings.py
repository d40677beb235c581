"""Servings: what was served, kept for each delivery, door and actor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gateway.domain.deliveries import Delivery, Serving
from gateway.domain.identity import Door
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store.rows import DAY, HOUR, NOW, add_case, add_delivery

SERVING = Serving(owned=True, epoch=3, coverage={"archive": ((0, 10), (20, 2**33)), "case": ()})


def two(tx: Transaction) -> list[Delivery]:
    case = add_case(tx)
    return [add_delivery(tx, case), add_delivery(tx, case, 2)]


def save(delivery: Delivery, serving: Serving, hours: int = 0) -> Callable[[Transaction], None]:
    return lambda tx: tx.servings.save(delivery.id, Door.SFTP, "rennes", serving, NOW + hours * HOUR)


async def test_coverage_comes_back_as_it_was_saved_for_its_own_actor(seeded: AnyStore) -> None:
    first, second = await seeded.write(two)
    await seeded.write(save(first, SERVING))
    assert await seeded.read(lambda tx: tx.servings.get(first.id, Door.SFTP, "rennes")) == SERVING
    assert await seeded.read(lambda tx: tx.servings.get(first.id, Door.SFTP, "other")) is None
    assert await seeded.read(lambda tx: tx.servings.get(first.id, Door.API, "rennes")) is None
    assert await seeded.read(lambda tx: tx.servings.get(second.id, Door.SFTP, "rennes")) is None


async def test_saving_again_replaces_all_but_the_date_when_it_was_whole(seeded: AnyStore) -> None:
    first, _ = await seeded.write(two)
    later = Serving(owned=False, epoch=4, coverage={"archive": ((0, 5),)})
    await seeded.write(save(first, SERVING))
    await seeded.write(save(first, replace(SERVING, whole_at=NOW + HOUR), hours=1))
    await seeded.write(save(first, replace(later, whole_at=NOW + DAY), hours=2))
    found = await seeded.read(lambda tx: tx.servings.get(first.id, Door.SFTP, "rennes"))
    assert found == replace(later, whole_at=NOW + HOUR)


async def test_what_an_actor_opened_while_its_door_owned_it(seeded: AnyStore) -> None:
    first, second = await seeded.write(two)
    await seeded.write(save(first, SERVING))
    await seeded.write(save(second, replace(SERVING, owned=False)))
    owned = await seeded.read(lambda tx: tx.servings.owned_of_case(first.case_id, Door.SFTP, "rennes"))
    assert owned == {first.id}
    assert await seeded.read(lambda tx: tx.servings.owned_of_case(first.case_id, Door.API, "rennes")) == set()
    assert await seeded.read(lambda tx: tx.servings.owned_of_case(first.case_id, Door.SFTP, "other")) == set()
