"""The copies that recipients keep, on both engines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.copies import Copy, deletable
from gateway.domain.dossiers import AttachmentStatus
from gateway.domain.ids import new_id
from gateway.domain.referential import Process, Subscription
from gateway.domain.statuses import Status
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store import rows
from tests.store.rows import BREST, BREST_API, HOUR, NOW, OSL, RENNES, RENNES_SFTP, add_case

MOST = 10


def add_copy(
    tx: Transaction,
    to: Subscription = BREST_API,
    held: AttachmentStatus = AttachmentStatus.RECEIVED,
    **changes: Any,
) -> Copy:
    """A published case that is DONE, with one attachment."""
    values: dict[str, Any] = {"status": Status.DONE, "publication": 1} | changes
    case = add_case(tx, to, **values)
    attachment = replace(rows.attachment(case.folder_id), status=held)
    tx.attachments.add(attachment, 0, [case.id])
    return Copy(attachment.id, case.id)


@pytest.mark.parametrize("rule", [None, Status.DONE, Status.CLOSED, Status.SENT])
async def test_copies_are_due_from_the_status_that_the_process_says(seeded: AnyStore, rule: Status | None) -> None:
    def add(tx: Transaction) -> dict[Copy, Status]:
        process = Process("EtatCivil", "Acte", osl=OSL, status_before_file_deletion=rule)
        tx.processes.change(process, NOW)
        return {add_copy(tx, status=status): status for status in Status}

    added = await seeded.write(add)
    found = await seeded.read(lambda tx: tx.copies.due(100))
    assert {added[copy] for copy in found} == deletable(rule)
    assert len(found) == len(deletable(rule))


async def test_each_organization_and_process_has_its_own_the_oldest_cases_first(seeded: AnyStore) -> None:
    def add(tx: Transaction) -> tuple[Copy, Copy, Copy]:
        brest = add_copy(tx, created_at=NOW + HOUR)
        rennes = add_copy(tx, RENNES_SFTP)
        return brest, rennes, add_copy(tx)

    brest, rennes, older = await seeded.write(add)

    async def due(**of: Any) -> list[Copy]:
        return await seeded.read(lambda tx: tx.copies.due(**({"most": MOST} | of)))

    assert [copy for copy in await due() if copy != rennes] == [older, brest]
    assert len(await due(most=2)) == 2
    assert set(await due(process="EtatCivil")) == {brest, rennes, older}
    assert await due(process="CERTDC") == []

    def query(tx: Transaction) -> list[list[Copy]]:
        return [
            tx.copies.due_of_recipient(BREST, MOST),
            tx.copies.due_of_recipient(BREST, 1, process="EtatCivil"),
            tx.copies.due_of_recipient(RENNES, MOST),
            tx.copies.due_of_recipient(RENNES, MOST, process="CERTDC"),
            tx.copies.due_of_depositor(BREST, MOST),
        ]

    assert await seeded.read(query) == [[older, brest], [older], [rennes], [], []]
    assert set(await seeded.read(lambda tx: tx.copies.due_of_depositor(OSL, MOST))) == {brest, rennes, older}


async def test_what_nobody_can_have_a_copy_of_is_not_due(seeded: AnyStore) -> None:
    def add(tx: Transaction) -> None:
        add_copy(tx, publication=0)
        for held in (AttachmentStatus.PENDING, AttachmentStatus.CORRUPTED, AttachmentStatus.REJECTED):
            add_copy(tx, held=held)

    await seeded.write(add)
    assert await seeded.read(lambda tx: tx.copies.due(MOST)) == []


async def test_a_copy_is_purged_once_and_not_due_any_more(seeded: AnyStore) -> None:
    first, second = await seeded.write(lambda tx: (add_copy(tx), add_copy(tx)))
    assert await seeded.write(lambda tx: tx.copies.purge(first, NOW))
    assert not await seeded.write(lambda tx: tx.copies.purge(first, NOW + HOUR))
    assert await seeded.read(lambda tx: tx.copies.due(MOST)) == [second]


async def test_a_copy_tells_its_case(seeded: AnyStore) -> None:
    first, second = await seeded.write(lambda tx: (add_copy(tx), add_copy(tx)))
    found = await seeded.read(lambda tx: tx.copies.case(first))
    assert found is not None
    assert (found.id, found.recipient) == (first.case_id, BREST)
    assert await seeded.read(lambda tx: tx.copies.case(Copy(first.attachment_id, second.case_id))) is None
    assert await seeded.read(lambda tx: tx.copies.case(Copy(new_id(), first.case_id))) is None
