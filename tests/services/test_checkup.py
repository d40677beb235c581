"""What an operator should look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gateway.domain.outgoing import OutgoingState
from gateway.services.checkup import Standing, standing
from tests.databases import AnyStore
from tests.services.people import BREST, START
from tests.services.town import Town

UNTIL = date(2027, 6, 30)


async def test_an_empty_store_has_nothing_to_look_at(store: AnyStore) -> None:
    assert await standing(store) == Standing(0, None, {})


async def test_exceptions_of_enabled_accounts_and_what_waits_are_found(town: Town, store: AnyStore) -> None:
    await town.deposit("A-1")
    (username, account), *_ = town.accounts.items()
    excepted = replace(account, legacy_algorithms_until=UNTIL)
    await store.write(lambda tx: tx.accounts.change(excepted, START))
    assert await standing(store) == Standing(0, START, {username: UNTIL})
    await store.write(lambda tx: tx.accounts.change(replace(excepted, enabled=False), START))
    assert (await standing(store)).legacy_until == {}


async def test_calls_given_up_are_counted(town: Town, store: AnyStore) -> None:
    await town.change_subscription(BREST, webhook="http://127.0.0.1:9/hook")
    await town.deposit("A-1", to=(BREST,))
    assert (await standing(store)).dead == 0
    (call,) = await store.write(lambda tx: tx.outbox.claim(START, START, 10))
    await store.write(lambda tx: tx.outbox.settle(call, OutgoingState.DEAD, START, again_at=None, error="gone"))
    assert (await standing(store)).dead == 1
