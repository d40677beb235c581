"""Servings: what was served, kept for each delivery, door and actor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.domain.deliveries import Delivery, DeliveryState, Serving
from gateway.domain.dossiers import Attachment, Parties
from gateway.domain.identity import Door
from gateway.domain.ids import new_id
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store.rows import DAY, HOUR, NOW, OSL, add_case, add_delivery, attachment

SERVING = Serving(owned=True, epoch=3, coverage={"archive": ((0, 10), (20, 2**33)), "case": ()})


def two(tx: Transaction) -> list[Delivery]:
    case = add_case(tx)
    return [add_delivery(tx, case), add_delivery(tx, case, 2)]


def save(delivery: Delivery, serving: Serving, hours: int = 0, door: Door = Door.SFTP) -> Callable[[Transaction], None]:
    return lambda tx: tx.servings.save(delivery.id, door, "rennes", serving, NOW + hours * HOUR)


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


async def test_a_download_begins_with_one_statement(seeded: AnyStore) -> None:
    def made(tx: Transaction) -> tuple[Delivery, str]:
        case = add_case(tx)
        new = attachment(case.folder_id)
        tx.attachments.add(new, 0, [case.id])
        return add_delivery(tx, case), new.id

    delivery, identifier = await seeded.write(made)
    found = await seeded.peek(sought(delivery.case_id, identifier))
    assert found is not None
    parties, shown, lacking = found
    assert (parties.depositor, parties.process) == (OSL, delivery.process)
    assert shown == await seeded.read(lambda tx: tx.attachments.get(identifier))
    assert lacking
    other = await seeded.peek(sought(delivery.case_id, new_id()))
    assert other == (parties, None, True)
    assert await seeded.peek(sought(new_id(), identifier)) is None


@pytest.mark.parametrize(
    ("serving", "lacking"),
    [
        (replace(SERVING, whole_at=NOW), False),
        (SERVING, True),
        (replace(SERVING, whole_at=NOW, owned=False), True),
    ],
    ids=["whole", "in part", "whole before its door owned it"],
)
async def test_nothing_is_lacking_once_a_door_that_owned_it_served_it_whole(
    seeded: AnyStore, serving: Serving, lacking: bool
) -> None:
    first, second = await seeded.write(two)
    await seeded.write(save(first, serving))
    await seeded.write(save(second, replace(SERVING, whole_at=NOW)))
    found = await seeded.peek(sought(first.case_id, new_id()))
    assert found is not None
    assert found[2] is lacking


async def test_what_another_door_owns_is_not_lacking_once_it_was_served_whole(seeded: AnyStore) -> None:
    first, _ = await seeded.write(two)
    for delivery in await seeded.read(lambda tx: tx.deliveries.of_case(first.case_id)):
        await seeded.write(save(delivery, replace(SERVING, whole_at=NOW, owned=False), door=Door.API))
    found = await seeded.peek(sought(first.case_id, new_id(), Door.API))
    assert found is not None
    assert not found[2]


async def test_a_closed_delivery_lacks_nothing(seeded: AnyStore) -> None:
    def closed(tx: Transaction) -> Delivery:
        delivery = add_delivery(tx, add_case(tx))
        state = DeliveryState.READY, DeliveryState.WITHDRAWN
        assert tx.deliveries.close(delivery.id, *state, NOW, door=Door.API, actor="osl")
        return delivery

    delivery = await seeded.write(closed)
    found = await seeded.peek(sought(delivery.case_id, new_id()))
    assert found is not None
    assert not found[2]


def sought(
    case_id: str, attachment_id: str, door: Door = Door.SFTP
) -> Callable[[Transaction], tuple[Parties, Attachment | None, bool] | None]:
    return lambda tx: tx.servings.sought(case_id, attachment_id, door, "rennes", NOW)
