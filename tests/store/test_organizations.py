"""Organizations: kept whole, changed but for their name."""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.identity import OrganizationId
from gateway.domain.referential import Organization
from tests.databases import AnyStore
from tests.store.rows import DAY, NOW

WHOLE = Organization(
    OrganizationId.parse("SI-21350238800019-35238"),
    "Mairie de Rennes",
    code="R",
    country="France",
    postal_code="35000",
    territory="35",
    email="demat@example.org",
    phone_number="+33200000000",
    status="Actif",
)


async def test_it_comes_back_as_it_was_added(store: AnyStore) -> None:
    await store.write(lambda tx: tx.organizations.add(WHOLE, NOW))
    assert await store.read(lambda tx: tx.organizations.get(str(WHOLE.id))) == WHOLE
    assert await store.read(lambda tx: tx.organizations.get("SI-21350238800019-99999")) is None


async def test_a_change_writes_every_field(store: AnyStore) -> None:
    bare = Organization(WHOLE.id, "Rennes")
    other = replace(bare, id=OrganizationId.parse("SI-21290019900015-29019"))
    await store.write(lambda tx: tx.organizations.add(bare, NOW))
    await store.write(lambda tx: tx.organizations.add(other, NOW))
    await store.write(lambda tx: tx.organizations.change(WHOLE, NOW + DAY))
    assert await store.read(lambda tx: tx.organizations.get(str(WHOLE.id))) == WHOLE
    assert await store.read(lambda tx: tx.organizations.get(str(other.id))) == other


async def test_one_that_is_there_already_is_not_created_again(store: AnyStore) -> None:
    assert await store.write(lambda tx: tx.organizations.create(WHOLE, NOW))
    assert not await store.write(lambda tx: tx.organizations.create(replace(WHOLE, name="Another"), NOW))
    found = await store.read(lambda tx: tx.organizations.get(str(WHOLE.id)))
    assert found == WHOLE
    assert found is not None
    assert (found.created_at, found.updated_at) == (NOW, None)
    await store.write(lambda tx: tx.organizations.change(WHOLE, NOW + DAY))
    found = await store.read(lambda tx: tx.organizations.get(str(WHOLE.id)))
    assert found is not None
    assert (found.created_at, found.updated_at) == (NOW, NOW + DAY)
    assert await store.write(lambda tx: tx.organizations.hold(str(WHOLE.id))) == found
    assert await store.write(lambda tx: tx.organizations.hold("nobody")) is None
