"""Answers: listed where they are, settled once, the same bytes counted once per publication."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import psycopg
import pytest

from gateway.domain.answers import Answer, AnswerState, Held
from gateway.domain.ids import new_id
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store import rows
from tests.store.rows import ACCOUNT, DAY, HOUR, NOW, SECOND, add_case

QUEUED, TAKEN = AnswerState.QUEUED, AnswerState.TAKEN


async def added(store: AnyStore, *answers: Answer) -> None:
    def add(tx: Transaction) -> None:
        for answer in answers:
            tx.answers.add(answer)

    await store.write(add)


async def names(store: AnyStore, directory: str, account: str = ACCOUNT.id, process: str = "EtatCivil") -> list[str]:
    found = await store.read(lambda tx: tx.answers.directory(account, process, directory, NOW))
    return [answer.name for answer in found]


async def test_it_comes_back_as_it_was_added(seeded: AnyStore) -> None:
    case = await seeded.write(add_case)
    whole = rows.answer(
        state=AnswerState.REFUSED, settled_at=NOW + HOUR, directory="FAILED", error="Illisible", case_id=case.id
    )
    bare = rows.answer(name="other.zip")
    await added(seeded, whole, bare)
    assert await seeded.read(lambda tx: tx.answers.get(whole.id)) == whole
    assert await seeded.write(lambda tx: tx.answers.hold(bare.id)) == bare
    assert await seeded.read(lambda tx: tx.answers.find(ACCOUNT.id, "EtatCivil", "FAILED", whole.name)) == whole
    assert await seeded.read(lambda tx: tx.answers.find(ACCOUNT.id, "EtatCivil", "", whole.name)) is None
    assert await seeded.read(lambda tx: tx.answers.get(new_id())) is None
    assert await seeded.write(lambda tx: tx.answers.hold(new_id())) is None


async def test_directories_list_what_is_theirs_and_not_too_old(seeded: AnyStore) -> None:
    await added(
        seeded,
        rows.answer("second.zip", received_at=NOW + SECOND),
        rows.answer("first.zip"),
        rows.answer("new.zip", directory="DONE", state=TAKEN, settled_at=NOW + SECOND),
        rows.answer("old.zip", directory="DONE", state=TAKEN, settled_at=NOW),
    )
    assert await names(seeded, "") == ["first.zip", "second.zip"]
    assert await names(seeded, "DONE") == ["new.zip"]
    assert await names(seeded, "FAILED") == []
    assert await names(seeded, "", process="CERTDC") == []
    assert await names(seeded, "", account=new_id()) == []


async def test_a_hidden_one_is_in_no_listing_and_frees_its_name(seeded: AnyStore) -> None:
    first, second = rows.answer(), rows.answer()
    await added(seeded, first)
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
        await added(seeded, second)
    await seeded.write(lambda tx: tx.answers.hide(first.id))
    assert await names(seeded, "") == []
    await added(seeded, second)
    assert await seeded.read(lambda tx: tx.answers.find(ACCOUNT.id, "EtatCivil", "", first.name)) == second
    assert await seeded.read(lambda tx: tx.answers.get(first.id)) == replace(first, hidden=True)


async def test_a_hidden_one_is_still_taken_in(seeded: AnyStore) -> None:
    """The client deletes what it uploaded as soon as it is there."""
    answer = rows.answer()
    await added(seeded, answer)
    await seeded.write(lambda tx: tx.answers.hide(answer.id))
    assert await seeded.read(lambda tx: tx.answers.unsettled(QUEUED, NOW, 10)) == [answer.id]
    held = await seeded.write(lambda tx: tx.answers.hold(answer.id))
    assert held is not None
    assert await seeded.write(lambda tx: tx.answers.settle(held, AnswerState.REFUSED, NOW, directory="FAILED"))
    assert await seeded.read(lambda tx: tx.answers.find(ACCOUNT.id, "EtatCivil", "FAILED", answer.name)) is not None


async def test_unsettled_ones_come_oldest_first(seeded: AnyStore) -> None:
    late, early = rows.answer("late.zip", received_at=NOW + HOUR), rows.answer("early.zip")
    partial = rows.answer("half.zip.part", state=AnswerState.PARTIAL)
    taken = rows.answer("taken.zip", state=TAKEN, settled_at=NOW)
    await added(seeded, late, early, partial, taken)
    assert await seeded.read(lambda tx: tx.answers.unsettled(QUEUED, NOW + HOUR, 10)) == [early.id, late.id]
    assert await seeded.read(lambda tx: tx.answers.unsettled(QUEUED, NOW + HOUR, 1)) == [early.id]
    assert await seeded.read(lambda tx: tx.answers.unsettled(QUEUED, NOW, 10)) == [early.id]
    assert await seeded.read(lambda tx: tx.answers.unsettled(AnswerState.PARTIAL, NOW, 10)) == [partial.id]


async def test_it_is_settled_from_the_expected_state_only(seeded: AnyStore) -> None:
    case = await seeded.write(add_case)
    answer = rows.answer()
    await added(seeded, answer)
    assert await seeded.write(
        lambda tx: tx.answers.settle(answer, TAKEN, NOW + HOUR, name="new.zip", case_id=case.id, publication=1)
    )
    assert not await seeded.write(lambda tx: tx.answers.settle(answer, AnswerState.REFUSED, NOW + DAY, error="no"))
    settled = replace(answer, name="new.zip", state=TAKEN, settled_at=NOW + HOUR, case_id=case.id)
    assert await seeded.read(lambda tx: tx.answers.get(answer.id)) == settled


async def test_the_same_bytes_count_once_per_publication(seeded: AnyStore) -> None:
    case = await seeded.write(add_case)
    answer = rows.answer()
    digest = answer.blob.sha256
    await added(seeded, answer)
    assert not await seeded.read(lambda tx: tx.answers.counted(case.id, 1, digest))
    await seeded.write(lambda tx: tx.answers.settle(answer, TAKEN, NOW, case_id=case.id, publication=1))
    assert await seeded.read(lambda tx: tx.answers.counted(case.id, 1, digest))
    assert not await seeded.read(lambda tx: tx.answers.counted(case.id, 2, digest))
    assert not await seeded.read(lambda tx: tx.answers.counted(case.id, 1, digest[:-1] + b"e"))


async def test_refused_and_repeated_bytes_do_not_count(seeded: AnyStore) -> None:
    case = await seeded.write(add_case)
    refused, repeated = rows.answer("a.zip"), rows.answer("b.zip")
    await added(seeded, refused, repeated)
    ends = ((refused, AnswerState.REFUSED), (repeated, AnswerState.DUPLICATE))

    def settle(tx: Transaction) -> list[bool]:
        return [tx.answers.settle(answer, end, NOW, case_id=case.id, publication=1) for answer, end in ends]

    assert await seeded.write(settle) == [True, True]
    assert not await seeded.read(lambda tx: tx.answers.counted(case.id, 1, refused.blob.sha256))


async def test_what_was_taken_in_moves_away_after_the_grace_time(seeded: AnyStore) -> None:
    taken, repeated, queued = rows.answer("a.zip"), rows.answer("b.zip"), rows.answer("c.zip")
    await added(seeded, taken, repeated, queued)
    await seeded.write(lambda tx: tx.answers.settle(repeated, AnswerState.DUPLICATE, NOW + HOUR))
    await seeded.write(lambda tx: tx.answers.settle(taken, TAKEN, NOW))
    assert await seeded.read(lambda tx: tx.answers.past_grace(NOW - SECOND, 10)) == []
    assert await seeded.read(lambda tx: tx.answers.past_grace(NOW, 10)) == [taken.id]
    assert await seeded.read(lambda tx: tx.answers.past_grace(NOW + HOUR, 10)) == [taken.id, repeated.id]
    assert await seeded.read(lambda tx: tx.answers.past_grace(NOW + HOUR, 1)) == [taken.id]
    await seeded.write(lambda tx: tx.answers.move(taken.id, "DONE", "a-2.zip"))
    assert await seeded.read(lambda tx: tx.answers.past_grace(NOW, 10)) == []
    found = await seeded.read(lambda tx: tx.answers.get(taken.id))
    assert found is not None
    assert (found.directory, found.name) == ("DONE", "a-2.zip")


async def test_renaming_an_upload_gives_it_its_state(seeded: AnyStore) -> None:
    answer = rows.answer("a.zip.part", state=AnswerState.PARTIAL)
    await added(seeded, answer)
    await seeded.write(lambda tx: tx.answers.rename(answer.id, "", "a.zip", QUEUED, NOW + HOUR))
    renamed = replace(answer, name="a.zip", state=QUEUED, received_at=NOW + HOUR)
    assert await seeded.read(lambda tx: tx.answers.get(answer.id)) == renamed


async def test_only_what_never_became_an_answer_is_deleted(seeded: AnyStore) -> None:
    partial, queued = rows.answer("a.part", state=AnswerState.PARTIAL), rows.answer("b.zip")
    await added(seeded, partial, queued)
    await seeded.write(lambda tx: tx.answers.delete(partial.id))
    await seeded.write(lambda tx: tx.answers.delete(queued.id))
    assert await seeded.read(lambda tx: tx.answers.get(partial.id)) is None
    assert await seeded.read(lambda tx: tx.answers.get(queued.id)) == queued


async def test_what_an_account_holds_is_what_waits_and_what_was_refused_lately(seeded: AnyStore) -> None:
    async def held() -> Held:
        return await seeded.read(lambda tx: tx.answers.held(ACCOUNT.id, NOW))

    assert await held() == Held(0, 0)
    waiting = [rows.answer(name=f"{state}.zip", state=state) for state in (QUEUED, AnswerState.PARTIAL)]
    late = rows.answer(name="late.zip", state=AnswerState.REFUSED, settled_at=NOW + SECOND, hidden=True)
    others = [
        rows.answer(name="old.zip", state=AnswerState.REFUSED, settled_at=NOW, directory="FAILED"),
        rows.answer(name="taken.zip", state=TAKEN, settled_at=NOW + SECOND),
    ]
    await added(seeded, *waiting, *others)
    size = sum(one.blob.size for one in waiting)
    assert await held() == Held(size, 2)
    await added(seeded, late)  # a new row is never hidden
    assert await held() == Held(size + late.blob.size, 3)
    assert await seeded.read(lambda tx: tx.answers.held("another", NOW)) == Held(0, 0)
