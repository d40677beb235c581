"""Deliveries: names allocated once, states changed by one, and all that a gesture needs in one look."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.deliveries import Delivery, DeliveryKind, DeliveryState, Gesture, Serving
from gateway.domain.dossiers import Case
from gateway.domain.identity import Door, Mode
from gateway.domain.ids import new_id
from gateway.domain.switches import OpenDeliveries
from gateway.store.transaction import Transaction
from tests.databases import AnyStore, Database, opened
from tests.store import rows
from tests.store.rows import DAY, HOUR, NOW, RENNES_SFTP, SECOND, add_case, add_delivery

READY, FETCHED, ACCEPTED = DeliveryState.READY, DeliveryState.FETCHED, DeliveryState.ACCEPTED


def published(tx: Transaction) -> tuple[Case, Delivery]:
    case = add_case(tx, publication=1)
    return case, add_delivery(tx, case)


def accept(delivery: Delivery, tx: Transaction, before: DeliveryState = READY) -> bool:
    return tx.deliveries.close(
        delivery.id, before, ACCEPTED, NOW + HOUR, door=Door.SFTP, actor="rennes", gesture=Gesture.RENAME
    )


async def test_it_comes_back_as_it_was_added_oldest_first(seeded: AnyStore) -> None:
    case, first = await seeded.write(published)
    event = rows.event(case)
    whole = rows.delivery(
        case,
        2,
        kind=DeliveryKind.COMPLEMENT,
        event_id=event.id,
        notify=False,
        archive_size=2**33,
        expires_at=NOW + DAY,
        pinned_mode=Mode.API,
        pinned_until=NOW + HOUR,
    )

    def add(tx: Transaction) -> None:
        tx.events.add(event)
        tx.deliveries.add(whole)

    await seeded.write(add)
    assert await seeded.read(lambda tx: tx.deliveries.get(whole.id)) == whole
    assert await seeded.read(lambda tx: tx.deliveries.of_case(case.id)) == [first, whole]
    assert await seeded.read(lambda tx: tx.deliveries.get(new_id())) is None


async def test_a_number_has_one_sequence_in_each_process_whatever_its_case(seeded: AnyStore) -> None:
    def allocate(tx: Transaction) -> list[int]:
        asked = [("CERTDC", "A-1"), ("CERTDC", "a-1"), ("EtatCivil", "A-1"), ("CERTDC", "A-2"), ("CERTDC", "A-1")]
        return [tx.deliveries.next_sequence(process, number) for process, number in asked]

    assert await seeded.write(allocate) == [1, 2, 1, 1, 3]


async def test_a_sequence_is_not_spent_by_what_was_undone(seeded: AnyStore) -> None:
    def fail(tx: Transaction) -> None:
        assert tx.deliveries.next_sequence("CERTDC", "A-1") == 1
        raise LookupError

    with pytest.raises(LookupError):
        await seeded.write(fail)
    assert await seeded.write(lambda tx: tx.deliveries.next_sequence("CERTDC", "A-1")) == 1


async def test_two_nodes_never_allocate_a_number_twice(seeded: AnyStore, database: Database) -> None:
    async with opened(database) as other:
        given = await asyncio.gather(
            *(node.write(lambda tx: tx.deliveries.next_sequence("CERTDC", "A-1")) for node in [seeded, other] * 15)
        )
    assert sorted(given) == list(range(1, 31))


async def test_an_archive_name_is_taken_in_its_process(seeded: AnyStore) -> None:
    _, delivery = await seeded.write(published)
    assert await seeded.read(lambda tx: tx.deliveries.name_taken("EtatCivil", delivery.archive_name))
    assert not await seeded.read(lambda tx: tx.deliveries.name_taken("CERTDC", delivery.archive_name))


async def test_it_is_fetched_once(seeded: AnyStore) -> None:
    _, delivery = await seeded.write(published)
    assert await seeded.write(lambda tx: tx.deliveries.fetch(delivery.id, NOW + HOUR))
    assert not await seeded.write(lambda tx: tx.deliveries.fetch(delivery.id, NOW + DAY))
    found = await seeded.read(lambda tx: tx.deliveries.get(delivery.id))
    assert found == replace(delivery, state=FETCHED, fetched_at=NOW + HOUR)


async def test_it_is_closed_from_the_expected_state_only(seeded: AnyStore) -> None:
    _, delivery = await seeded.write(published)
    assert not await seeded.write(lambda tx: accept(delivery, tx, FETCHED))
    assert await seeded.write(lambda tx: accept(delivery, tx))
    assert not await seeded.write(lambda tx: accept(delivery, tx))
    found = await seeded.read(lambda tx: tx.deliveries.get(delivery.id))
    assert found == replace(delivery, state=ACCEPTED, closed_at=NOW + HOUR, closed_door=Door.SFTP)


async def test_closing_may_be_the_first_whole_reading(seeded: AnyStore) -> None:
    case, first = await seeded.write(published)
    second = await seeded.write(lambda tx: add_delivery(tx, case, 2))
    await seeded.write(lambda tx: tx.deliveries.note_fetch(first.id, NOW + SECOND))

    def close(tx: Transaction) -> None:
        for each in (first, second):
            assert tx.deliveries.close(
                each.id, READY, DeliveryState.REJECTED, NOW + HOUR, door=Door.API, actor="x", fetched=True, unread=True
            )

    await seeded.write(close)
    found = await seeded.read(lambda tx: tx.deliveries.of_case(case.id))
    assert [each.fetched_at for each in found] == [NOW + SECOND, NOW + HOUR]
    assert all(each.unread and each.state is DeliveryState.REJECTED for each in found)


async def test_the_date_of_the_first_whole_reading_stays(seeded: AnyStore) -> None:
    _, delivery = await seeded.write(published)
    await seeded.write(lambda tx: tx.deliveries.note_fetch(delivery.id, NOW + HOUR))
    await seeded.write(lambda tx: tx.deliveries.note_fetch(delivery.id, NOW + DAY))
    found = await seeded.read(lambda tx: tx.deliveries.get(delivery.id))
    assert found == replace(delivery, fetched_at=NOW + HOUR)


async def test_a_gesture_gets_the_subscription_and_who_owned_it_when_it_was_opened(seeded: AnyStore) -> None:
    _, delivery = await seeded.write(published)

    async def look(door: Door, actor: str) -> object:
        return await seeded.write(lambda tx: tx.deliveries.for_gesture(delivery.id, door, actor))

    assert await look(Door.SFTP, "rennes") == (delivery, RENNES_SFTP, False)
    opened_by_us = Serving(owned=True, epoch=1, coverage={})
    await seeded.write(lambda tx: tx.servings.save(delivery.id, Door.SFTP, "rennes", opened_by_us, NOW))
    assert await look(Door.SFTP, "rennes") == (delivery, RENNES_SFTP, True)
    assert await look(Door.SFTP, "rennes-archives") == (delivery, RENNES_SFTP, False)
    assert await look(Door.API, "rennes") == (delivery, RENNES_SFTP, False)
    assert await seeded.write(lambda tx: tx.deliveries.for_gesture(new_id(), Door.SFTP, "rennes")) is None


async def test_what_is_due_is_open_and_past_its_deadline_the_longest_overdue_first(seeded: AnyStore) -> None:
    def add(tx: Transaction) -> list[Delivery]:
        case = add_case(tx)
        deadlines = [NOW, NOW - HOUR, NOW + SECOND, None, NOW - DAY]
        found = [add_delivery(tx, case, number, expires_at=when) for number, when in enumerate(deadlines, 1)]
        assert tx.deliveries.fetch(found[1].id, NOW)
        assert accept(found[4], tx)
        return found

    at_now, overdue, *_ = await seeded.write(add)
    assert await seeded.read(lambda tx: tx.deliveries.due(NOW, 10)) == [overdue.id, at_now.id]
    assert await seeded.read(lambda tx: tx.deliveries.due(NOW, 1)) == [overdue.id]


async def test_it_carries_the_first_event_given_to_it(seeded: AnyStore) -> None:
    case, delivery = await seeded.write(published)
    first, second = rows.event(case), rows.event(case)

    def add(tx: Transaction) -> None:
        tx.events.add(first)
        tx.events.add(second)
        tx.deliveries.carry(delivery.id, first.id)
        tx.deliveries.carry(delivery.id, second.id)

    await seeded.write(add)
    assert await seeded.read(lambda tx: tx.deliveries.get(delivery.id)) == replace(delivery, event_id=first.id)


async def test_of_many_gestures_at_once_one_counts(seeded: AnyStore, database: Database) -> None:
    """Two nodes, two doors: each looks, and closes what it saw."""
    _, delivery = await seeded.write(published)

    def gesture(tx: Transaction) -> bool:
        found = tx.deliveries.for_gesture(delivery.id, Door.SFTP, "rennes")
        assert found is not None
        return found[0].open and accept(delivery, tx, found[0].state)

    async with opened(database) as other:
        counted = await asyncio.gather(*(node.write(gesture) for node in [seeded, other] * 6))
    assert sorted(counted) == [False] * 11 + [True]


async def test_what_is_open_is_counted_and_named_with_one_look(seeded: AnyStore) -> None:
    def fill(tx: Transaction) -> list[Delivery]:
        case = add_case(tx, publication=1)
        pinned = {"pinned_mode": Mode.SFTP, "pinned_until": NOW + HOUR}
        kinds: tuple[dict[str, Any], ...] = (
            {},
            {"state": FETCHED},
            {**pinned},
            {"state": FETCHED, **pinned},
            {"state": ACCEPTED},
        )
        return [add_delivery(tx, case, sequence, **changes) for sequence, changes in enumerate(kinds, 1)]

    *opened, _ = await seeded.write(fill)
    names = sorted(one.id for one in opened)
    subscription = RENNES_SFTP.id
    assert await seeded.read(lambda tx: tx.deliveries.opened(subscription, NOW)) == (OpenDeliveries(2, 2, 2), names)
    later = await seeded.read(lambda tx: tx.deliveries.opened(subscription, NOW + HOUR))
    assert later == (OpenDeliveries(2, 2, 0), names)
    assert await seeded.read(lambda tx: tx.deliveries.open_ids(subscription)) == names
    assert await seeded.read(lambda tx: tx.deliveries.open_of(new_id(), NOW)) == OpenDeliveries(0, 0)
