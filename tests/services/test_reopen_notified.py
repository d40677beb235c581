"""Of a re-opening the recipient is notified exactly once, whatever its steps and whether they ask for it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.services import cases, events
from tests.services.people import BREST, BREST_API, DEPOSITOR
from tests.services.town import Town


async def seen(town: Town) -> tuple[list[str], int]:
    """What kinds of deliveries are open, and how many lines the inbox has."""
    shown = await town.inbox()
    found = [await town.store.read(lambda tx, one=one.id: tx.deliveries.get(one)) for one in shown]  # type: ignore[misc]  # mypy infers no default
    return [str(one.kind) for one in found if one is not None], len(shown)


@pytest.mark.parametrize("asked", [None, False, True])
async def test_by_an_event_that_carries_the_status(town: Town, asked: bool | None) -> None:
    view = await town.deposit(to=(BREST,))
    await cases.set_status(town.office, BREST_API, view.cases[0].id, "DONE")
    await town.dismissed()
    await town.say(DEPOSITOR, view, new_status="HUBEE_NOTIFIED", notification=asked)
    assert await seen(town) == (["REOPENING"], 1)


@pytest.mark.parametrize("asked", [None, False, True])
async def test_by_files_then_the_status_then_sending_them(town: Town, asked: bool | None) -> None:
    view = await town.deposit(to=(BREST,))
    case = view.cases[0].id
    await cases.set_status(town.office, BREST_API, case, "DONE")
    await town.dismissed()
    event = await town.attach(DEPOSITOR, view, send=False, notification=asked)
    await cases.set_status(town.office, DEPOSITOR, case, "HUBEE_NOTIFIED")
    assert await seen(town) == ([], 0)  # it waits for the files
    await events.set_event_status(town.office, DEPOSITOR, case, event.id, "SENT")
    assert await seen(town) == (["REOPENING"], 1)
    assert (await town.inbox())[0].event_id == event.id


@pytest.mark.parametrize("asked", [None, False, True])
async def test_by_the_status_then_files(town: Town, asked: bool | None) -> None:
    view = await town.deposit(to=(BREST,))
    await cases.set_status(town.office, BREST_API, view.cases[0].id, "DONE")
    await town.dismissed()
    await cases.set_status(town.office, DEPOSITOR, view.cases[0].id, "HUBEE_NOTIFIED")
    await town.attach(DEPOSITOR, view, notification=asked)
    assert await seen(town) == (["REOPENING"], 1)
    assert (await town.states(view))[-2:] == ["WITHDRAWN", "READY"]


async def test_further_steps_join_what_nobody_has_fetched(town: Town) -> None:
    view = await town.deposit(to=(BREST,))
    await cases.set_status(town.office, BREST_API, view.cases[0].id, "DONE")
    await town.dismissed()
    for step in (
        {"new_status": "HUBEE_NOTIFIED", "message": "à revoir", "notification": True},
        {"new_status": "IN_PROGRESS", "notification": True},
        {"message": "encore", "notification": True},
        {"notification": True},
    ):
        arguments: dict[str, Any] = step
        await town.say(DEPOSITOR, view, **arguments)
        assert await seen(town) == (["REOPENING"], 1)


async def test_once_it_was_fetched_a_notice_is_a_line_of_its_own(town: Town) -> None:
    view = await town.deposit(to=(BREST,))
    await cases.set_status(town.office, BREST_API, view.cases[0].id, "DONE")
    await town.dismissed()
    await town.say(DEPOSITOR, view, new_status="HUBEE_NOTIFIED", notification=True)
    await town.read_all(BREST_API, view)
    await town.say(DEPOSITOR, view, notification=True)
    assert await seen(town) == (["REOPENING"], 2)
