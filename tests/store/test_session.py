"""One session: all rows taken, changes counted, on both drivers."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from gateway.store.statement import Statement
from gateway.store.tables import organizations
from tests.databases import AnyStore
from tests.store.rows import BREST, OSL

_c = organizations.c
_NAMES = Statement(select(_c.id).where(_c.type.in_(["SI", "OSL"]), _c.id != bindparam("but")).order_by(_c.id))
_CHANGE = Statement(update(organizations).where(_c.type == bindparam("of")).values(country=bindparam("named")))
_CHANGE_AND_TELL = Statement(
    update(organizations).where(_c.type == bindparam("of")).values(country=bindparam("named")).returning(_c.id)
)


async def test_a_query_gives_all_rows_or_the_first(seeded: AnyStore) -> None:
    found = await seeded.read(lambda tx: tx.session.rows(_NAMES, but=BREST))
    assert [name for (name,) in found] == [OSL, "SI-21350238800019-35238"]
    assert await seeded.read(lambda tx: tx.session.row(_NAMES, but=BREST)) == (OSL,)


async def test_a_change_tells_how_many_rows_it_touched(seeded: AnyStore) -> None:
    assert await seeded.write(lambda tx: tx.session.run(_CHANGE, of="SI", named="FR")) == 2
    assert await seeded.write(lambda tx: tx.session.run(_CHANGE, of="ADMIN", named="FR")) == 0


async def test_a_returning_clause_that_gives_several_rows_leaves_nothing_open(seeded: AnyStore) -> None:
    assert await seeded.write(lambda tx: tx.session.row(_CHANGE_AND_TELL, of="SI", named="FR")) is not None
    assert await seeded.write(lambda tx: tx.session.row(_CHANGE_AND_TELL, of="ADMIN", named="FR")) is None
    assert await seeded.write(lambda tx: tx.session.run(_CHANGE, of="SI", named="BE")) == 2
