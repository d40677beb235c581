"""Subscribers' own servers in memory, and the troubles they have."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta
from random import Random

import pytest

from gateway.bridge.remote import RefusedError, RemoteError
from tools.simulate.agenda import Clock
from tools.simulate.ledger import Ledger
from tools.simulate.servers import Server, Troubles, VirtualRemote, troubles
from tools.simulate.volumes import START

HOUR = timedelta(hours=1)
ARCHIVE = b"an archive"
NONE = (timedelta(0), timedelta(0))


async def read(offset: int, length: int) -> bytes:
    return ARCHIVE[offset : offset + length]


class Place:
    """One server, and what it did."""

    def __init__(self, *, breaks: float = 0, forgets: float = 0, dies: float = 0, slow: float = 0) -> None:
        self.clock = Clock(START)
        self.rests = 0
        self.arrivals = 0
        outage = (START + HOUR, START + 2 * HOUR)
        had = Troubles(breaks, forgets, dies, (slow, (HOUR, HOUR)), (outage,))
        self.server = Server("push:s-1", self.clock, had, Random(1), Ledger(), self._arrived, self._rest)
        self.remote = VirtualRemote(self.server)

    async def put(self) -> None:
        await self.remote.upload("in/.a.zip.part", len(ARCHIVE), read)
        await self.remote.rename("in/.a.zip.part", "in/a.zip")

    @property
    def known(self) -> list[bool]:
        return [one.taken for one in self.server.ledger.lines]

    def _arrived(self) -> None:
        self.arrivals += 1

    async def _rest(self, time: timedelta) -> None:
        self.clock.now += time
        self.rests += 1


async def test_an_archive_arrives_under_its_own_name_alone() -> None:
    place = Place()
    await place.remote.upload("in/.a.zip.part", len(ARCHIVE), read)
    assert place.server.stands("in") == []
    assert await place.remote.size("in/.a.zip.part") == len(ARCHIVE)
    assert place.known == []
    await place.remote.rename("in/.a.zip.part", "in/a.zip")
    assert place.server.stands("in") == ["a.zip"]
    assert (place.arrivals, place.known) == (1, [True])
    with pytest.raises(RefusedError):
        await place.put()


async def test_a_server_that_is_down_answers_nothing_and_comes_back() -> None:
    place = Place()
    place.clock.now += HOUR
    with pytest.raises(RemoteError):
        await place.remote.size("in/a.zip")
    place.clock.now += HOUR
    await place.put()
    assert place.known == [True]


async def test_a_slow_one_goes_down_in_the_middle_of_an_upload() -> None:
    place = Place(slow=1)
    with pytest.raises(RemoteError):
        await place.put()
    assert place.rests == 1
    assert place.known == []


async def test_one_that_breaks_keeps_a_part() -> None:
    place = Place(breaks=1)
    with pytest.raises(RemoteError):
        await place.put()
    assert await place.remote.size("in/.a.zip.part") is not None
    assert place.known == []


async def test_what_the_gateway_did_not_learn_it_sees_at_its_next_look() -> None:
    place = Place(forgets=1)
    with pytest.raises(RemoteError):
        await place.put()
    assert (place.arrivals, place.known) == (1, [False])
    assert await place.remote.size("in/a.zip") == len(ARCHIVE)
    assert place.known == [False, True]


async def test_a_gateway_that_dies_behind_the_rename() -> None:
    place = Place(dies=1)
    visit = asyncio.create_task(place.put())
    await asyncio.wait([visit])
    assert visit.cancelled()
    assert (place.server.stands("in"), place.known) == (["a.zip"], [False])


async def test_answers_are_listed_fetched_and_moved() -> None:
    place = Place()
    place.server.files["out"]["a.xml"] = b"<a/>", START
    (entry,) = await place.remote.files("out")
    assert (entry.name, entry.size) == ("a.xml", 4)
    copy = io.BytesIO()
    assert await place.remote.fetch("out/a.xml", 4, copy) == 4
    assert copy.getvalue() == b"<a/>"
    await place.remote.rename("out/a.xml", "out/DONE/a.xml")
    await place.remote.write("out/FAILED/b.xml.err", b"no")
    assert place.server.stands("out") == []
    assert place.server.stands("out/DONE") == ["a.xml"]
    await place.remote.remove("out/FAILED/b.xml.err")
    assert (await place.remote.size("out/FAILED/b.xml.err"), place.known) == (None, [])


def test_servers_differ_and_the_same_seed_gives_the_same() -> None:
    found = [troubles(Random(seed), 365) for seed in range(40)]
    assert found == [troubles(Random(seed), 365) for seed in range(40)]
    assert any(one.dies for one in found)
    assert any(one.slow[0] for one in found)
    assert all(one.outages for one in found)
