"""The recipients' own copies: who is told of which, and who says they are gone."""

from __future__ import annotations

import pytest

from gateway.domain.copies import Copy
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller
from gateway.services import cases, copies
from gateway.services.deposit import FolderView
from tests.services.people import (
    BREST,
    BREST_API,
    DEPOSITOR,
    OPERATOR,
    OTHER_DEPOSITOR,
    RENNES,
    RENNES_API,
    VANNES_API,
    both,
)
from tests.services.town import Town


def pairs(view: FolderView, position: int = 0) -> list[Copy]:
    return [Copy(one.id, view.cases[position].id) for one in view.attachments]


@pytest.fixture
async def view(town: Town) -> FolderView:
    """Handed in to Brest, which is done with it, and to Rennes, which is not."""
    found = await town.deposit(to=(BREST, RENNES))
    await cases.set_status(town.office, BREST_API, found.cases[0].id, "DONE")
    return found


async def test_each_is_told_of_the_copies_of_its_own_cases(town: Town, view: FolderView) -> None:
    for caller in (BREST_API, DEPOSITOR, OPERATOR):
        assert await copies.due(town.office, caller) == pairs(view)
    for caller in (RENNES_API, VANNES_API, OTHER_DEPOSITOR):
        assert await copies.due(town.office, caller) == []


async def test_what_was_deleted_is_not_told_again_and_stays_with_the_gateway(town: Town, view: FolderView) -> None:
    keys = await town.keys()
    first, second = pairs(view)
    for _ in range(2):
        await copies.purged(town.office, BREST_API, [first, first])
    assert await copies.due(town.office, BREST_API) == [second]
    (line,) = await town.lines("copies.purged")
    assert (line.case_id, line.folder_id, line.actor) == (first.case_id, view.folder.id, BREST_API.actor)
    assert line.detail == {"attachments": [first.attachment_id]}
    assert await town.keys() == keys


@pytest.mark.parametrize("caller", [RENNES_API, VANNES_API, OTHER_DEPOSITOR])
async def test_what_is_anothers_is_unknown_each_by_its_place(town: Town, view: FolderView, caller: Caller) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        await copies.purged(town.office, caller, pairs(view))
    assert [fault.partition(":")[0] for fault in refused.value.faults] == ["@body[0]", "@body[1]"]
    assert await copies.due(town.office, BREST_API) == pairs(view)
    assert await town.lines("copies.purged") == []


async def test_two_that_say_it_at_once_are_both_right_and_one_line_is_written(town: Town, view: FolderView) -> None:
    one, other = pairs(view), pairs(view)[::-1]
    said = await both(copies.purged(town.office, BREST_API, one), copies.purged(town.office, BREST_API, other))
    assert said == [None, None]
    assert len(await town.lines("copies.purged")) == 1
