"""The journal: appended in order, personal data beside it, repetitions counted by the day."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from gateway.domain.deliveries import Gesture
from gateway.domain.ids import new_id
from gateway.domain.journal import Entry, Line, commitment
from gateway.store.statement import Statement
from gateway.store.tables import journal_payloads
from gateway.store.transaction import Transaction
from tests.databases import AnyStore, Database, opened
from tests.store.rows import CALLER, DAY, NOW, RENNES

_PAYLOAD = Statement(
    select(journal_payloads.c.salt, journal_payloads.c.payload).where(journal_payloads.c.seq == bindparam("seq"))
)


def line(**fields: Any) -> Callable[[Transaction], None]:
    return lambda tx: tx.journal.write(Entry.DELIVERY_ACCEPTED, CALLER, NOW, **fields)


async def test_a_line_says_who_through_which_door_what_and_when(store: AnyStore) -> None:
    ids = {name: new_id() for name in ("folder_id", "case_id", "delivery_id", "subscription_id")}
    await store.write(line(**ids, epoch=2, digest=b"\x01" * 32, detail={"gesture": "rename", "unread": True}))
    (found,) = await store.read(lambda tx: tx.journal.of_folder(ids["folder_id"]))
    assert found == Line(
        seq=found.seq,
        at=NOW,
        entry=Entry.DELIVERY_ACCEPTED,
        door="SFTP",
        actor="rennes",
        organization=RENNES,
        **ids,
        epoch=2,
        digest="01" * 32,
        detail={"gesture": "rename", "unread": True},
        commitment=None,
    )


async def test_personal_data_is_kept_apart_and_vouched_for(store: AnyStore) -> None:
    await store.write(line(personal={"applicant": "Zoé"}))
    (found,) = await store.read(lambda tx: tx.journal.after(0))
    assert "Zoé" not in repr(found)
    salt, payload = await store.read(lambda tx: tx.session.rows(_PAYLOAD, seq=found.seq)[0])
    assert payload == '{"applicant":"Zoé"}'
    assert found.commitment == commitment(bytes(salt), payload.encode())


async def test_the_same_payload_is_salted_anew(store: AnyStore) -> None:
    for _ in range(2):
        await store.write(line(personal={"applicant": "Zoé"}))
    one, two = await store.read(lambda tx: tx.journal.after(0))
    assert one.commitment != two.commitment


async def test_lines_come_in_the_order_in_which_they_were_written(store: AnyStore) -> None:
    folder = new_id()
    for number in range(5):
        await store.write(line(folder_id=folder, epoch=number))
    await store.write(line(folder_id=new_id()))
    lines = await store.read(lambda tx: tx.journal.of_folder(folder))
    assert [each.epoch for each in lines] == [0, 1, 2, 3, 4]
    assert [each.epoch for each in await store.read(lambda tx: tx.journal.of_folder(folder, 2))] == [0, 1]
    behind = await store.read(lambda tx: tx.journal.after(lines[2].seq, 2))
    assert [each.epoch for each in behind] == [3, 4]


async def test_a_verb_that_fails_leaves_no_line(store: AnyStore) -> None:
    def fail(tx: Transaction) -> None:
        line(personal={"applicant": "Zoé"})(tx)
        raise LookupError

    with pytest.raises(LookupError):
        await store.write(fail)
    assert await store.read(lambda tx: tx.journal.after(0)) == []


async def test_writers_on_two_nodes_do_not_disturb_each_other(store: AnyStore, database: Database) -> None:
    async with opened(database) as other:
        await asyncio.gather(*(node.write(line(personal={"number": 1})) for node in [store, other] * 10))
    lines = await store.read(lambda tx: tx.journal.after(0))
    assert len({each.seq for each in lines}) == 20


async def test_the_first_repetition_of_a_day_gets_the_line(store: AnyStore) -> None:
    delivery = new_id()

    async def repeated(gesture: Gesture = Gesture.RENAME, actor: str = "rennes", days: int = 0) -> bool:
        return await store.write(lambda tx: tx.journal.repeated(delivery, actor, gesture, NOW + days * DAY))

    assert [await repeated(), await repeated(), await repeated()] == [True, False, False]
    assert await repeated(Gesture.DELETE)
    assert await repeated(actor="other")
    assert await repeated(days=1)


def status_of(folder: str, case: str | None, tx: Transaction) -> None:
    tx.journal.write(Entry.CASE_STATUS, CALLER, NOW, folder_id=folder, case_id=case)


async def test_the_lines_of_a_case_are_those_about_it_and_on_demand_about_its_folder(store: AnyStore) -> None:
    folder, case, other = new_id(), new_id(), new_id()
    for case_id in (None, case, other):
        await store.write(line(folder_id=folder, case_id=case_id))
        await store.write(partial(status_of, folder, case_id))
    await store.write(line(folder_id=new_id(), case_id=None))

    async def found(entries: frozenset[Entry] | None, *, whole: bool, after: int = 0, most: int = 10) -> list[Line]:
        return await store.read(lambda tx: tx.journal.of_case(folder, case, entries, after, most, whole=whole))

    own = await found(None, whole=False)
    assert [(one.case_id, one.entry) for one in own] == [(case, "delivery.accepted"), (case, "case.status")]
    both = await found(None, whole=True)
    assert [one.case_id for one in both] == [None, None, case, case]
    assert await found(frozenset({Entry.CASE_STATUS}), whole=True) == [both[1], both[3]]
    assert await found(frozenset({Entry.CASE_STATUS}), whole=False, after=both[2].seq) == [own[1]]
    assert await found(None, whole=True, after=both[0].seq, most=2) == both[1:3]
