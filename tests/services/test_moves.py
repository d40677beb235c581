"""Moves: who may plan, approve and apply them, and in which order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.errors import ConflictError, ForbiddenError, NotFoundError
from gateway.domain.moves import MoveState, RowState
from gateway.services import moves
from gateway.services.move_steps import WATCHED
from tests.databases import Database, opened
from tests.services.moving import ALL_SFTP, APPLIER, APPROVER, DIGEST, PLANNER, found, planned, recorded, running
from tests.services.people import OPERATOR, RENNES_API
from tests.services.town import Town

OTHER = "0f" * 32


async def test_a_plan_is_kept_with_its_waves_and_rows(town: Town) -> None:
    spec, waves, rows = planned(town)
    move = await moves.record(town.office, PLANNER, spec, waves, iter(rows), DIGEST)
    status = await found(town)
    assert status.move == move
    assert (move.state, move.size, move.planned_by, move.spec) == (MoveState.PLANNED, 4, "planner", spec)
    assert list(status.waves) == waves
    assert status.counts == {1: {RowState.WAITING: 4}}
    assert status.totals == {RowState.WAITING: 4}
    assert await moves.rows(town.office, OPERATOR, spec.name) == rows
    assert await moves.rows(town.office, OPERATOR, spec.name, 1, 2) == rows[1:3]
    (line,) = await town.lines("move.planned")
    assert (line.digest, line.detail) == (
        DIGEST,
        {"move": "bretagne", "size": 4, "waves": 1, "replaces": None},
    )


async def test_the_same_plan_is_recorded_once(town: Town) -> None:
    first = await recorded(town)
    assert await recorded(town, caller=OPERATOR) == first
    assert len(await town.lines("move.planned")) == 1
    assert await moves.listing(town.office, OPERATOR) == [first]


async def test_of_several_who_record_one_name_at_once_each_comes_before_or_after_the_others(
    town: Town, database: Database
) -> None:
    spec, waves, rows = planned(town)
    async with opened(database) as other:
        offices = [town.office, replace(town.office, store=other)]
        digests = [f"{number:064x}" for number in (1, 2, 3, 4, 1, 2, 3, 4)]
        kept = await asyncio.gather(
            *(
                moves.record(offices[number % 2], PLANNER, spec, waves, iter(rows), digest)
                for number, digest in enumerate(digests)
            )
        )
    assert [move.plan_digest for move in kept] == digests
    (last,) = await moves.listing(town.office, OPERATOR)
    assert (last in kept, (await found(town)).totals) == (True, {RowState.WAITING: 4})
    lines = await town.lines("move.planned")
    assert lines[-1].digest == last.plan_digest
    replaced = [line.detail["replaces"] for line in lines]
    assert replaced == [None, *(line.digest for line in lines[:-1])], "each replaced the one before"


async def test_the_same_plan_recorded_at_once_is_recorded_once(town: Town, database: Database) -> None:
    spec, waves, rows = planned(town)
    async with opened(database) as other:
        offices = [town.office, replace(town.office, store=other)] * 4
        kept = await asyncio.gather(
            *(moves.record(office, PLANNER, spec, waves, iter(rows), DIGEST) for office in offices)
        )
    assert len({move.id for move in kept}) == 1
    assert len(await town.lines("move.planned")) == 1


async def test_a_newer_plan_replaces_one_that_has_not_begun(town: Town) -> None:
    await recorded(town)
    await moves.approve(town.office, APPROVER, "bretagne", DIGEST)
    newer = await recorded(town, ALL_SFTP[:2], digest=OTHER)
    status = await found(town)
    assert (status.move, status.totals) == (newer, {RowState.WAITING: 2})
    assert newer.state is MoveState.PLANNED
    assert await town.store.read(lambda tx: tx.moves.after("", 10)) == [newer]
    with pytest.raises(ConflictError, match="Another plan of bretagne is recorded: digest 0f0f"):
        await moves.approve(town.office, APPROVER, "bretagne", DIGEST)


async def test_a_move_that_has_begun_keeps_its_plan(town: Town) -> None:
    move = await running(town)
    assert await recorded(town) == move
    with pytest.raises(ConflictError, match="The move bretagne is RUNNING: it has begun") as refused:
        await recorded(town, digest=OTHER)
    assert refused.value.state == {"state": "RUNNING"}


async def test_a_plan_whose_writing_broke_off_is_swept(town: Town) -> None:
    spec, waves, _ = planned(town, name="broken")
    draft = replace(await recorded(town), id="draft", name="broken", spec=spec)
    await town.store.write(lambda tx: tx.moves.begin(draft, waves))
    with pytest.raises(NotFoundError, match="Move is not found"):
        await found(town, "draft")
    town.clock.pass_by(timedelta(days=2))
    await recorded(town, digest=OTHER)
    assert await town.store.read(lambda tx: tx.moves.get("draft")) is None


async def test_each_step_asks_for_its_own_right(town: Town) -> None:
    with pytest.raises(ForbiddenError):
        await recorded(town, caller=APPROVER)
    await recorded(town)
    for caller in (PLANNER, APPLIER, RENNES_API):
        with pytest.raises(ForbiddenError):
            await moves.approve(town.office, caller, "bretagne", DIGEST)
    await moves.approve(town.office, APPROVER, "bretagne", DIGEST)
    with pytest.raises(ForbiddenError):
        await moves.apply(town.office, APPROVER, "bretagne", DIGEST)
    await moves.apply(town.office, APPLIER, "bretagne", DIGEST)
    for verb in (moves.pause, moves.resume, moves.rollback):
        with pytest.raises(ForbiddenError):
            await verb(town.office, PLANNER, "bretagne")
    with pytest.raises(ForbiddenError):
        await moves.status(town.office, RENNES_API, "bretagne")


async def test_two_people_plan_and_approve_where_that_is_asked_for(town: Town) -> None:
    town.office.adopt(replace(town.office.policy, two_people=True), None)
    await recorded(town, caller=OPERATOR)
    with pytest.raises(ForbiddenError, match="Another person than the one who planned the move has to approve it"):
        await moves.approve(town.office, OPERATOR, "bretagne", DIGEST)
    assert (await moves.approve(town.office, APPROVER, "bretagne", DIGEST)).approved_by == "approver"


async def test_the_watched_folders_plan_is_approved_by_two_where_that_is_asked_for(town: Town) -> None:
    town.office.adopt(replace(town.office.policy, two_people=True), None)
    await recorded(town, caller=replace(OPERATOR, actor=WATCHED))
    first = await moves.approve(town.office, APPROVER, "bretagne", DIGEST)
    assert (first.state, first.approved_by) == (MoveState.PLANNED, "approver")
    assert await moves.approve(town.office, APPROVER, "bretagne", DIGEST) == first
    with pytest.raises(ConflictError, match="bretagne is PLANNED: one that is APPROVED can be applied"):
        await moves.apply(town.office, APPLIER, "bretagne", DIGEST)
    assert not any("moves_total" in counted for counted in town.meter.seen)
    second = await moves.approve(town.office, OPERATOR, "bretagne", DIGEST)
    assert (second.state, second.approved_by) == (MoveState.APPROVED, OPERATOR.actor)
    lines = await town.lines("move.approved")
    assert [(line.actor, line.detail) for line in lines] == [
        ("approver", {"move": "bretagne", "first": True}),
        (OPERATOR.actor, {"move": "bretagne"}),
    ]


async def test_one_person_does_it_all_where_that_is_enough(town: Town) -> None:
    await recorded(town, caller=OPERATOR)
    await moves.approve(town.office, OPERATOR, "bretagne", DIGEST)
    assert (await moves.apply(town.office, OPERATOR, "bretagne", DIGEST)).state is MoveState.RUNNING


async def test_steps_come_in_their_order_and_a_repetition_changes_nothing(town: Town) -> None:
    await recorded(town)
    with pytest.raises(ConflictError, match="bretagne is PLANNED: one that is APPROVED can be applied") as refused:
        await moves.apply(town.office, APPLIER, "bretagne", DIGEST)
    assert refused.value.state == {"state": "PLANNED"}
    with pytest.raises(ConflictError, match="RUNNING or PAUSED or DONE can be rolled back"):
        await moves.rollback(town.office, APPLIER, "bretagne")
    once = await moves.approve(town.office, APPROVER, "bretagne", DIGEST)
    town.clock.pass_by(timedelta(hours=1))
    assert await moves.approve(town.office, APPROVER, "bretagne", DIGEST) == once
    begun = await moves.apply(town.office, APPLIER, "bretagne", DIGEST)
    assert await moves.apply(town.office, APPLIER, "bretagne", DIGEST) == begun
    paused = await moves.pause(town.office, APPLIER, "bretagne", "a look first")
    assert (paused.state, paused.reason) == (MoveState.PAUSED, "a look first")
    assert await moves.pause(town.office, APPLIER, "bretagne") == paused
    assert (await moves.apply(town.office, APPLIER, "bretagne", DIGEST)).state is MoveState.PAUSED
    resumed = await moves.resume(town.office, APPLIER, "bretagne")
    assert (resumed.state, resumed.reason, resumed.resumed_at) == (MoveState.RUNNING, None, town.clock())
    assert await moves.resume(town.office, APPLIER, "bretagne") == resumed
    back = await moves.rollback(town.office, APPLIER, "bretagne")
    assert back.state is MoveState.ROLLBACK
    assert await moves.rollback(town.office, APPLIER, "bretagne") == back
    told = [line.entry for line in await town.lines() if line.entry.startswith("move.")]
    assert told == [
        "move.planned",
        "move.approved",
        "move.applied",
        "move.paused",
        "move.resumed",
        "move.rolled-back",
    ]


async def test_a_plan_of_another_gateway_is_refused(town: Town) -> None:
    spec, waves, rows = planned(town)
    strange = [replace(row, subscription_id="elsewhere") for row in rows]
    with pytest.raises(ConflictError, match="No subscription has the id elsewhere: was it planned on this gateway"):
        await moves.record(town.office, PLANNER, spec, waves, strange, DIGEST)
    assert await moves.listing(town.office, OPERATOR) == []


async def test_an_unknown_move_is_not_found(town: Town) -> None:
    for verb in (moves.pause, moves.resume, moves.rollback):
        with pytest.raises(NotFoundError, match="Move is not found"):
            await verb(town.office, APPLIER, "nowhere")
    assert await moves.listing(town.office, OPERATOR) == []
