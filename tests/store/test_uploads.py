"""Rows of resumable uploads."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from gateway.domain.ids import new_id
from gateway.domain.uploads import Upload
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store.rows import BREST_API, HOUR, NOW, OSL, add_case, attachment, event

KEY = "ab" * 16


def upload(tx: Transaction, key: str = KEY) -> Upload:
    """A new one for an attachment of a new folder."""
    file = attachment(add_case(tx).folder_id)
    tx.attachments.add(file, 0)
    new = Upload(new_id(), file.id, OSL, 10, 0, key, b"s" * 32, NOW, NOW + HOUR, file.folder_id)
    tx.uploads.add(new)
    return new


async def test_an_upload_is_read_back_with_where_it_belongs(seeded: AnyStore) -> None:
    new = await seeded.write(upload)
    assert await seeded.read(lambda tx: tx.uploads.get(new.id)) == new
    assert await seeded.read(lambda tx: tx.uploads.get(new_id())) is None

    def of_event(tx: Transaction) -> Upload:
        case = add_case(tx, BREST_API, "A-2")
        happened = event(case)
        tx.events.add(happened)
        file = attachment(case.folder_id, happened.id)
        tx.attachments.add(file, 0)
        new = Upload(new_id(), file.id, OSL, 4, 0, KEY, None, NOW, NOW, case.folder_id, happened.id, case.id)
        tx.uploads.add(new)
        return new

    other = await seeded.write(of_event)
    assert await seeded.read(lambda tx: tx.uploads.get(other.id)) == other


async def test_an_upload_advances_until_it_is_complete(seeded: AnyStore) -> None:
    new = await seeded.write(upload)
    later = NOW + 2 * HOUR
    assert await seeded.write(lambda tx: tx.uploads.advance(new.id, 4, later))
    assert await seeded.read(lambda tx: tx.uploads.get(new.id)) == replace(new, offset=4, expires_at=later)
    assert await seeded.read(lambda tx: tx.archives.referenced(KEY))
    assert await seeded.write(lambda tx: tx.uploads.complete(new.id))
    done = await seeded.read(lambda tx: tx.uploads.get(new.id))
    assert done is not None
    assert (done.complete, done.blob_key) == (True, "")
    assert not await seeded.write(lambda tx: tx.uploads.complete(new.id))
    assert not await seeded.write(lambda tx: tx.uploads.advance(new.id, 5, later))
    assert not await seeded.read(lambda tx: tx.archives.referenced(KEY))


async def test_what_goes_tells_which_bytes_it_named(seeded: AnyStore) -> None:
    first, second, third = [await seeded.write(partial(upload, key=key)) for key in ("a1", "b2", "c3")]
    assert await seeded.write(lambda tx: tx.uploads.delete(first.id)) == "a1"
    assert await seeded.write(lambda tx: tx.uploads.delete(first.id)) is None
    assert await seeded.write(lambda tx: tx.uploads.delete_of(second.attachment_id)) == ["b2"]
    await seeded.write(lambda tx: tx.uploads.complete(third.id))
    assert await seeded.write(lambda tx: tx.uploads.delete_of(third.attachment_id)) == []


async def test_what_has_expired_is_forgotten(seeded: AnyStore) -> None:
    new = await seeded.write(upload)
    assert await seeded.write(lambda tx: tx.uploads.forget(NOW)) == 0
    assert await seeded.write(lambda tx: tx.uploads.forget(NOW + HOUR)) == 1
    assert await seeded.read(lambda tx: tx.uploads.get(new.id)) is None


async def test_an_upload_goes_with_its_folder(seeded: AnyStore) -> None:
    new = await seeded.write(upload)
    await seeded.write(lambda tx: tx.folders.delete(new.folder_id))
    assert await seeded.read(lambda tx: tx.uploads.get(new.id)) is None
