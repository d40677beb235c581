"""Moves that take days, on a gateway whose doors are open and whose clock is moved on: a window, and a dual run."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import aiohttp
import pytest

from gateway import app
from gateway.cli.move_times import dual_run, next_steps
from gateway.domain.identity import Door, Right, Role
from gateway.domain.moves import RowState
from gateway.domain.referential import ApiClient
from gateway.domain.sightings import Sighting
from gateway.domain.wave_times import LOOK_AGAIN
from gateway.services import moves, waves
from gateway.services.dual_run_progress import progress
from gateway.services.office import gateway_caller
from gateway.services.ports import Transaction
from tests.journeys import legacy
from tests.journeys.gateways import prepare, running, settings_for
from tests.journeys.legacy import Legacy
from tests.journeys.offices import START, Clock
from tests.journeys.rest import Json, Rest
from tests.journeys.world import GATEWAY, declare, token_of

T = TypeVar("T")
MOVE = "/gateway/v1/moves/rennes"
FILE = "move: rennes\nselect: {process: EtatCivil, mode: SFTP, department: ['35']}\nto: API\n"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OPENS = datetime(2026, 3, 3, 5, tzinfo=UTC)
"""Tuesday, 06:00 in Paris; the clock begins on the Monday before."""


def declared(tx: Transaction) -> None:
    """The world, with an operator's client; Rennes has tried the API."""
    declare(tx)
    tx.clients.add(ApiClient("operator", GATEWAY, Role.ADMIN, rights=frozenset(Right)), START)
    digest = hashlib.sha256(token_of("operator").encode()).digest()
    tx.clients.issue(digest, "operator", Role.ADMIN, datetime(2100, 1, 1, tzinfo=UTC))
    rennes = tx.clients.get("rennes")
    assert rennes is not None
    tx.clients.change(replace(rennes, secret_hashes=("hash",)), START)
    tx.sightings.note(Sighting(Door.API, "rennes", START))


@dataclass
class Scene:
    """A gateway that is served, and who works with it."""

    gateway: app.Gateway
    clock: Clock
    depositor: Rest
    software: Rest
    operator: Rest

    async def begin(self, text: str) -> Json:
        """Plans, approves and applies a file over HTTP; answers the move."""
        as_yaml = {"data": text, "headers": {"Content-Type": "application/yaml"}}
        planned = await self.operator.raw("POST", "/gateway/v1/moves?record=true", **as_yaml)
        seen = {"digest": planned.json["digest"]}
        assert (await self.operator.raw("POST", f"{MOVE}/approve", json=seen)).status == 200
        applied = await self.operator.raw("POST", f"{MOVE}/apply", json=seen)
        found: Json = applied.json
        return found

    async def look(self) -> Json:
        """What the scheduler does about moves, once; then the move as the operator reads it."""
        await waves.drive(self.gateway.office)
        found: Json = (await self.operator.raw("GET", MOVE)).json
        return found

    async def said(self) -> list[str]:
        """What `gateway moves status` says comes next."""
        office = self.gateway.office
        return next_steps(await moves.status(office, gateway_caller(office, "ops"), "rennes"), office.clock())

    async def waits(self) -> list[str]:
        """What it says of the dual runs."""
        office, caller = self.gateway.office, gateway_caller(self.gateway.office, "ops")
        move = (await moves.status(office, caller, "rennes")).move
        rows = await moves.rows(office, caller, "rennes", state=RowState.REHEARSING)
        found = await progress(office, caller, move, rows)
        return [dual_run(one, move.spec.window, office.clock()) for one in found]

    async def play(self, work: Callable[[Legacy], T]) -> T:
        """A session of the legacy server of Rennes."""

        def session() -> T:
            with legacy.session(self.gateway.sftp_port, "rennes") as server:
                return work(server)

        return await asyncio.to_thread(session)

    async def both(self, number: str) -> None:
        """A dossier that the legacy server and the new software of Rennes fetch whole, and accept."""
        folder = await self.depositor.deposit(number, "rennes")
        case = folder["cases"][0]["id"]

        def fetched(server: Legacy) -> dict[str, bytes]:
            (archive,) = server.list()
            entries = server.entries(archive)
            server.rename(archive)
            return entries

        entries = await self.play(fetched)
        for one in (await self.software.case(case))["attachments"]:
            assert await self.software.download(case, one) in entries.values()
        await self.software.set_status(case, "SI_RECEIVED")
        for note in await self.software.notifications():
            await self.software.dismiss(note["id"])


@pytest.fixture
async def scene(tmp_path: Path, keys: Path, http: aiohttp.ClientSession) -> AsyncIterator[Scene]:
    settings, clock = settings_for(tmp_path / "data", keys), Clock()
    await prepare(settings, declared)
    async with running(settings, clock) as gateway:
        people = [Rest(http, gateway.http_port, name) for name in ("depot", "rennes", "operator")]
        yield Scene(gateway, clock, *people)


async def test_nothing_is_switched_before_the_window_opens(scene: Scene) -> None:
    await scene.depositor.deposit("A-1", "rennes")
    applied = await scene.begin(f"{FILE}window: {{days: [tue], hours: '06:00-12:00'}}\n")
    for moved_on in (timedelta(), OPENS - START - MINUTE):
        scene.clock.now = START + moved_on
        shut = await scene.look()
        assert (shut["state"], shut["rows"], shut["waves"][0]["state"]) == ("RUNNING", {"WAITING": 1}, "WAITING")
        assert shut["waves"] == applied["waves"], "what is told stays the same while nothing happens"
        assert datetime.fromisoformat(shut["waves"][0]["nextAt"]) == OPENS
        assert await scene.said() == ["wave 1 begins on 2026-03-03 06:00 (Europe/Paris), when its window opens"]
        assert len(await scene.play(lambda server: server.list())) == 1
        assert await scene.software.notifications() == []
    scene.clock.now = OPENS
    assert await scene.said() == ["wave 1 may begin: the processes that serve begin it at their next look"]
    done = await scene.look()
    assert (done["state"], done["rows"], done["waves"][0]["nextAt"]) == ("DONE", {"SWITCHED": 1}, None)
    assert datetime.fromisoformat(done["waves"][0]["startedAt"]) == OPENS
    assert await scene.said() == []
    assert await scene.play(lambda server: server.list()) == []
    assert len(await scene.software.notifications()) == 1


async def test_a_subscriber_whose_two_systems_did_the_same_is_switched_by_the_scheduler(scene: Scene) -> None:
    await scene.begin(f"{FILE}via: {{dual_run: {{at_least: 14d, equal_deliveries: 2}}}}\n")
    begun = await scene.look()
    assert (begun["rows"], begun["waves"][0]["state"]) == ({"REHEARSING": 1}, "REHEARSE")
    assert datetime.fromisoformat(begun["waves"][0]["nextAt"]) == START + LOOK_AGAIN
    assert await scene.said() == [
        "wave 1 rehearses: each dual run is looked at every 10 min, next on 2026-03-02 10:10 (Europe/Paris)"
    ]
    scene.clock.pass_by(HOUR)
    await scene.both("A-1")
    (waits,) = await scene.waits()
    assert waits.startswith("1 of 2 equal; lasts until 2026-03-16 10:00+01:00 at least; waits for 1 more; given up on ")
    scene.clock.pass_by(14 * DAY)
    assert (await scene.look())["rows"] == {"REHEARSING": 1}, "one is not two"
    await scene.both("A-2")
    assert await scene.waits() == ["2 of 2 equal; switched at the next look"]
    scene.clock.pass_by(LOOK_AGAIN - MINUTE)
    assert (await scene.look())["rows"] == {"REHEARSING": 1}, "it was looked at a moment ago"
    scene.clock.pass_by(MINUTE)
    done = await scene.look()
    assert (done["state"], done["rows"]) == ("DONE", {"SWITCHED": 1})
    assert await scene.waits() == []
    await scene.depositor.deposit("A-3", "rennes")
    assert await scene.play(lambda server: server.list()) == []
    assert len(await scene.software.notifications()) == 1
