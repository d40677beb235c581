"""Which organizations take which process now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.errors import ForbiddenError
from gateway.domain.identity import Caller
from gateway.domain.lists import CapabilityFilter
from gateway.domain.referential import SubscriptionStatus
from gateway.services import capabilities
from gateway.services.capabilities import Position
from tests.services.people import BREST, BREST_API, DEPOSITOR, OPERATOR, OTHER_DEPOSITOR, RENNES, VANNES
from tests.services.town import Town

EVERYTHING = [(code, name) for code in ("CERTDC", "EtatCivil") for name in (BREST, RENNES, VANNES)]


async def pages(town: Town, caller: Caller, most: int = 100, **asked: str) -> list[list[Position]]:
    """Every page, one after the other."""
    found: list[list[Position]] = []
    after: Position | None = None
    while after is not None or not found:
        page = await capabilities.find_capabilities(town.office, caller, CapabilityFilter(**asked), after, most)  # type: ignore[arg-type]  # its fields of text
        found.append([(one.process, str(one.organization)) for one in page.items])
        after = page.after
    return found


async def test_pages_hold_everything_once_in_order(town: Town) -> None:
    for most in (1, 2, 3, 4, 6, 100):
        found = await pages(town, DEPOSITOR, most)
        assert [each for page in found for each in page] == EVERYTHING
        assert all(len(page) == most for page in found[:-1])
        assert 0 < len(found[-1]) <= most


async def test_a_page_goes_on_where_the_last_one_ended_whatever_came_between(town: Town) -> None:
    first = await capabilities.find_capabilities(town.office, DEPOSITOR, CapabilityFilter(), None, 2)
    await town.change_subscription(RENNES, "CERTDC", status=SubscriptionStatus.SUSPENDED)
    rest = await capabilities.find_capabilities(town.office, DEPOSITOR, CapabilityFilter(), first.after, 10)
    assert [(one.process, str(one.organization)) for one in rest.items] == EVERYTHING[2:]
    assert rest.after is None


async def test_an_osl_sees_its_own_processes_and_those_of_nobody(town: Town) -> None:
    assert await pages(town, OTHER_DEPOSITOR) == [EVERYTHING[:3]]
    assert await pages(town, OPERATOR) == [EVERYTHING]
    assert await pages(town, replace(DEPOSITOR, process="EtatCivil")) == [EVERYTHING[3:]]
    assert await pages(town, replace(DEPOSITOR, process="EtatCivil"), process="CERTDC") == [EVERYTHING[3:]]
    with pytest.raises(ForbiddenError):
        await pages(town, BREST_API)


async def test_who_is_listed_can_be_deposited_for(town: Town) -> None:
    await town.change_subscription(RENNES, "EtatCivil", status=SubscriptionStatus.INACTIVE)
    listed = {name for page in await pages(town, DEPOSITOR) for code, name in page if code == "EtatCivil"}
    assert listed == {BREST, VANNES}
    await town.deposit(to=(BREST, VANNES))
