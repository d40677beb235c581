"""Events of a case are shown oldest first, and a status that was skipped comes before the one that skipped it."""

from __future__ import annotations

import pytest

from gateway.domain.errors import InvalidRequestError
from gateway.domain.statuses import Status, StatusRules
from gateway.services import cases
from tests.services.people import BREST, BREST_API
from tests.services.town import Town

STRICT = StatusRules(strict=True)


async def test_an_inserted_status_stands_before_the_event_that_was_posted(town: Town) -> None:
    await town.change_process("EtatCivil", rules=STRICT)
    view = await town.deposit(to=(BREST,))
    await town.say(BREST_API, view, new_status="DONE", notification=True)
    assert [(one.new_status, one.inserted) for one in await town.events(view)] == [
        ("SI_RECEIVED", True),
        ("DONE", False),
    ]
    assert await town.case_status(view) is Status.DONE


async def test_and_before_the_files_that_were_sent_with_it(town: Town) -> None:
    await town.change_process("EtatCivil", rules=STRICT)
    view = await town.deposit(to=(BREST,))
    await town.attach(BREST_API, view, new_status="DONE")
    assert sorted(str(one.new_status) for one in await town.events(view)) == ["DONE", "SI_RECEIVED"]
    assert await town.case_status(view) is Status.DONE


async def test_and_so_do_the_statuses_of_a_patch(town: Town) -> None:
    await town.change_process("EtatCivil", rules=STRICT)
    view = await town.deposit(to=(BREST,))
    await cases.set_status(town.office, BREST_API, view.cases[0].id, "DONE")
    assert [one.new_status for one in await town.events(view)] == ["SI_RECEIVED", "DONE"]
    assert [one.notification for one in await town.events(view)] == [False, False]


@pytest.mark.parametrize("status", ["ARCHIVED", "LOST"])
async def test_a_status_that_nobody_can_set_is_refused_before_files_are_put_for_it(town: Town, status: str) -> None:
    view = await town.deposit(to=(BREST,))
    with pytest.raises(InvalidRequestError, match=f"caseNewStatus: {status} is not"):
        await town.attach(BREST_API, view, send=False, new_status=status)
    assert await town.events(view) == []


async def test_a_present_status_that_the_event_gets_wrong_is_kept_as_said(town: Town) -> None:
    view = await town.deposit(to=(BREST,))
    event = await town.say(BREST_API, view, current_status="NONSENSE", new_status="SENT")
    assert event == (await town.events(view))[0]
    assert event.current_status == "NONSENSE"
    assert await town.case_status(view) is Status.SENT
