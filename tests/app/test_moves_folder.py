"""The watched folder of moves."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.app.moves_folder import ACTOR, MovesFolder
from gateway.domain.moves import Move, MoveState
from gateway.services import moves
from gateway.services.office import Office
from gateway.services.waves import drive
from gateway.store.blobs import LocalBlobs
from tests.databases import AnyStore
from tests.services.moving import APPLIER, modes, tried
from tests.services.people import DAY, GATEWAY, OPERATOR, RENNES, Clock, Counts, PlainSecrets
from tests.services.town import Town

FILE = "move: rennes\nselect: {process: EtatCivil, mode: SFTP}\nto: API\n"


@pytest.fixture
async def town(store: AnyStore, tmp_path: Path) -> Town:
    blobs = LocalBlobs(tmp_path / "blobs")
    await blobs.open()
    clock, meter, secrets = Clock(), Counts(), PlainSecrets()
    made = Town(store, blobs, Office(store, blobs, clock, secrets, meter, GATEWAY), clock, meter, secrets)
    await made.declare()
    await tried(made)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "moves").mkdir()
    return tmp_path / "moves"


async def recorded(town: Town) -> list[Move]:
    return await moves.listing(town.office, OPERATOR)


def refusals(told: list[Any]) -> list[tuple[str, int, int]]:
    return [(one["file"], one["line"], one["column"]) for one in told if one["event"] == "move refused"]


async def test_a_new_file_is_planned_once_and_waits_for_approval(town: Town, folder: Path) -> None:
    (folder / "rennes.yaml").write_text(FILE)
    (folder / "example.yaml").write_text(FILE.replace("rennes", "example"))
    watched = MovesFolder(town.office, folder)
    assert await watched.look() == 1
    assert await watched.look() == 0
    (move,) = await recorded(town)
    assert (move.name, move.state, move.planned_by, move.size) == ("rennes", MoveState.PLANNED, ACTOR, 2)
    await moves.approve(town.office, OPERATOR, "rennes", move.plan_digest)
    town.clock.pass_by(DAY)
    assert await MovesFolder(town.office, folder).look() == 0, "a restart plans nothing again"
    (folder / "rennes.yaml").write_text(FILE + "# a remark\n")
    assert await watched.look() == 0
    assert [one.state for one in await recorded(town)] == [MoveState.APPROVED]


async def test_a_changed_file_is_planned_anew_until_its_move_has_begun(town: Town, folder: Path) -> None:
    file = folder / "rennes.yaml"
    file.write_text(FILE)
    watched = MovesFolder(town.office, folder)
    await watched.look()
    file.write_text(FILE + "in_flight: drain\ndrain_for: 7d\n")
    assert await watched.look() == 1
    (move,) = await recorded(town)
    assert move.spec.drain_for is not None
    await moves.approve(town.office, OPERATOR, "rennes", move.plan_digest)
    await moves.apply(town.office, APPLIER, "rennes", move.plan_digest)
    file.write_text(FILE)
    with capture_logs() as told:
        assert await watched.look() == 0
        assert await watched.look() == 0
    assert refusals(told) == [("rennes.yaml", 1, 7)]
    assert "it has begun" in told[0]["fault"]


async def test_faults_are_told_once_with_their_place(town: Town, folder: Path) -> None:
    (folder / "a.yaml").write_text("move: a\nselect: {mode: SFTP}\nto: API\nwawes: []\n")
    (folder / "b.yaml").write_text("move: b\nselect:\n  process: PACS\nto: API\n")
    (folder / "rennes.yaml").write_text(FILE)
    watched = MovesFolder(town.office, folder)
    with capture_logs() as told:
        assert await watched.look() == 1
        assert await watched.look() == 0
    assert [(file, line) for file, line, _ in refusals(told)] == [("a.yaml", 4), ("b.yaml", 3)]
    assert [one.name for one in await recorded(town)] == ["rennes"]


async def test_a_list_that_changes_is_a_change_of_the_file(town: Town, folder: Path) -> None:
    (folder / "rennes.yaml").write_text("move: rennes\nselect: {list: rennes.csv}\nto: API\n")
    head = "organization,process\n"
    (folder / "rennes.csv").write_text(f"{head}{RENNES},EtatCivil\n")
    watched = MovesFolder(town.office, folder)
    assert await watched.look() == 1
    (folder / "rennes.csv").write_text(f"{head}{RENNES},EtatCivil\n{RENNES},CERTDC\n")
    assert await watched.look() == 1
    assert [one.size for one in await recorded(town)] == [2]


async def test_only_a_file_that_says_so_is_applied_by_itself(town: Town, folder: Path) -> None:
    (folder / "rennes.yaml").write_text(FILE + "approve: automatic\n")
    await MovesFolder(town.office, folder).look()
    (move,) = await recorded(town)
    assert (move.state, move.approved_by, move.applied_by) == (MoveState.RUNNING, ACTOR, ACTOR)
    assert await drive(town.office) == 2
    assert (await modes(town))[0] == "API"


async def test_where_two_people_are_asked_for_no_file_is(town: Town, folder: Path) -> None:
    town.office.adopt(replace(town.office.policy, two_people=True), None)
    (folder / "rennes.yaml").write_text(FILE + "approve: automatic\n")
    with capture_logs() as told:
        await MovesFolder(town.office, folder).look()
    assert [one.state for one in await recorded(town)] == [MoveState.PLANNED]
    (said,) = [one for one in told if one["event"] == "move not applied"]
    assert said["reason"] == "Another person than the one who planned the move has to approve it"


async def test_of_several_processes_one_plans(town: Town, folder: Path) -> None:
    (folder / "rennes.yaml").write_text(FILE)
    several = [MovesFolder(town.office, folder) for _ in range(3)]
    assert sum(await asyncio.gather(*(one.look() for one in several))) == 1
    assert len(await town.lines("move.planned")) == 1


async def test_a_folder_is_watched_even_before_it_is_there(town: Town, tmp_path: Path) -> None:
    watched = MovesFolder(town.office, tmp_path / "later")
    assert await watched.look() == 0
    watching = asyncio.create_task(watched.watch())
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "rennes.yaml").write_text(FILE)
    async with asyncio.timeout(20):
        while not await recorded(town):
            pass
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
