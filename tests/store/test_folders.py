"""Folders: kept whole, completed once, deleted only before that and with all that is theirs."""

from __future__ import annotations

import asyncio

from gateway.domain.ids import new_id
from gateway.domain.statuses import Status
from gateway.store.transaction import Transaction
from tests.databases import AnyStore, Database, opened
from tests.store import rows
from tests.store.rows import DAY, HOUR, NOW, folder


async def test_it_comes_back_as_it_was_added(seeded: AnyStore) -> None:
    whole = folder(updated_at=NOW + HOUR, close_at=NOW + DAY, pinned=True, completed_at=NOW)
    bare = folder(applicant=None, partner=None)
    await seeded.write(lambda tx: tx.folders.add(whole))
    await seeded.write(lambda tx: tx.folders.add(bare))
    assert await seeded.read(lambda tx: tx.folders.get(whole.id)) == whole
    assert await seeded.write(lambda tx: tx.folders.hold(bare.id)) == bare
    assert await seeded.read(lambda tx: tx.folders.get(new_id())) is None
    assert await seeded.write(lambda tx: tx.folders.hold(new_id())) is None


async def test_status_and_closing_date_are_written(seeded: AnyStore) -> None:
    new = folder()
    await seeded.write(lambda tx: tx.folders.add(new))
    await seeded.write(lambda tx: tx.folders.set_status(new.id, Status.DONE, NOW + HOUR, pinned=True))
    await seeded.write(lambda tx: tx.folders.set_close_date(new.id, NOW + DAY, NOW + 2 * HOUR))
    found = await seeded.read(lambda tx: tx.folders.get(new.id))
    assert found is not None
    assert (found.status, found.pinned, found.close_at, found.updated_at) == (
        Status.DONE,
        True,
        NOW + DAY,
        NOW + 2 * HOUR,
    )


async def test_it_is_completed_once(seeded: AnyStore) -> None:
    new = folder()
    await seeded.write(lambda tx: tx.folders.add(new))
    assert await seeded.write(lambda tx: tx.folders.complete(new.id, Status.HUBEE_NOTIFIED, NOW))
    assert not await seeded.write(lambda tx: tx.folders.complete(new.id, Status.DONE, NOW + HOUR))
    found = await seeded.read(lambda tx: tx.folders.get(new.id))
    assert found is not None
    assert (found.status, found.completed_at) == (Status.HUBEE_NOTIFIED, NOW)


async def test_a_completed_one_is_not_deleted(seeded: AnyStore) -> None:
    new = folder()
    await seeded.write(lambda tx: tx.folders.add(new))
    await seeded.write(lambda tx: tx.folders.complete(new.id, Status.HUBEE_NOTIFIED, NOW))
    assert not await seeded.write(lambda tx: tx.folders.delete(new.id))
    assert await seeded.read(lambda tx: tx.folders.get(new.id)) is not None


async def test_deleting_takes_along_all_that_belongs_to_it(seeded: AnyStore) -> None:
    parent = folder()
    child = rows.case(parent)
    event = rows.event(child)
    files = [rows.attachment(parent.id), rows.attachment(parent.id, event.id)]
    notice = rows.notification(child)

    def add(tx: Transaction) -> None:
        tx.folders.add(parent)
        tx.cases.add(child, 0, "A-1")
        tx.events.add(event)
        tx.attachments.add(files[0], 0, [child.id])
        tx.attachments.add(files[1], 0)
        tx.notifications.add(notice)

    await seeded.write(add)
    assert await seeded.write(lambda tx: tx.folders.delete(parent.id))
    assert not await seeded.write(lambda tx: tx.folders.delete(parent.id))
    assert await seeded.read(lambda tx: tx.cases.get(child.id)) is None
    assert await seeded.read(lambda tx: tx.events.get(child.id, event.id)) is None
    assert await seeded.read(lambda tx: [tx.attachments.get(file.id) for file in files]) == [None, None]
    assert await seeded.read(lambda tx: tx.notifications.recipient(notice.id)) is None


async def test_of_two_that_complete_it_at_once_one_does(seeded: AnyStore, database: Database) -> None:
    """The same on two nodes: each holds the folder first."""
    new = folder()
    await seeded.write(lambda tx: tx.folders.add(new))

    def complete(tx: Transaction) -> bool:
        held = tx.folders.hold(new.id)
        assert held is not None
        return held.completed_at is None and tx.folders.complete(new.id, Status.HUBEE_NOTIFIED, NOW)

    async with opened(database) as other:
        done = await asyncio.gather(*(node.write(complete) for node in [seeded, other] * 4))
    assert sorted(done) == [False] * 7 + [True]
