"""Dual runs in which the depositor, time or an earlier owner changes what the rehearsing door sees."""

from __future__ import annotations

from gateway.domain.identity import Mode
from gateway.services import cases, expire, rehearsals
from gateway.services.deposit import FolderView
from tests.services.people import DAY, DEPOSITOR, OPERATOR, RENNES, RENNES_API
from tests.services.test_rehearsals import FIRST, started
from tests.services.town import Town


async def test_what_the_rehearsing_api_kept_from_when_it_owned_can_be_deleted(town: Town) -> None:
    view = await town.deposit()
    await town.switch(RENNES, Mode.API)
    await cases.set_status(town.office, RENNES_API, view.cases[0].id, "DONE")
    await town.switch(RENNES, Mode.SFTP)
    await started(town)
    assert len(await town.inbox(RENNES_API)) == 1
    await town.dismissed(RENNES_API)
    assert await town.inbox(RENNES_API) == []
    assert (await town.states(view), await town.case_status(view)) == (["ACCEPTED"], "DONE")


async def reopened(town: Town) -> FolderView:
    """A case that was done, and that its depositor has re-opened."""
    view = await town.deposit()
    await town.fetch(FIRST)
    await town.answer(code=100)
    await cases.set_status(town.office, DEPOSITOR, view.cases[0].id, "HUBEE_NOTIFIED")
    return view


async def test_a_file_that_joins_a_reopening_does_not_put_the_rehearsed_case_back(town: Town) -> None:
    view = await reopened(town)
    await started(town)
    case = view.cases[0].id
    await cases.set_status(town.office, RENNES_API, case, "IN_PROGRESS")
    await town.attach(DEPOSITOR, view, notification=True)
    assert await town.states(view) == ["ACCEPTED", "WITHDRAWN", "READY"]
    assert (await cases.read_case(town.office, RENNES_API, case)).case.status == "IN_PROGRESS"
    assert len(await town.inbox(RENNES_API)) == 1


async def test_an_expiry_undone_takes_nothing_from_the_rehearsing_door(town: Town) -> None:
    view = await reopened(town)
    await started(town, lasting=rehearsals.LONGEST)
    await town.fetch("A-1-EtatCivil-2.zip")
    lasting = town.office.policy.expire_after
    assert lasting is not None
    town.clock.pass_by(lasting - DAY)
    await town.attach(DEPOSITOR, view, notification=True)
    town.clock.pass_by(DAY)
    await expire.expire_due(town.office)
    assert await town.states(view) == ["ACCEPTED", "EXPIRED", "READY"]
    before = [one.id for one in await town.inbox(RENNES_API)]
    again = await expire.undo_expiry(town.office, OPERATOR, (await town.deliveries(view))[1].id)
    assert [one.id for one in await town.inbox(RENNES_API)] == [*before, again]


async def test_what_was_settled_before_may_be_touched_and_is_not_compared(town: Town) -> None:
    await town.deposit()
    await town.move(await town.fetch(FIRST))
    await town.switch(RENNES, Mode.API)
    begun = await started(town, mode=Mode.SFTP)
    await town.move(await town.find(FIRST, again=True))
    assert (await rehearsals.compare(town.office, OPERATOR, begun.id)).rows == ()
    ended = await rehearsals.end(town.office, OPERATOR, town.subscriptions[RENNES, "EtatCivil"].id)
    assert ended.rows == ()
    await town.switch(RENNES, Mode.SFTP)
