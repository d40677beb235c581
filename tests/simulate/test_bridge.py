"""The gateway's own pushes to virtual servers, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from gateway.domain.deliveries import Delivery, DeliveryState
from gateway.domain.identity import Mode
from gateway.domain.pushing import PushTarget
from gateway.services.office import Office
from tests.bridge.pushed import only, push_to
from tests.databases import Database
from tests.journeys.offices import Clock, deposited, office_on
from tests.journeys.world import RECIPIENTS, declare, subscription_id
from tests.services.scene import switch
from tools.simulate import agenda
from tools.simulate.agenda import Agenda
from tools.simulate.answers import answer
from tools.simulate.at_doors import public_key
from tools.simulate.bridge import Bridge
from tools.simulate.ledger import Ledger
from tools.simulate.servers import Server, Troubles

HOUR = timedelta(hours=1)
READY, ACCEPTED = DeliveryState.READY, DeliveryState.ACCEPTED


class Time(Clock, agenda.Clock):
    """The time that the office is given, and that the agenda moves."""


@dataclass
class Town:
    """A gateway that pushes to Rennes."""

    office: Office
    agenda: Agenda
    bridge: Bridge
    server: Server

    def troubled(self, *, dies: float = 0, slow: float = 0) -> None:
        self.server.troubles = Troubles(0, 0, dies, (slow, (3 * HOUR, 3 * HOUR)), ())

    async def pass_by(self, time: timedelta) -> None:
        await self.agenda.run(self.agenda.clock.now + time, self.bridge.take_answers, lambda: False)

    async def delivered(self, number: str) -> Delivery:
        view = await deposited(self.office, number, "rennes")
        self.bridge.wake()
        return await only(self.office, view.cases[0].id)


@pytest.fixture
async def town(database: Database, tmp_path: Path) -> AsyncIterator[Town]:
    clock = Time()
    subscription = subscription_id(RECIPIENTS["rennes"])
    target = PushTarget("files.example.org", subscription, (public_key("rennes"),), directory="in", answers="out")
    async with office_on(database, tmp_path / "blobs", clock) as office:
        await office.store.write(lambda tx: declare(tx, webhook="http://127.0.0.1:9/unused"))
        await push_to(office, "rennes", target)
        (tmp_path / "spool").mkdir()
        times = Agenda(clock)
        bridge = Bridge(office, times, tmp_path / "spool")
        had = Troubles(0, 0, 0, (0, (HOUR, HOUR)), ())
        server = Server(f"push:{subscription}", clock, had, Random(1), Ledger(), lambda: None, bridge.rest)
        bridge.servers[subscription] = server
        bridge.plan(clock.now + 100 * HOUR)
        yield Town(office, times, bridge, server)
        await bridge.close()


async def test_a_slow_server_holds_up_its_own_visit_alone_while_time_goes_on(town: Town) -> None:
    town.troubled(slow=1)
    delivery = await town.delivered("A-9-1")
    await town.pass_by(2 * HOUR)
    assert town.server.stands("in") == []
    assert (await only(town.office, delivery.case_id)).state is READY
    await town.pass_by(2 * HOUR)
    assert town.server.stands("in") == [delivery.archive_name]
    assert (await only(town.office, delivery.case_id)).state is ACCEPTED


async def test_a_switch_while_a_slow_server_takes_it_leaves_nothing_there(town: Town) -> None:
    town.troubled(slow=1)
    delivery = await town.delivered("A-9-1")
    await town.pass_by(2 * HOUR)
    await switch(town.office, "rennes", Mode.API)
    await town.pass_by(4 * HOUR)
    assert not any(town.server.files.values())
    assert (await only(town.office, delivery.case_id)).state is READY


async def test_a_process_that_died_behind_the_rename_is_followed_by_one_that_counts_it(town: Town) -> None:
    town.troubled(dies=1)
    delivery = await town.delivered("A-9-1")
    await town.pass_by(HOUR / 2)
    assert town.server.stands("in") == [delivery.archive_name]
    assert (await only(town.office, delivery.case_id)).state is READY
    assert [one.taken for one in town.server.ledger.lines] == [False]
    await town.pass_by(2 * HOUR)
    assert (await only(town.office, delivery.case_id)).state is ACCEPTED
    assert [one.taken for one in town.server.ledger.lines] == [False, True]


async def test_answers_are_looked_for_where_some_stand_and_moved(town: Town) -> None:
    await town.delivered("A-9-1")
    town.server.files["out"]["a.xml"] = answer("A-9-1", "DONE", bare=True), town.agenda.clock.now
    town.server.files["out"]["b.xml"] = answer("A-0-0", "DONE", bare=True), town.agenda.clock.now
    await town.pass_by(5 * HOUR)
    assert town.server.stands("out") == []
    assert town.server.stands("out/DONE") == ["a.xml"]
    assert [name for name in town.server.stands("out/FAILED") if name.endswith(".xml")] == ["b.xml"]


async def test_visits_that_are_held_up_end_with_the_bridge(town: Town) -> None:
    town.troubled(slow=1)
    await town.delivered("A-9-1")
    await town.pass_by(HOUR)
    await asyncio.wait_for(town.bridge.close(), 10)
    assert town.server.stands("in") == []
