"""Sealing: behind the writers, once, and whatever order their transactions end in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar, cast

import pytest
from sqlalchemy import bindparam, delete, insert, select, update

from gateway.domain.errors import ForbiddenError
from gateway.domain.seals import Check
from gateway.services import sealing
from gateway.services.office import Office
from gateway.services.ports import Store
from gateway.store.signing import Signer, verifies
from gateway.store.statement import Statement
from gateway.store.tables import journal
from gateway.store.transaction import Transaction
from tests.services.people import DEPOSITOR, OPERATOR
from tests.services.town import Town

T = TypeVar("T")
SIGNER = Signer(bytes(32))
_c = journal.c
_CHANGE = Statement(update(journal).where(_c.seq == bindparam("of")).values(actor=bindparam("actor")))
_DELETE = Statement(delete(journal).where(_c.seq == bindparam("of")))
_ROW = Statement(select(journal).where(_c.seq == bindparam("of")))
_PUT = Statement(insert(journal).values({column.name: bindparam(column.name) for column in journal.columns}))


@pytest.fixture
def office(town: Town) -> Office:
    return replace(town.office, signer=SIGNER)


def signed(signer: Signer = SIGNER) -> Check:
    return lambda message, signature: verifies(signer.public_key, message, signature)


async def faults(office: Office) -> list[tuple[int | None, str]]:
    found = await sealing.check(office, OPERATOR, signed())
    return [(fault.seq, fault.reason) for fault in found.faults]


async def test_every_line_is_sealed_once(town: Town, office: Office) -> None:
    await town.deposit("A-1")
    first = await sealing.seal_new(office)
    assert first == len(await town.lines())
    assert await sealing.seal_new(office) == 0
    await town.deposit("A-2")
    await sealing.seal_new(office)
    found = await sealing.check(office, OPERATOR, signed())
    assert (found.seals, found.lines, found.faults) == (2, len(await town.lines()), ())


async def test_large_journals_are_sealed_in_batches(
    town: Town, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "BATCH", 2)
    await town.deposit("A-1")
    lines = len(await town.lines())
    assert await sealing.seal_new(office) == lines
    found = await sealing.check(office, OPERATOR, signed())
    assert (found.seals, found.lines, found.faults) == (-(-lines // 2), lines, ())


async def test_a_changed_and_a_missing_line_are_named(town: Town, office: Office) -> None:
    await town.deposit("A-1")
    await sealing.seal_new(office)

    def tamper(tx: Transaction) -> None:
        tx.session.run(_CHANGE, of=2, actor="somebody else")
        tx.session.run(_DELETE, of=3)

    await town.store.write(tamper)
    assert await faults(office) == [(2, "was changed after it was sealed"), (3, "is missing")]


async def test_a_line_that_turns_up_behind_its_seal_is_taken_into_the_next(town: Town, office: Office) -> None:
    await town.deposit("A-1")
    row = (await town.store.read(lambda tx: tx.session.rows(_ROW, of=2)))[0]
    values = dict(zip((column.name for column in journal.columns), row, strict=True))
    await town.store.write(lambda tx: tx.session.run(_DELETE, of=2))
    await sealing.seal_new(office)
    assert await faults(office) == []

    await town.store.write(lambda tx: tx.session.run(_PUT, **values))
    ((seq, reason),) = await faults(office)
    assert (seq, "put in" in reason) == (2, True)
    assert await sealing.seal_new(office) == 1
    assert await faults(office) == []
    assert await sealing.seal_new(office) == 0


async def test_what_turns_up_after_longer_than_a_transaction_may_take_stays_a_fault(town: Town, office: Office) -> None:
    await town.deposit("A-1")
    row = (await town.store.read(lambda tx: tx.session.rows(_ROW, of=2)))[0]
    values = dict(zip((column.name for column in journal.columns), row, strict=True))
    await town.store.write(lambda tx: tx.session.run(_DELETE, of=2))
    await sealing.seal_new(office)
    town.clock.pass_by(2 * sealing.PATIENCE)
    await town.store.write(lambda tx: tx.session.run(_PUT, **values))
    assert await sealing.seal_new(office) == 0
    assert [seq for seq, _ in await faults(office)] == [2]


async def test_two_who_seal_at_once_seal_nothing_twice(town: Town, office: Office) -> None:
    await town.deposit("A-1")
    await asyncio.gather(*(sealing.seal_new(office) for _ in range(3)))
    found = await sealing.check(office, OPERATOR, signed())
    assert (found.lines, found.faults) == (len(await town.lines()), ())


async def test_who_was_not_the_first_to_seal_goes_on_with_what_is_left(town: Town, office: Office) -> None:
    await town.deposit("A-1")
    faster: list[int] = []

    class Slower:
        """The store, at which somebody else seals before the first write, and at which more is written then."""

        read = staticmethod(town.store.read)

        async def write(self, verb: Callable[[Transaction], T]) -> T:
            if not faster:
                faster.append(await sealing.seal_new(office))
                await town.deposit("A-2")
            return await town.store.write(verb)

    later = await sealing.seal_new(replace(office, store=cast(Store, Slower())))
    lines = len(await town.lines())
    found = await sealing.check(office, OPERATOR, signed())
    assert (faster[0] + later, found.lines, found.faults) == (lines, lines, ())
    assert later > 0


async def test_another_key_does_not_vouch_for_it(town: Town, office: Office) -> None:
    await town.deposit("A-1")
    await sealing.seal_new(office)
    found = await sealing.check(office, OPERATOR, signed(Signer(bytes(range(32)))))
    assert ["is not signed by the gateway's key" in fault.reason for fault in found.faults] == [True]


async def test_a_check_stops_at_so_many_faults(town: Town, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 1)
    await town.deposit("A-1")
    await sealing.seal_new(office)
    await town.store.write(lambda tx: [tx.session.run(_DELETE, of=seq) for seq in range(1, 5)])
    found = await sealing.check(office, OPERATOR, signed(), most=2)
    assert (len(found.faults), found.seals) == (2, 2)


async def test_the_journal_is_for_operators(town: Town, office: Office) -> None:
    with pytest.raises(ForbiddenError):
        await sealing.check(office, DEPOSITOR, signed())
