"""Idempotency: a key belongs to the first request that used it, also when two come at once."""

from __future__ import annotations

import asyncio

import pytest

from gateway.store.transaction import Transaction
from tests.databases import AnyStore, Database, opened
from tests.store.rows import HOUR, NOW

ONE, OTHER = b"1" * 32, b"2" * 32


def claim_and_answer(tx: Transaction, request: bytes = ONE, text: str = "{}") -> tuple[bytes, str] | None:
    first = tx.idempotency.claim("depot", "key", request, NOW)
    if first is None:
        tx.idempotency.answer("depot", "key", text)
    return first


async def test_a_key_is_free_once(store: AnyStore) -> None:
    assert await store.write(claim_and_answer) is None
    assert await store.write(lambda tx: claim_and_answer(tx, OTHER, "never")) == (ONE, "{}")
    assert await store.write(lambda tx: tx.idempotency.claim("other", "key", OTHER, NOW)) is None
    assert await store.write(lambda tx: tx.idempotency.claim("depot", "Key", OTHER, NOW)) is None


async def test_a_request_that_failed_did_not_use_it(store: AnyStore) -> None:
    def fail(tx: Transaction) -> None:
        claim_and_answer(tx)
        raise LookupError

    with pytest.raises(LookupError):
        await store.write(fail)
    assert await store.write(lambda tx: claim_and_answer(tx, OTHER)) is None


async def test_of_many_at_once_on_two_nodes_one_is_first_and_all_get_its_answer(
    store: AnyStore, database: Database
) -> None:
    async with opened(database) as other:
        answers = await asyncio.gather(
            *(
                node.write(lambda tx, text=str(number): claim_and_answer(tx, ONE, text))  # type: ignore[misc]  # binds it
                for number, node in enumerate([store, other] * 6)
            )
        )
    later = {answer for answer in answers if answer is not None}
    assert answers.count(None) == 1
    assert later == {(ONE, str(answers.index(None)))}


async def test_records_are_forgotten_in_time(store: AnyStore) -> None:
    await store.write(claim_and_answer)
    assert await store.write(lambda tx: tx.idempotency.forget(NOW - HOUR)) == 0
    assert await store.write(lambda tx: tx.idempotency.forget(NOW)) == 1
    assert await store.write(claim_and_answer) is None
