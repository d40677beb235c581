"""Attachments: whose they are, which cases see them, and what became of their bytes."""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.blob import Blob
from gateway.domain.dossiers import ActionType, AttachmentStatus, Case, EventStatus, Folder
from gateway.domain.ids import new_id
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store import rows
from tests.store.rows import BREST_API, HOUR, NOW, RENNES, SECOND


def add_folder(tx: Transaction) -> tuple[Folder, Case, Case]:
    parent = rows.folder()
    cases = rows.case(parent), rows.case(parent, BREST_API)
    tx.folders.add(parent)
    for position, case in enumerate(cases):
        tx.cases.add(case, position, "A-1")
    return parent, *cases


async def test_cases_see_what_lists_them_in_the_order_of_the_request(seeded: AnyStore) -> None:
    parent, rennes, brest = await seeded.write(add_folder)
    both, one = rows.attachment(parent.id), rows.attachment(parent.id, name="recap.pdf")

    def add(tx: Transaction) -> None:
        tx.attachments.add(one, 1, [rennes.id])
        tx.attachments.add(both, 0, [rennes.id, brest.id])

    await seeded.write(add)
    assert await seeded.read(lambda tx: tx.attachments.get(both.id)) == both
    assert await seeded.read(lambda tx: tx.attachments.of_folder(parent.id)) == [both, one]
    assert await seeded.read(lambda tx: tx.attachments.of_case(rennes.id)) == [both, one]
    assert await seeded.read(lambda tx: tx.attachments.of_case(brest.id)) == [both]
    seen = await seeded.read(lambda tx: tx.attachments.cases_by_attachment(parent.id))
    assert {key: set(value) for key, value in seen.items()} == {both.id: {rennes.id, brest.id}, one.id: {rennes.id}}
    assert await seeded.read(lambda tx: tx.attachments.shown_by(one.id, rennes.id))
    assert not await seeded.read(lambda tx: tx.attachments.shown_by(one.id, brest.id))
    assert await seeded.read(lambda tx: tx.attachments.get(new_id())) is None


async def test_events_have_their_own(seeded: AnyStore) -> None:
    parent, case, _ = await seeded.write(add_folder)
    sent = rows.event(case, action=ActionType.ATTACH_DEPOSIT, created_at=NOW + SECOND)
    first = rows.event(case, action=ActionType.ATTACH_DEPOSIT)
    unfinished = rows.event(case, status=EventStatus.IN_PROGRESS)
    answer = rows.event(case, transmitter=RENNES)
    files = {event.id: rows.attachment(parent.id, event.id) for event in (sent, first, unfinished, answer)}

    def add(tx: Transaction) -> None:
        for event in (sent, first, unfinished, answer):
            tx.events.add(event)
            tx.attachments.add(files[event.id], 0)

    await seeded.write(add)
    assert await seeded.read(lambda tx: tx.attachments.of_folder(parent.id)) == []
    assert await seeded.read(lambda tx: tx.attachments.of_case(case.id)) == []
    assert await seeded.read(lambda tx: tx.attachments.of_event(sent.id)) == [files[sent.id]]
    everything = await seeded.read(lambda tx: tx.attachments.of_events(case.id))
    assert everything == [files[first.id], files[unfinished.id], files[answer.id], files[sent.id]]
    deposited = await seeded.read(lambda tx: tx.attachments.deposited(case.id, parent.depositor))
    assert deposited == [files[first.id], files[sent.id]]


async def test_bytes_are_received_and_taken_back(seeded: AnyStore) -> None:
    parent, case, _ = await seeded.write(add_folder)
    new = replace(rows.attachment(parent.id), size=2**33)
    blob = Blob("ab" * 16, new.size, bytes(range(32)), 2**32 - 1)
    await seeded.write(lambda tx: tx.attachments.add(new, 0, [case.id]))
    await seeded.write(lambda tx: tx.attachments.receive(new.id, AttachmentStatus.RECEIVED, blob, NOW + HOUR))
    received = replace(new, status=AttachmentStatus.RECEIVED, blob=blob)
    assert await seeded.write(lambda tx: tx.attachments.hold(new.id)) == received
    await seeded.write(lambda tx: tx.attachments.receive(new.id, AttachmentStatus.CORRUPTED, None, NOW + HOUR))
    assert await seeded.read(lambda tx: tx.attachments.get(new.id)) == replace(new, status=AttachmentStatus.CORRUPTED)
    assert await seeded.write(lambda tx: tx.attachments.hold(new_id())) is None
