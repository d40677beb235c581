"""Figures: counts over what is open."""

from __future__ import annotations

from gateway.domain.answers import AnswerState
from gateway.domain.deliveries import DeliveryState
from gateway.domain.figures import Snapshot
from gateway.domain.identity import Door
from gateway.domain.outgoing import OutgoingState
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store import rows
from tests.store.rows import BREST_API, HOUR, NOW, add_case, add_delivery


async def test_an_empty_store_has_no_figures(store: AnyStore) -> None:
    assert await store.read(lambda tx: tx.figures.snapshot()) == Snapshot()


async def test_only_what_is_open_is_counted(seeded: AnyStore) -> None:
    def add(tx: Transaction) -> None:
        at_rennes, at_brest = add_case(tx), add_case(tx, BREST_API, "B-1")
        add_delivery(tx, at_rennes, 1, published_at=NOW)
        add_delivery(tx, at_rennes, 2, published_at=NOW + HOUR)
        fetched = add_delivery(tx, at_brest, 1, published_at=NOW - HOUR)
        tx.deliveries.fetch(fetched.id, NOW)
        closed = add_delivery(tx, at_brest, 2, published_at=NOW - 2 * HOUR)
        tx.deliveries.close(closed.id, DeliveryState.READY, DeliveryState.EXPIRED, NOW, door=Door.GATEWAY, actor="x")
        for number, state in enumerate(AnswerState):
            tx.answers.add(rows.answer(f"{number}.zip", state=state))
        for state in (*OutgoingState, OutgoingState.DEAD):
            tx.outbox.add(rows.outgoing(state=state))

    await seeded.write(add)
    assert await seeded.read(lambda tx: tx.figures.snapshot()) == Snapshot(
        deliveries={("READY", "SFTP"): 2, ("FETCHED", "API"): 1},
        oldest_undelivered=NOW,
        outgoing={"PENDING": 1, "DEAD": 2},
        answers={"PARTIAL": 1, "QUEUED": 1},
    )
