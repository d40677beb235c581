"""Organizations: declared and changed by operators, read by whom they concern."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.errors import ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller, Door, OrganizationId, Role
from gateway.domain.journal import Entry
from gateway.domain.lists import OrganizationFilter, Page
from gateway.domain.referential import Organization
from gateway.services import organizations
from gateway.services.once import Once, Replay
from tests.services.people import BREST, BREST_API, DEPOSITOR, GATEWAY, OPERATOR, OSL, RENNES, START
from tests.services.town import Town

DATAPASS = Caller(GATEWAY, Role.DATAPASS, Door.API, "datapass")
NEW = Organization(OrganizationId.parse("SI-21440109300013-44109"), "Nantes", email="demat@example.org")


async def test_a_new_one_is_kept_and_told(town: Town) -> None:
    made = await organizations.create_organization(town.office, OPERATOR, NEW)
    assert isinstance(made, Organization)
    assert (made, made.created_at, made.updated_at) == (NEW, START, None)
    assert await organizations.read_organization(town.office, DEPOSITOR, str(NEW.id)) == NEW
    (line,) = await town.lines()
    assert (line.entry, line.detail) == (Entry.ORGANIZATION_CREATED, {"organization": str(NEW.id)})
    with pytest.raises(InvalidRequestError, match=f"Organization {NEW.id} already exists"):
        await organizations.create_organization(town.office, OPERATOR, NEW)
    assert len(await town.lines()) == 1


async def test_a_repeated_request_gets_its_first_answer(town: Town) -> None:
    once = Once("key", b"same", lambda made: made.name)
    await organizations.create_organization(town.office, OPERATOR, NEW, once)
    assert await organizations.create_organization(town.office, OPERATOR, NEW, once) == Replay("Nantes")


async def test_a_change_keeps_the_name_and_tells_which_fields(town: Town) -> None:
    found = await organizations.change_organization(
        town.office, OPERATOR, RENNES, lambda known: replace(known, name="Rennes", email="demat@example.org")
    )
    assert (found.name, found.created_at, found.updated_at) == ("Rennes", START, START)
    (line,) = await town.lines()
    assert line.detail == {"organization": RENNES, "fields": ["name", "email"]}
    await organizations.change_organization(town.office, OPERATOR, RENNES, lambda known: known)
    assert len(await town.lines()) == 1
    with pytest.raises(InvalidRequestError, match="stays as it is"):
        await organizations.change_organization(town.office, OPERATOR, RENNES, lambda known: replace(known, id=NEW.id))
    with pytest.raises(NotFoundError, match="Organization"):
        await organizations.change_organization(town.office, OPERATOR, str(NEW.id), lambda known: known)


async def test_only_operators_write(town: Town) -> None:
    for caller in (DEPOSITOR, BREST_API, DATAPASS):
        with pytest.raises(ForbiddenError):
            await organizations.create_organization(town.office, caller, NEW)
        with pytest.raises(ForbiddenError):
            await organizations.change_organization(
                town.office, caller, BREST, lambda known: replace(known, name="Other")
            )


async def test_a_recipient_sees_itself_alone(town: Town) -> None:
    async def names(caller: Caller) -> set[str]:
        found = await organizations.find_organizations(town.office, caller, OrganizationFilter(type="SI"), Page())
        return {str(one.id) for one in found.items}

    assert await names(BREST_API) == {BREST}
    assert (await organizations.read_organization(town.office, BREST_API, BREST)).name == f"Name of {BREST}"
    for other in (RENNES, OSL, str(NEW.id)):
        with pytest.raises(NotFoundError, match="Organization"):
            await organizations.read_organization(town.office, BREST_API, other)
    for caller in (DEPOSITOR, OPERATOR, DATAPASS):
        assert {BREST, RENNES} <= await names(caller)
