"""Made-up dossiers as the store keeps them."""

from __future__ import annotations

from sqlalchemy import bindparam, update

from gateway.store.statement import Statement
from gateway.store.tables import folders
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store.rows import NOW, add_case, add_delivery

MAKE_UP = Statement(update(folders).where(folders.c.id == bindparam("of")).values(synthetic=True))


async def test_only_what_is_made_up_is_found_and_once_purged_no_more(seeded: AnyStore) -> None:
    def add(tx: Transaction) -> tuple[str, str]:
        case = add_case(tx)
        add_delivery(tx, case, 1)
        return case.subscription_id, case.folder_id

    subscription, folder = await seeded.write(add)
    assert await seeded.read(lambda tx: tx.synthetic.of_subscription(subscription, 10)) == []
    before = await seeded.read(lambda tx: tx.figures.snapshot())
    assert before.deliveries
    await seeded.write(lambda tx: tx.session.run(MAKE_UP, of=folder))
    assert await seeded.read(lambda tx: tx.synthetic.of_subscription(subscription, 10)) == [folder]
    assert not (await seeded.read(lambda tx: tx.figures.snapshot())).deliveries
    await seeded.write(lambda tx: tx.synthetic.purge(folder, NOW))
    assert await seeded.read(lambda tx: tx.synthetic.of_subscription(subscription, 10)) == []
    kept = await seeded.read(lambda tx: tx.folders.get(folder))
    assert kept is not None
    assert kept.applicant is None
