"""A dual run that ends, or begins, while a verb is under way: nothing of it stays behind, and nothing is left out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final

import pytest
from sqlalchemy import func, literal_column, select, table

from gateway.domain.errors import NotFoundError
from gateway.domain.identity import Mode
from gateway.domain.switches import Switch, Switched
from gateway.services import cases, deposit, rehearsals, switching
from gateway.store.statement import Statement
from gateway.store.tables import rehearsed_attachments, rehearsed_cases, rehearsed_deliveries, rehearsed_events
from gateway.store.transaction import Transaction
from tests.services.people import DAY, DEPOSITOR, OPERATOR, RENNES, RENNES_API
from tests.services.rehearsed import rehearse
from tests.services.town import Town

_OVERLAY: Final = [
    Statement(select(func.count()).select_from(one))
    for one in (rehearsed_attachments, rehearsed_cases, rehearsed_deliveries, rehearsed_events)
]
_WAITING: Final = Statement(
    select(func.count())
    .select_from(table("pg_stat_activity"))
    .where(
        literal_column("datname") == literal_column("current_database()"),
        literal_column("wait_event_type") == literal_column("'Lock'"),
    )
)


async def overlay(town: Town) -> list[int]:
    """How many rows each table of the overlay holds."""
    return await town.store.read(lambda tx: [tx.session.rows(one)[0][0] for one in _OVERLAY])


async def met(
    town: Town,
    hold: Callable[[Transaction], object],
    *verbs: Coroutine[Any, Any, object],
) -> list[Any]:
    """What verbs answer of which each begins while the one before waits for what `hold` holds, or for another.

    On PostgreSQL all are transactions that have begun; on SQLite they are behind each other anyway.
    """
    holding, release = threading.Event(), threading.Event()

    def other(tx: Transaction) -> None:
        hold(tx)
        holding.set()
        assert release.wait(60)

    async def begun(task: asyncio.Task[object], waiting: int) -> None:
        await asyncio.sleep(0)
        while town.store.engine == "postgresql" and not task.done():
            if await town.store.peek(lambda tx: tx.session.rows(_WAITING)[0][0]) >= waiting:
                return

    async def run(verb: Coroutine[Any, Any, object]) -> object:
        return await verb

    held = asyncio.create_task(town.store.write(other))
    assert await asyncio.to_thread(holding.wait, 60)
    tasks = []
    for number, verb in enumerate(verbs, 1):
        tasks.append(asyncio.create_task(run(verb)))
        await begun(tasks[-1], number)
    release.set()
    await held
    return await asyncio.gather(*tasks, return_exceptions=True)


def _end(town: Town) -> Coroutine[Any, Any, object]:
    return rehearsals.end(town.office, OPERATOR, town.subscriptions[RENNES, "EtatCivil"].id)


def _switch(town: Town) -> Coroutine[Any, Any, object]:
    return switching.switch(town.office, OPERATOR, town.subscriptions[RENNES, "EtatCivil"].id, Switch(Mode.API))


@pytest.mark.parametrize("over", [_end, _switch], ids=["by hand", "by a switch"])
async def test_nothing_is_left_of_a_status_that_was_rehearsed_when_the_dual_run_ended(
    town: Town, over: Callable[[Town], Coroutine[Any, Any, object]]
) -> None:
    view = await town.deposit()
    await rehearse(town, Mode.API)
    assert await overlay(town) == [0, 1, 1, 0]
    case = view.cases[0].id
    said, ended = await met(
        town, lambda tx: tx.cases.hold(case), cases.set_status(town.office, RENNES_API, case, "DONE"), over(town)
    )
    assert (said, isinstance(ended, Exception)) == (None, False)
    assert await overlay(town) == [0, 0, 0, 0]
    assert (await town.states(view), await town.case_status(view)) == (["READY"], "HUBEE_NOTIFIED")


async def test_nothing_is_left_of_what_came_when_the_dual_run_ended(town: Town) -> None:
    await rehearse(town, Mode.API)
    view = await town.hand_in()
    completed = deposit.update_folder(town.office, DEPOSITOR, view.folder.id, "HUBEE_COMPLETED")
    made = await met(town, lambda tx: tx.deliveries.next_sequence("EtatCivil", "A-1"), completed, _end(town))
    assert not any(isinstance(one, Exception) for one in made)
    assert await overlay(town) == [0, 0, 0, 0]
    assert await town.states(view) == ["READY"]


async def test_what_came_when_the_dual_run_began_is_rehearsed(town: Town) -> None:
    view = await town.hand_in()
    completed = deposit.update_folder(town.office, DEPOSITOR, view.folder.id, "HUBEE_COMPLETED")
    started = rehearsals.start(town.office, OPERATOR, town.subscriptions[RENNES, "EtatCivil"].id, Mode.API, DAY)
    made = await met(town, lambda tx: tx.deliveries.next_sequence("EtatCivil", "A-1"), completed, started)
    assert not any(isinstance(one, Exception) for one in made)
    assert [one.id for one in await town.inbox(RENNES_API)] == [one.id for one in await town.deliveries(view)]


async def test_what_came_when_a_switch_was_made_is_published_before_it_or_after(town: Town) -> None:
    view = await town.hand_in()
    completed = deposit.update_folder(town.office, DEPOSITOR, view.folder.id, "HUBEE_COMPLETED")
    meeting = met(town, lambda tx: tx.deliveries.next_sequence("EtatCivil", "A-1"), completed, _switch(town))
    _, switched = await meeting
    assert isinstance(switched, Switched)
    told = [line for line in await town.lines() if line.entry in ("delivery.published", "subscription.switched")]
    published = next(line.epoch for line in told if line.entry == "delivery.published")
    assert (published, switched.open.total) == ((1, 1) if told[0].epoch == published else (2, 0))


async def test_a_status_said_when_a_switch_takes_the_case_away_moves_nothing(town: Town) -> None:
    """Else the case would be done, and its delivery still lie in the other door's inbox."""
    view = await town.deposit()
    await town.switch(RENNES, Mode.API)
    known, case = town.subscriptions[RENNES, "EtatCivil"].id, view.cases[0].id
    now = town.clock()

    def switch_back(tx: Transaction) -> None:
        held = tx.subscriptions.hold(known)
        assert held is not None
        switching.switch_held(tx, OPERATOR, held, Switch(Mode.SFTP), now)

    (said,) = await met(town, switch_back, cases.set_status(town.office, RENNES_API, case, "DONE"))
    assert isinstance(said, NotFoundError)
    assert (await town.states(view), await town.case_status(view)) == (["READY"], "HUBEE_NOTIFIED")
