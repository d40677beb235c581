"""The gateway's own organization."""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.referential import Organization
from gateway.services.operator import ensure_gateway
from tests.services.town import Town

NEW = "ADMIN-11111111111111-00000"


async def test_it_is_declared_once_and_follows_its_name(town: Town) -> None:
    office = replace(town.office, gateway=NEW)

    async def known() -> Organization | None:
        return await town.store.read(lambda tx: tx.organizations.get(NEW))

    assert await known() is None
    for name in ("Gateway", "Gateway", "Passerelle"):
        await ensure_gateway(office, name)
        found = await known()
        assert found is not None
        assert (str(found.id), found.name) == (NEW, name)
