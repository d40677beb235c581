"""The API inbox: notices that are rows, and open deliveries that are not copied."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest

from gateway.domain.deliveries import Delivery, DeliveryState
from gateway.domain.dossiers import ActionType, EventStatus, Notification
from gateway.domain.identity import Door
from gateway.domain.ids import new_id
from gateway.domain.referential import SubscriptionStatus
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store import rows
from tests.store.rows import BREST, BREST_API, HOUR, NOW, OSL, RENNES, SECOND, add_case, add_delivery


async def test_notices_come_oldest_first_with_their_event_as_it_is_now(seeded: AnyStore) -> None:
    def add(tx: Transaction) -> list[Notification]:
        case = add_case(tx)
        event = rows.event(case, status=EventStatus.IN_PROGRESS, transmitter=RENNES)
        tx.events.add(event)
        new = [
            rows.notification(case, created_at=NOW + SECOND),
            rows.notification(case, event_id=event.id),
            rows.notification(case, RENNES),
        ]
        for notice in new:
            tx.notifications.add(notice)
        tx.events.change_status(event.id, EventStatus.IN_PROGRESS, EventStatus.SENT, NOW)
        return new

    later, first, other = await seeded.write(add)
    live = replace(first, action=ActionType.SENDING_MESSAGE, event_status=EventStatus.SENT)
    assert await seeded.read(lambda tx: tx.notifications.notices(OSL, None, 10)) == [live, later]
    assert await seeded.read(lambda tx: tx.notifications.notices(OSL, None, 1)) == [live]
    assert await seeded.read(lambda tx: tx.notifications.notices(OSL, "EtatCivil", 10)) == [live, later]
    assert await seeded.read(lambda tx: tx.notifications.notices(OSL, "CERTDC", 10)) == []
    assert await seeded.read(lambda tx: tx.notifications.notices(RENNES, None, 10)) == [other]


async def test_a_notice_is_deleted_by_its_recipient_once(seeded: AnyStore) -> None:
    case = await seeded.write(add_case)
    notice = rows.notification(case)
    await seeded.write(lambda tx: tx.notifications.add(notice))
    assert await seeded.read(lambda tx: tx.notifications.recipient(notice.id)) == OSL
    assert not await seeded.write(lambda tx: tx.notifications.delete(notice.id, RENNES))
    assert await seeded.write(lambda tx: tx.notifications.delete(notice.id, OSL))
    assert not await seeded.write(lambda tx: tx.notifications.delete(notice.id, OSL))
    assert await seeded.read(lambda tx: tx.notifications.recipient(notice.id)) is None


@pytest.mark.parametrize("status", SubscriptionStatus)
async def test_an_organization_is_notified_by_subscriptions_that_are_served(
    seeded: AnyStore, status: SubscriptionStatus
) -> None:
    await seeded.write(lambda tx: tx.subscriptions.change(replace(BREST_API, status=status), NOW))
    served = status in (SubscriptionStatus.ACTIVE, SubscriptionStatus.INACTIVE)
    found = await seeded.read(lambda tx: tx.notifications.subscribed(BREST))
    assert found == ([(BREST_API.id, "EtatCivil", None)] if served else [])


async def test_deliveries_show_as_notifications_of_the_same_id_oldest_first(seeded: AnyStore) -> None:
    def add(tx: Transaction) -> list[Delivery]:
        case = add_case(tx, BREST_API)
        event = rows.event(case, action=ActionType.ATTACH_DEPOSIT)
        tx.events.add(event)
        quiet = add_delivery(tx, case, 3, notify=False)
        second = add_delivery(tx, case, 2, event_id=event.id)
        first = add_delivery(tx, case, 1)
        assert tx.deliveries.fetch(first.id, NOW)
        return [first, second, quiet]

    first, second, quiet = await seeded.write(add)
    case_id = first.case_id
    expected = [
        Notification(first.id, BREST, OSL, "EtatCivil", case_id, None, first.published_at, fetched=True, sequence=1),
        Notification(
            second.id,
            BREST,
            OSL,
            "EtatCivil",
            case_id,
            second.event_id,
            second.published_at,
            action=ActionType.ATTACH_DEPOSIT,
            event_status=EventStatus.SENT,
            sequence=2,
        ),
        Notification(quiet.id, BREST, OSL, "EtatCivil", case_id, None, quiet.published_at, sequence=3),
    ]
    assert await shown(seeded) == expected
    assert await shown(seeded, most=1) == expected[:1]
    assert await seeded.read(lambda tx: tx.notifications.of_subscription(new_id(), NOW, 10)) == []
    assert [each.id for each in await shown(seeded)] == [first.id, second.id, quiet.id]


@pytest.mark.parametrize(
    ("door", "stays", "seen"),
    [(Door.API, True, True), (Door.API, False, False), (Door.PORTAL, True, False), (Door.SFTP, False, False)],
)
async def test_one_that_its_client_saw_stays_until_that_client_deletes_it(
    seeded: AnyStore, door: Door, stays: bool, seen: bool
) -> None:
    delivery = await seeded.write(lambda tx: add_delivery(tx, add_case(tx, BREST_API)))
    await seeded.write(
        lambda tx: tx.deliveries.close(
            delivery.id, DeliveryState.READY, DeliveryState.ACCEPTED, NOW + HOUR, door=door, actor="x", shown=stays
        )
    )
    assert [each.id for each in await shown(seeded)] == ([delivery.id] if seen else [])
    await seeded.write(lambda tx: tx.deliveries.dismiss(delivery.id))
    assert await shown(seeded) == []


async def test_a_list_goes_on_behind_any_of_its_rows(seeded: AnyStore) -> None:
    def add(tx: Transaction) -> None:
        case = add_case(tx, BREST_API)
        for number in (1, 2, 3):
            add_delivery(tx, case, number)
            moment = NOW + SECOND * (number // 2)  # the last two share theirs
            tx.notifications.add(Notification(new_id(), BREST, OSL, "EtatCivil", case.id, None, moment))

    await seeded.write(add)
    whole = await shown(seeded)
    notices = await seeded.read(lambda tx: tx.notifications.notices(BREST, None, 10))
    assert (len(whole), len(notices)) == (3, 3)
    for position in range(3):
        one, notice = whole[position], notices[position]
        assert await shown(seeded, after=(one.created_at, one.id)) == whole[position + 1 :]
        for process in (None, "EtatCivil"):
            behind = (notice.created_at, notice.id)
            found = await seeded.read(partial(told, process, behind))
            assert found == notices[position + 1 :]


def told(process: str | None, after: tuple[datetime, str], tx: Transaction) -> list[Notification]:
    return tx.notifications.notices(BREST, process, 10, after)


async def test_who_has_something_newer_than_a_mark(seeded: AnyStore) -> None:
    before = new_id()
    case = await seeded.write(lambda tx: add_case(tx, BREST_API))
    assert await seeded.read(lambda tx: tx.notifications.arrived(before)) == set()
    await seeded.write(lambda tx: add_delivery(tx, case))
    between = new_id()
    await seeded.write(
        lambda tx: tx.notifications.add(Notification(new_id(), OSL, BREST, "EtatCivil", case.id, None, NOW))
    )
    assert await seeded.read(lambda tx: tx.notifications.arrived(before)) == {BREST, OSL}
    assert await seeded.read(lambda tx: tx.notifications.arrived(between)) == {OSL}
    assert await seeded.read(lambda tx: tx.notifications.arrived(new_id())) == set()


async def shown(store: AnyStore, most: int = 10, after: tuple[datetime, str] | None = None) -> list[Notification]:
    return await store.read(lambda tx: tx.notifications.of_subscription(BREST_API.id, NOW, most, after))
