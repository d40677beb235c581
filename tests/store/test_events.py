"""Events: kept whole, in order, their status guarded."""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.dossiers import ActionType, Event, EventStatus
from gateway.domain.identity import Partner
from gateway.domain.ids import new_id
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store import rows
from tests.store.rows import HOUR, NOW, OSL, RENNES, SECOND, add_case


async def test_it_comes_back_as_it_was_added_oldest_first(seeded: AnyStore) -> None:
    case = await seeded.write(add_case)
    whole = Event(
        id=new_id(),
        case_id=case.id,
        transmitter=RENNES,
        action=ActionType.STATUS_UPDATE,
        status=EventStatus.RECEIVED,
        created_at=NOW + SECOND,
        updated_at=NOW + HOUR,
        author="Service d'état civil",
        message="Pièce illisible",
        comment="interne",
        notification=False,
        current_status="SENT",
        new_status="DONE",
        partner_attributes="{}",
        partner=Partner("Éditeur", None, "2"),
        inserted=True,
    )
    bare = rows.event(case)

    def add(tx: Transaction) -> None:
        tx.events.add(whole)
        tx.events.add(bare)

    await seeded.write(add)
    assert await seeded.read(lambda tx: tx.events.of_case(case.id)) == [bare, whole]
    assert await seeded.read(lambda tx: tx.events.get(case.id, whole.id)) == whole
    assert await seeded.read(lambda tx: tx.events.get(new_id(), whole.id)) is None


async def test_events_of_one_moment_keep_the_order_in_which_they_were_written(seeded: AnyStore) -> None:
    case = await seeded.write(add_case)
    events = [rows.event(case) for _ in range(20)]

    def add(tx: Transaction) -> None:
        for event in events:
            tx.events.add(event)

    await seeded.write(add)
    assert await seeded.read(lambda tx: tx.events.of_case(case.id)) == events


async def test_a_status_changes_from_the_expected_one_only(seeded: AnyStore) -> None:
    case = await seeded.write(add_case)
    new = rows.event(case, status=EventStatus.IN_PROGRESS)
    await seeded.write(lambda tx: tx.events.add(new))
    steps = (EventStatus.IN_PROGRESS, EventStatus.SENT)
    assert await seeded.write(lambda tx: tx.events.change_status(new.id, *steps, NOW + HOUR))
    assert not await seeded.write(lambda tx: tx.events.change_status(new.id, *steps, NOW + 2 * HOUR))
    found = await seeded.read(lambda tx: tx.events.get(case.id, new.id))
    assert found == replace(new, status=EventStatus.SENT, updated_at=NOW + HOUR)


async def test_only_one_in_progress_is_deleted_and_its_files_with_it(seeded: AnyStore) -> None:
    case = await seeded.write(add_case)
    new, sent = rows.event(case, status=EventStatus.IN_PROGRESS), rows.event(case)
    file = rows.attachment(case.folder_id, new.id)

    def add(tx: Transaction) -> None:
        tx.events.add(new)
        tx.events.add(sent)
        tx.attachments.add(file, 0)

    await seeded.write(add)
    assert await seeded.read(lambda tx: tx.events.in_progress(case.id, OSL))
    assert not await seeded.read(lambda tx: tx.events.in_progress(case.id, RENNES))
    assert not await seeded.write(lambda tx: tx.events.delete(sent.id))
    assert await seeded.write(lambda tx: tx.events.delete(new.id))
    assert not await seeded.write(lambda tx: tx.events.delete(new.id))
    assert await seeded.read(lambda tx: tx.attachments.get(file.id)) is None
    assert not await seeded.read(lambda tx: tx.events.in_progress(case.id, OSL))
