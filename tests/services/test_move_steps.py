"""Steps of moves: in which state each may be taken, by whom, and what the doors add to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.errors import ConflictError, ForbiddenError
from gateway.domain.identity import Right
from gateway.domain.moves import MoveState, RowState
from gateway.services import moves
from gateway.services.move_steps import WATCHED, Status, Step, Wish, decided, shown
from gateway.services.office import Policy
from gateway.services.once import Once, Replay
from gateway.services.precondition import Precondition
from tests.services.moving import APPLIER, APPROVER, DIGEST, PLANNER, recorded, running
from tests.services.people import START
from tests.services.town import Town

ALLOWED = {
    Step.APPROVE: {MoveState.PLANNED},
    Step.APPLY: {MoveState.APPROVED},
    Step.PAUSE: {MoveState.RUNNING},
    Step.RESUME: {MoveState.PAUSED},
    Step.ROLLBACK: {MoveState.RUNNING, MoveState.PAUSED, MoveState.DONE},
}
TAKEN = {
    Step.APPROVE: {MoveState.APPROVED},
    Step.APPLY: set(),
    Step.PAUSE: {MoveState.PAUSED},
    Step.RESUME: {MoveState.RUNNING},
    Step.ROLLBACK: {MoveState.ROLLBACK, MoveState.ROLLED_BACK},
}


@pytest.mark.parametrize("step", Step)
async def test_a_step_is_for_its_states(town: Town, step: Step) -> None:
    move = await recorded(town)
    for state in MoveState:
        wish = Wish(step, APPROVER, START, DIGEST)
        before = replace(move, state=state)
        if state in ALLOWED[step]:
            assert decided(before, wish, Policy()) is not None
        elif state in TAKEN[step]:
            assert decided(before, wish, Policy()) is None
        else:
            with pytest.raises(ConflictError) as refused:
                decided(before, wish, Policy())
            assert refused.value.state == {"state": state}


def test_approving_and_applying_are_rights_of_their_own() -> None:
    assert {step: step.right for step in Step} == {
        Step.APPROVE: Right.APPROVE,
        Step.APPLY: Right.APPLY,
        Step.PAUSE: Right.APPLY,
        Step.RESUME: Right.APPLY,
        Step.ROLLBACK: Right.APPLY,
    }


async def test_a_step_that_assumes_what_is_no_more_is_refused(town: Town) -> None:
    await running(town)
    with pytest.raises(ConflictError, match="The move is not what If-Match names any more: its status is RUNNING"):
        await moves.take(town.office, APPLIER, "bretagne", Step.PAUSE, expected=Precondition(lambda _: False))
    fits = Precondition(lambda view: view.move.state is MoveState.RUNNING)
    done = await moves.take(town.office, APPLIER, "bretagne", Step.PAUSE, expected=fits)
    assert isinstance(done, Status)
    assert done.move.state is MoveState.PAUSED


async def test_a_pause_that_is_sent_again_does_not_undo_what_came_between(town: Town) -> None:
    await running(town)
    once = Once("key", b"r" * 32, lambda view: str(view.move.state))
    await moves.take(town.office, APPLIER, "bretagne", Step.PAUSE, once=once)
    await moves.resume(town.office, APPLIER, "bretagne")
    again = await moves.take(town.office, APPLIER, "bretagne", Step.PAUSE, once=once)
    assert again == Replay("PAUSED")
    assert (await moves.status(town.office, APPLIER, "bretagne")).move.state is MoveState.RUNNING


async def test_nobody_but_another_approves_where_two_people_are_asked_for(town: Town) -> None:
    move = await recorded(town)
    policy = Policy(two_people=True)
    with pytest.raises(ForbiddenError, match="Another person"):
        decided(move, Wish(Step.APPROVE, PLANNER, START, DIGEST), policy)
    assert decided(move, Wish(Step.APPROVE, APPROVER, START, DIGEST), policy) is not None


async def test_of_a_plan_that_nobody_signed_two_people_approve_where_two_are_asked_for(town: Town) -> None:
    move = replace(await recorded(town), planned_by=WATCHED)
    policy = Policy(two_people=True)
    folder = replace(APPROVER, actor=WATCHED)
    with pytest.raises(ForbiddenError, match="Another person"):
        decided(move, Wish(Step.APPROVE, folder, START, DIGEST), policy)
    first = decided(move, Wish(Step.APPROVE, APPROVER, START, DIGEST), policy)
    assert first is not None
    assert (first[0].state, first[0].approved_by, first[2]) == (MoveState.PLANNED, "approver", {"first": True})
    assert decided(first[0], Wish(Step.APPROVE, APPROVER, START, DIGEST), policy) is None, "once more by the same"
    with pytest.raises(ForbiddenError):
        decided(first[0], Wish(Step.APPROVE, folder, START, DIGEST), policy)
    second = decided(first[0], Wish(Step.APPROVE, APPLIER, START, DIGEST), policy)
    assert second is not None
    assert (second[0].state, second[0].approved_by, second[2]) == (MoveState.APPROVED, "applier", {})
    one_is_enough = decided(move, Wish(Step.APPROVE, APPROVER, START, DIGEST), Policy())
    assert one_is_enough is not None
    assert one_is_enough[0].state is MoveState.APPROVED


async def test_the_folder_is_nobody_elses_second_person(town: Town) -> None:
    move = await recorded(town)
    wish = Wish(Step.APPROVE, replace(APPROVER, actor=WATCHED), START, DIGEST)
    with pytest.raises(ForbiddenError, match="Another person"):
        decided(move, wish, Policy(two_people=True))


def test_counts_are_shown_without_what_is_none() -> None:
    assert shown({RowState.BLOCKED: 0, RowState.SWITCHED: 2}) == {"SWITCHED": 2}
