"""Moves by a dual run: who is switched, who is not and why, and what becomes of runs that are called off."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.domain.identity import Mode
from gateway.domain.moves import DualRun, MoveState, RowState, WaveState
from gateway.domain.rehearsals import Compared, Comparison, Likeness, Rehearsal
from gateway.domain.wave_times import LOOK_AGAIN
from gateway.domain.windows import Window
from gateway.services import moves, rehearsals
from gateway.services.dual_runs import PATIENCE, Verdict, judge
from gateway.services.waves import drive
from tests.services.moving import ALL_SFTP, APPLIER, found, modes, row_states, running, tried
from tests.services.people import DAY, HOUR, OPERATOR, RENNES_API, START
from tests.services.town import Town

RULE = DualRun(14 * DAY, 2, 30 * DAY)
ONE = ALL_SFTP[:1]


def compared(lasted: timedelta, *likeness: Likeness, ended: bool = False) -> Comparison:
    rehearsal = Rehearsal("r", "s", Mode.API, 1, "moves", START, START + 37 * DAY, START + lasted if ended else None)
    rows = [Compared(f"d{at}", "c", f"A-{at}.zip", one, ("statuses",)) for at, one in enumerate(likeness)]
    return Comparison(rehearsal, Mode.SFTP, tuple(rows))


EQUAL, DIFFERENT, PENDING = Likeness.EQUAL, Likeness.DIFFERENT, Likeness.PENDING


@pytest.mark.parametrize(
    ("lasted", "likeness", "verdict"),
    [
        (13 * DAY, (EQUAL, EQUAL), Verdict.WAIT),
        (14 * DAY, (EQUAL, EQUAL), Verdict.GO),
        (14 * DAY, (EQUAL, EQUAL, PENDING), Verdict.GO),
        (14 * DAY, (EQUAL,), Verdict.WAIT),
        (30 * DAY, (EQUAL,), Verdict.GO),
        (30 * DAY, (EQUAL, PENDING), Verdict.WAIT),
        (30 * DAY, (), Verdict.WAIT),
        (37 * DAY, (), Verdict.NO_GO),
        (37 * DAY, (EQUAL, PENDING), Verdict.NO_GO),
        (1 * DAY, (EQUAL, DIFFERENT), Verdict.NO_GO),
    ],
)
def test_the_rule_decides(lasted: timedelta, likeness: tuple[Likeness, ...], verdict: Verdict) -> None:
    assert judge(RULE, compared(lasted, *likeness), START + lasted)[0] is verdict


def test_a_run_that_was_ended_before_its_time_decides_by_what_it_showed() -> None:
    early = compared(3 * DAY, EQUAL, EQUAL, ended=True)
    assert judge(RULE, early, START + 20 * DAY) == (
        Verdict.NO_GO,
        "the dual run ended after 3 d with 2 equal deliveries",
    )
    assert judge(RULE, compared(15 * DAY, EQUAL, EQUAL, ended=True), START + 20 * DAY)[0] is Verdict.GO


def test_differences_are_named_but_not_without_end() -> None:
    _, reason = judge(RULE, compared(DAY, *[DIFFERENT] * 5), START + DAY)
    assert reason == (
        "the two systems differed in the dual run: A-0.zip (statuses); A-1.zip (statuses); A-2.zip (statuses) "
        "and 2 more"
    )


async def both(town: Town, number: str) -> None:
    """A delivery that the server and the client of Rennes fetch and accept alike."""
    view = await town.deposit(number)
    opened = await town.fetch(f"{number}-EtatCivil-1.zip")
    await town.move(opened)
    await town.read_all(RENNES_API, view)
    await town.say(RENNES_API, view, new_status="SI_RECEIVED")


async def test_a_subscription_whose_systems_did_the_same_is_switched(town: Town) -> None:
    await tried(town)
    await running(town, ONE, via=RULE)
    assert await drive(town.office) == 0
    status = await found(town)
    assert [wave.state for wave in status.waves] == [WaveState.REHEARSE]
    assert status.totals == {RowState.REHEARSING: 1}
    town.clock.pass_by(HOUR)
    await both(town, "A-1")
    await both(town, "A-2")
    town.clock.pass_by(13 * DAY)
    assert await drive(town.office) == 0
    assert await modes(town, ONE) == ["SFTP"]
    town.clock.pass_by(DAY)
    assert await drive(town.office) == 1
    assert await modes(town, ONE) == ["API"]
    assert (await found(town)).move.state is MoveState.DONE
    (ended,) = await town.lines("rehearsal.ended")
    assert ended.detail["equal"] == 2


async def test_a_subscription_whose_systems_differed_stays_with_the_list(town: Town) -> None:
    await tried(town)
    await running(town, ONE, via=RULE)
    await drive(town.office)
    town.clock.pass_by(HOUR)
    view = await town.deposit("A-1")
    opened = await town.fetch("A-1-EtatCivil-1.zip")
    await town.move(opened)
    await town.answer("A-1", 19)
    await town.read_all(RENNES_API, view)
    await town.say(RENNES_API, view, new_status="REFUSED")
    assert await drive(town.office) == 1
    (row,) = await moves.rows(town.office, OPERATOR, "bretagne")
    assert row.state is RowState.BLOCKED
    assert row.reason is not None
    assert row.reason.startswith("the two systems differed in the dual run: A-1-EtatCivil-1.zip (")
    assert await modes(town, ONE) == ["SFTP"]
    known = await town.store.read(lambda tx: tx.subscriptions.find(*ONE[0]))
    assert known is not None
    assert known.rehearsal_id is None
    assert (await found(town)).move.state is MoveState.DONE


async def test_a_dual_run_in_which_nothing_came_ends_without_a_switch(town: Town) -> None:
    await tried(town)
    await running(town, ONE, via=RULE)
    await drive(town.office)
    town.clock.pass_by(30 * DAY)
    assert await drive(town.office) == 0
    town.clock.pass_by(PATIENCE)
    assert await drive(town.office) == 1
    (row,) = await moves.rows(town.office, OPERATOR, "bretagne")
    assert (row.state, row.reason) == (
        RowState.BLOCKED,
        "the dual run ended after 37 d with 0 equal deliveries",
    )


async def test_a_fulfilled_rule_waits_for_the_window(town: Town) -> None:
    await tried(town)
    await running(town, ONE, via=DualRun(DAY, 0), window=Window(frozenset({0})))  # Mondays
    await drive(town.office)
    town.clock.pass_by(2 * DAY)
    assert await drive(town.office) == 0
    town.clock.pass_by(5 * DAY)
    assert await drive(town.office) == 1
    assert await modes(town, ONE) == ["API"]


async def test_a_dual_run_is_looked_at_now_and_then(town: Town) -> None:
    await tried(town)
    await running(town, ONE, via=DualRun(HOUR, 0))
    await drive(town.office)
    town.clock.pass_by(HOUR - timedelta(minutes=1))
    assert await drive(town.office) == 0
    town.clock.pass_by(timedelta(minutes=2))
    assert await drive(town.office) == 0, "it was looked at a moment ago"
    town.clock.pass_by(LOOK_AGAIN)
    assert await drive(town.office) == 1


async def test_who_rehearses_already_is_blocked_and_who_was_switched_is_left_out(town: Town) -> None:
    await tried(town)
    await running(town, ALL_SFTP[:2], via=RULE)
    await rehearsals.start(town.office, OPERATOR, town.subscriptions[ALL_SFTP[0]].id, Mode.API, DAY)
    await town.switch(ALL_SFTP[1][0], Mode.PORTAIL, ALL_SFTP[1][1])
    assert await drive(town.office) == 2
    assert await row_states(town) == ["BLOCKED", "LEFT_OUT"]


async def test_one_that_is_switched_during_its_dual_run_is_left_out(town: Town) -> None:
    await tried(town)
    await running(town, ONE, via=RULE)
    await drive(town.office)
    await town.switch(*ONE[0][:1], Mode.PORTAIL)
    town.clock.pass_by(DAY)
    assert await drive(town.office) == 1
    assert await row_states(town) == ["LEFT_OUT"]


async def test_a_way_back_calls_dual_runs_off(town: Town) -> None:
    await tried(town)
    await running(town, ONE, via=RULE)
    await drive(town.office)
    await moves.rollback(town.office, APPLIER, "bretagne")
    assert await drive(town.office) == 1
    (row,) = await moves.rows(town.office, OPERATOR, "bretagne")
    assert (row.state, row.reason) == (RowState.LEFT_OUT, "the move was rolled back during the dual run")
    assert (await found(town)).move.state is MoveState.ROLLED_BACK
    assert len(await town.lines("rehearsal.ended")) == 1
