"""Archives: frozen once, listed by the account's inbox or where the account put them."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import psycopg
import pytest

from gateway.domain.deliveries import Delivery, DeliveryState, Listed, Place
from gateway.domain.identity import Door, Mode
from gateway.domain.ids import new_id
from gateway.domain.referential import SubscriptionStatus
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store import rows
from tests.store.rows import ACCOUNT, BREST_API, DAY, HOUR, NOW, OTHER_ACCOUNT, RENNES_SFTP, add_case, add_delivery


def three(tx: Transaction) -> list[Delivery]:
    case = add_case(tx, publication=1)
    return [add_delivery(tx, case, number) for number in (1, 2, 3)]


async def inbox(store: AnyStore, account: str = ACCOUNT.id, process: str = "EtatCivil") -> list[str]:
    return [listed.name for listed in await store.read(lambda tx: tx.archives.inbox(account, process, NOW))]


async def test_what_was_frozen_comes_back(seeded: AnyStore) -> None:
    first, *_ = await seeded.write(three)
    blobs = [("aa" * 16, new_id()), ("bb" * 16, new_id())]
    await seeded.write(lambda tx: tx.archives.add(first.id, b"\0frozen\xff", blobs))
    assert await seeded.read(lambda tx: tx.archives.content(first.id)) == b"\0frozen\xff"
    assert sorted(await seeded.read(lambda tx: tx.archives.attachments(first.id))) == sorted(a for _, a in blobs)
    assert await seeded.read(lambda tx: tx.archives.content(new_id())) is None
    assert await seeded.read(lambda tx: tx.archives.attachments(new_id())) == []


async def test_a_blob_is_referenced_while_any_row_names_it(seeded: AnyStore) -> None:
    answer = rows.answer()
    assert not await seeded.read(lambda tx: tx.archives.referenced("aa" * 16))
    first, *_ = await seeded.write(three)
    await seeded.write(lambda tx: tx.archives.add(first.id, b"", [("aa" * 16, new_id())]))
    await seeded.write(lambda tx: tx.answers.add(answer))
    assert await seeded.read(lambda tx: tx.archives.referenced("aa" * 16))
    assert await seeded.read(lambda tx: tx.archives.referenced(answer.blob.key))
    assert not await seeded.read(lambda tx: tx.archives.referenced("cc" * 16))


async def test_the_inbox_lists_open_deliveries_oldest_first(seeded: AnyStore) -> None:
    def add(tx: Transaction) -> list[Delivery]:
        found = three(tx)
        assert tx.deliveries.fetch(found[1].id, NOW)
        assert tx.deliveries.close(
            found[2].id, DeliveryState.READY, DeliveryState.ACCEPTED, NOW, door=Door.SFTP, actor="rennes"
        )
        add_delivery(tx, add_case(tx, BREST_API, "B-1"), 1)
        return found

    first, second, _ = await seeded.write(add)
    assert await seeded.read(lambda tx: tx.archives.inbox(ACCOUNT.id, "EtatCivil", NOW)) == [
        Listed(each.id, each.archive_name, each.archive_size, each.published_at) for each in (first, second)
    ]
    assert await inbox(seeded, process="CERTDC") == []
    assert await inbox(seeded, process="") == []
    assert await inbox(seeded, new_id()) == []


async def test_what_was_accepted_by_reading_stays_listed_for_a_time(seeded: AnyStore) -> None:
    first, second, third = await seeded.write(three)

    def close(tx: Transaction) -> None:
        for each, until in ((first, NOW + HOUR), (second, NOW), (third, None)):
            assert tx.deliveries.close(
                each.id,
                DeliveryState.READY,
                DeliveryState.ACCEPTED,
                NOW - HOUR,
                door=Door.SFTP,
                actor="rennes",
                listed_until=until,
            )

    await seeded.write(close)
    assert await inbox(seeded) == [first.archive_name]
    assert await seeded.write(lambda tx: tx.deliveries.unlist(NOW)) == 1
    assert await seeded.write(lambda tx: tx.deliveries.unlist(NOW)) == 0
    assert await seeded.write(lambda tx: tx.deliveries.unlist(NOW + HOUR)) == 1
    assert await inbox(seeded) == []


@pytest.mark.parametrize("status", SubscriptionStatus)
async def test_only_those_who_are_still_served_have_an_inbox(seeded: AnyStore, status: SubscriptionStatus) -> None:
    await seeded.write(three)
    await seeded.write(lambda tx: tx.subscriptions.change(replace(RENNES_SFTP, status=status), NOW))
    served = status in (SubscriptionStatus.ACTIVE, SubscriptionStatus.INACTIVE)
    assert len(await inbox(seeded)) == (3 if served else 0)


async def test_a_shared_account_lists_all_its_subscriptions_together(seeded: AnyStore) -> None:
    brest = replace(BREST_API, access_mode=Mode.SFTP)

    def share(tx: Transaction) -> None:
        tx.subscriptions.change(brest, NOW)
        tx.accounts.serve(ACCOUNT.id, {RENNES_SFTP.id, brest.id})
        add_delivery(tx, add_case(tx, brest, "B-1"), 2)
        add_delivery(tx, add_case(tx, RENNES_SFTP, "A-1"), 1)

    await seeded.write(share)
    assert await inbox(seeded) == ["A-1-EtatCivil-1.zip", "B-1-EtatCivil-2.zip"]
    assert await inbox(seeded, OTHER_ACCOUNT.id) == ["A-1-EtatCivil-1.zip"]


async def test_an_account_puts_an_archive_away_for_itself_only(seeded: AnyStore) -> None:
    first, second, third = await seeded.write(three)

    def put(tx: Transaction) -> None:
        tx.archives.place(ACCOUNT.id, second, Place.DONE, "renamed.zip", NOW)
        tx.archives.place(ACCOUNT.id, first, Place.DELETED, first.archive_name, NOW)

    await seeded.write(put)
    assert await inbox(seeded) == [third.archive_name]
    assert len(await inbox(seeded, OTHER_ACCOUNT.id)) == 3
    placed = await seeded.read(lambda tx: tx.archives.placed(ACCOUNT.id, "EtatCivil", Place.DONE, NOW - HOUR))
    assert placed == [Listed(second.id, "renamed.zip", second.archive_size, second.published_at)]
    assert await seeded.read(lambda tx: tx.archives.placed(ACCOUNT.id, "EtatCivil", Place.DONE, NOW)) == []
    assert await seeded.read(lambda tx: tx.archives.placed(ACCOUNT.id, "EtatCivil", Place.FAILED, NOW - HOUR)) == []
    taken = [
        await seeded.read(lambda tx: tx.archives.name_placed(ACCOUNT.id, "EtatCivil", Place.DONE, "renamed.zip")),
        await seeded.read(lambda tx: tx.archives.name_placed(OTHER_ACCOUNT.id, "EtatCivil", Place.DONE, "renamed.zip")),
        await seeded.read(lambda tx: tx.archives.name_placed(ACCOUNT.id, "EtatCivil", Place.FAILED, "renamed.zip")),
    ]
    assert taken == [True, False, False]


async def test_it_can_be_put_elsewhere_and_is_forgotten_in_time(seeded: AnyStore) -> None:
    first, *_ = await seeded.write(three)
    await seeded.write(lambda tx: tx.archives.place(ACCOUNT.id, first, Place.DONE, "a.zip", NOW))
    await seeded.write(lambda tx: tx.archives.place(ACCOUNT.id, first, Place.FAILED, "b.zip", NOW + HOUR))
    assert await seeded.read(lambda tx: tx.archives.placed(ACCOUNT.id, "EtatCivil", Place.DONE, NOW - DAY)) == []
    assert len(await seeded.read(lambda tx: tx.archives.placed(ACCOUNT.id, "EtatCivil", Place.FAILED, NOW))) == 1
    assert await seeded.write(lambda tx: tx.archives.forget_places(NOW + HOUR)) == 0  # it still waits
    ready, accepted = DeliveryState.READY, DeliveryState.ACCEPTED
    await seeded.write(lambda tx: tx.deliveries.close(first.id, ready, accepted, NOW, door=Door.SFTP, actor="rennes"))
    assert await seeded.write(lambda tx: tx.archives.forget_places(NOW)) == 0
    assert await seeded.write(lambda tx: tx.archives.forget_places(NOW + HOUR)) == 1


async def test_two_archives_cannot_have_one_name_in_a_place(seeded: AnyStore) -> None:
    first, second, third = await seeded.write(three)
    await seeded.write(lambda tx: tx.archives.place(ACCOUNT.id, first, Place.DONE, "a.zip", NOW))
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
        await seeded.write(lambda tx: tx.archives.place(ACCOUNT.id, second, Place.DONE, "a.zip", NOW))
    # Nowhere is not a place with names.
    await seeded.write(lambda tx: tx.archives.place(ACCOUNT.id, second, Place.DELETED, "a.zip", NOW))
    await seeded.write(lambda tx: tx.archives.place(ACCOUNT.id, third, Place.DELETED, "a.zip", NOW))


async def test_it_is_found_by_its_name_open_or_closed_by_who_serves_it(seeded: AnyStore) -> None:
    first, *_ = await seeded.write(three)
    name = first.archive_name

    async def found(account: str = ACCOUNT.id, process: str = "EtatCivil", name: str = name) -> object:
        return await seeded.read(lambda tx: tx.archives.by_name(account, process, name))

    assert await found() == (first, RENNES_SFTP, None)
    assert await found(process="CERTDC") is None
    assert await found(name="none.zip") is None
    assert await found(account=new_id()) is None
    await seeded.write(lambda tx: tx.archives.place(ACCOUNT.id, first, Place.DONE, "mine.zip", NOW))
    assert await found() == (first, RENNES_SFTP, Place.DONE)
    assert await found(account=OTHER_ACCOUNT.id) == (first, RENNES_SFTP, None)
    by_place = await seeded.read(lambda tx: tx.archives.by_place(ACCOUNT.id, "EtatCivil", Place.DONE, "mine.zip"))
    assert by_place == (first, RENNES_SFTP, Place.DONE)
    for_others = await seeded.read(
        lambda tx: tx.archives.by_place(OTHER_ACCOUNT.id, "EtatCivil", Place.DONE, "mine.zip")
    )
    assert for_others is None
