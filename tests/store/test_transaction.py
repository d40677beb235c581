"""One transaction: every noun is there and sees what the others wrote before the commit."""

from __future__ import annotations

import inspect

from gateway.services import ports
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store.rows import add_case, add_delivery, event


async def test_it_offers_every_port(store: AnyStore) -> None:
    nouns = {name for name, value in vars(ports.Transaction).items() if isinstance(value, property)}

    def look(tx: Transaction) -> None:
        for noun in nouns:
            offered, port = getattr(tx, noun), getattr(ports, noun.title().replace("_", ""))
            for name, method in inspect.getmembers(port, inspect.isfunction):
                if not name.startswith("_"):
                    assert inspect.signature(getattr(type(offered), name)) == inspect.signature(method), (noun, name)

    assert len(nouns) > 15
    await store.read(look)


async def test_nouns_see_each_others_rows_before_the_commit(seeded: AnyStore) -> None:
    def verb(tx: Transaction) -> bool:
        case = add_case(tx, publication=1)
        delivery, new = add_delivery(tx, case), event(case)
        tx.events.add(new)
        tx.deliveries.carry(delivery.id, new.id)
        found = tx.deliveries.get(delivery.id)
        return found is not None and found.event_id == new.id and tx.cases.get(case.id) is not None

    assert await seeded.write(verb)
