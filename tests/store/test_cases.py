"""Cases: one writer of statuses, publications counted, and the cases that a legacy answer may mean."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.domain.dossiers import Case
from gateway.domain.ids import new_id
from gateway.domain.statuses import Status
from gateway.store.transaction import Transaction
from tests.databases import AnyStore, Database, opened
from tests.store import rows
from tests.store.rows import ACCOUNT, BREST_API, HOUR, NOW, OTHER_ACCOUNT, RENNES_SFTP, add_case


async def test_it_comes_back_with_its_folder(seeded: AnyStore) -> None:
    parent = rows.folder()
    whole = rows.case(parent, updated_at=NOW + HOUR, partner_attributes='{"a":"é"}', publication=2, reopening=True)
    sibling = rows.case(parent, BREST_API)

    def add(tx: Transaction) -> None:
        tx.folders.add(parent)
        tx.cases.add(sibling, 1, "A-1")
        tx.cases.add(whole, 0, "A-1")

    await seeded.write(add)
    assert await seeded.read(lambda tx: tx.cases.get(whole.id)) == (whole, parent)
    assert await seeded.write(lambda tx: tx.cases.hold(sibling.id)) == (sibling, parent)
    assert await seeded.read(lambda tx: tx.cases.of_folder(parent.id)) == [whole, sibling]
    assert await seeded.read(lambda tx: tx.cases.statuses(parent.id)) == [Status.HUBEE_RECEIVED] * 2
    assert await seeded.read(lambda tx: tx.cases.get(new_id())) is None
    assert await seeded.write(lambda tx: tx.cases.hold(new_id())) is None


async def test_a_status_changes_from_the_expected_one_only(seeded: AnyStore) -> None:
    case = await seeded.write(add_case)
    assert await seeded.write(
        lambda tx: tx.cases.change_status(case.id, Status.HUBEE_RECEIVED, Status.SENT, NOW + HOUR)
    )
    assert not await seeded.write(
        lambda tx: tx.cases.change_status(case.id, Status.HUBEE_RECEIVED, Status.DONE, NOW + 2 * HOUR)
    )
    found = await seeded.read(lambda tx: tx.cases.get(case.id))
    assert found is not None
    assert found[0] == replace(case, status=Status.SENT, updated_at=NOW + HOUR)


@pytest.mark.parametrize("after", [Status.CLOSED, Status.DONE])
async def test_closing_is_dated(seeded: AnyStore, after: Status) -> None:
    case = await seeded.write(add_case)
    await seeded.write(lambda tx: tx.cases.change_status(case.id, Status.HUBEE_RECEIVED, after, NOW + HOUR))
    found = await seeded.read(lambda tx: tx.cases.get(case.id))
    assert found is not None
    assert found[0].closed_at == (NOW + HOUR if after is Status.CLOSED else None)


async def test_publications_are_counted_and_end_a_reopening(seeded: AnyStore) -> None:
    case = await seeded.write(add_case)
    await seeded.write(lambda tx: tx.cases.publish(case.id, NOW))
    await seeded.write(lambda tx: tx.cases.reopen(case.id))
    reopened = await seeded.read(lambda tx: tx.cases.get(case.id))
    assert reopened is not None
    assert (reopened[0].publication, reopened[0].reopening) == (1, True)
    await seeded.write(lambda tx: tx.cases.publish(case.id, NOW + HOUR))
    again = await seeded.read(lambda tx: tx.cases.get(case.id))
    assert again is not None
    assert (again[0].publication, again[0].reopening, again[0].transmitted_at) == (2, False, NOW + HOUR)


async def test_an_answer_means_a_published_case_of_its_account(seeded: AnyStore) -> None:
    def add(tx: Transaction) -> list[Case]:
        return [
            add_case(tx, number="A-1", publication=1),
            add_case(tx, number="A-2", publication=0),
            add_case(tx, BREST_API, number="A-1", publication=1),
            add_case(tx, number="A-3", publication=1, external_id="A-1", created_at=NOW + HOUR),
        ]

    by_number, _, at_brest, by_own_id = await seeded.write(add)

    async def answered(number: str, most: int = 3, account: str = ACCOUNT.id, process: str = "EtatCivil") -> list[str]:
        found = await seeded.read(lambda tx: tx.cases.answered(account, process, number, number, most))
        return [case.id for case in found]

    assert await answered("A-1") == [by_number.id, by_own_id.id]
    assert await answered("A-1", most=1) == [by_number.id]
    assert await answered("A-1/1") == [by_number.id]
    assert await answered("A-2") == []
    assert await answered("A-1", process="CERTDC") == []
    assert await answered("A-1", account=OTHER_ACCOUNT.id) == [by_number.id, by_own_id.id]
    await seeded.write(lambda tx: tx.accounts.serve(OTHER_ACCOUNT.id, {BREST_API.id}))
    assert await answered("A-1", account=OTHER_ACCOUNT.id) == [at_brest.id]


async def test_of_two_that_change_a_status_at_once_one_does(seeded: AnyStore, database: Database) -> None:
    case = await seeded.write(lambda tx: add_case(tx, RENNES_SFTP))

    def change(tx: Transaction) -> bool:
        return tx.cases.change_status(case.id, Status.HUBEE_RECEIVED, Status.SENT, NOW)

    async with opened(database) as other:
        done = await asyncio.gather(*(node.write(change) for node in [seeded, other] * 4))
    assert sorted(done) == [False] * 7 + [True]


async def test_holding_two_cases_of_a_folder_keeps_their_verbs_apart(seeded: AnyStore, database: Database) -> None:
    """Each reads the sibling's status and writes its own: whoever is second sees what the first one wrote."""
    parent = rows.folder()
    cases = [rows.case(parent), rows.case(parent, BREST_API)]

    def add(tx: Transaction) -> None:
        tx.folders.add(parent)
        for position, case in enumerate(cases):
            tx.cases.add(case, position, "A-1")

    await seeded.write(add)

    def move(case: Case, tx: Transaction) -> list[Status]:
        assert tx.cases.hold(case.id) is not None
        tx.cases.change_status(case.id, Status.HUBEE_RECEIVED, Status.SENT, NOW)
        return sorted(tx.cases.statuses(parent.id))

    async with opened(database) as other:
        seen = await asyncio.gather(
            seeded.write(lambda tx: move(cases[0], tx)), other.write(lambda tx: move(cases[1], tx))
        )
    assert sorted(seen) == [[Status.HUBEE_RECEIVED, Status.SENT], [Status.SENT, Status.SENT]]
