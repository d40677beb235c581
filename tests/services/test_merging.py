"""Cases of many organizations given to others, row by row, until all is done."""

from __future__ import annotations

import pytest

from gateway.domain.errors import ForbiddenError
from gateway.domain.identity import OrganizationId
from gateway.domain.referential import SubscriptionStatus
from gateway.services import merging
from gateway.services.bulk import Outcome, RowFault
from gateway.services.merging import Merger
from tests.services.people import BREST, DEPOSITOR, OPERATOR, RENNES, VANNES
from tests.services.town import Town

NOBODY = "SI-99999999999999-99999"


def row(source: str, target: str) -> Merger:
    return Merger(OrganizationId.parse(source), OrganizationId.parse(target))


async def test_a_row_moves_everything_once_and_says_how_much(town: Town) -> None:
    for number in ("A-1", "A-2"):
        await town.deposit(number, (RENNES,))
    (first, _) = await town.listing()
    await town.remove(await town.fetch(first))
    (planned,), faults = await merging.plan(town.office, OPERATOR, [row(RENNES, VANNES)])
    assert (planned.processes, planned.cases, planned.open, faults) == (("EtatCivil",), 2, 1, [])
    assert await town.lines("cases.migrated") == []
    done = [await merging.merge(town.office, OPERATOR, row(RENNES, VANNES)) for _ in range(2)]
    assert [(one.outcome, one.cases) for one in done] == [(Outcome.CHANGED, 2), (Outcome.UNCHANGED, 0)]
    assert len(await town.lines("cases.migrated")) == 1
    assert len(await town.listing("vannes")) == 1
    assert await town.listing("rennes") == []


async def test_everything_in_the_way_is_told_at_once(town: Town) -> None:
    await town.deposit("A-1", (RENNES,))
    await town.deposit("B-1", (BREST,), process="EtatCivil")
    await town.change_subscription(VANNES, status=SubscriptionStatus.SUSPENDED)
    rows = [row(RENNES, VANNES), row(NOBODY, BREST), row(BREST, BREST), row(RENNES, NOBODY)]
    _, faults = await merging.plan(town.office, OPERATOR, rows)
    assert faults == [
        RowFault(0, "target", "there are cases of EtatCivil, and its subscription is Suspendu"),
        RowFault(1, "target", "gives its own cases away in row 3 of the file"),
        RowFault(1, "source", "there is no such organization"),
        RowFault(2, "target", "must be another organization than the source"),
        RowFault(3, "source", "is in row 1 of the file already"),
        RowFault(3, "target", "gives its own cases away in row 2 of the file"),
        RowFault(3, "target", "there is no such organization"),
    ]


async def test_it_is_for_operators(town: Town) -> None:
    with pytest.raises(ForbiddenError):
        await merging.plan(town.office, DEPOSITOR, [])
    with pytest.raises(ForbiddenError):
        await merging.merge(town.office, DEPOSITOR, row(RENNES, VANNES))
