"""Allowances, spent from shares."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.domain.errors import TooManyRequestsError
from gateway.domain.rates import Rate
from gateway.services import allowance, housekeeping
from gateway.services.allowance import Allowances
from gateway.services.office import Office
from tests.databases import Database
from tests.journeys.offices import Clock, office_on

RATE = Rate(40)


async def spent(*allowances: Allowances, name: str = "client:a") -> int:
    """How many requests are let through, asked for in turn until each refuses."""
    count = 0
    for one in allowances:
        try:
            while True:
                await one.spend(name, RATE)
                count += 1
        except TooManyRequestsError:
            pass
    return count


async def test_the_limit_is_met_and_begins_anew_with_the_next_period(office: Office, clock: Clock) -> None:
    allowances = Allowances(office)
    first = await allowances.spend("client:a", RATE)
    assert (first.remaining, first.seconds) == (39, 60)
    assert await spent(allowances) == 39
    assert await spent(allowances, name="client:b") == 40
    clock.pass_by(timedelta(seconds=50))
    with pytest.raises(TooManyRequestsError) as raised:
        await allowances.spend("client:a", RATE)
    assert raised.value.retry_after == timedelta(seconds=10)
    clock.pass_by(timedelta(seconds=10))
    assert await spent(allowances) == 40


async def test_processes_share_one_allowance(office: Office, database: Database, tmp_path: Path, clock: Clock) -> None:
    async with office_on(database, tmp_path / "blobs", clock) as other:
        here, there = Allowances(office), Allowances(other)
        for _ in range(5):
            await here.spend("client:a", RATE)
            await there.spend("client:a", RATE)
        assert 10 + await spent(here, there) == 40


async def test_requests_at_once_do_not_take_more_than_there_is(office: Office) -> None:
    allowances = Allowances(office)
    asked = (allowances.spend("client:a", RATE) for _ in range(100))
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(not isinstance(one, TooManyRequestsError) for one in found) == 40


async def test_what_is_over_is_forgotten(office: Office, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance, "_CAPACITY", 2)
    allowances = Allowances(office)
    for name in ("a", "b", "c", "a"):
        await allowances.spend(name, RATE)
    assert (await allowances.spend("a", RATE)).remaining == 40 - 2 - 2  # its first share was lost, no more
    clock.pass_by(timedelta(minutes=1))
    assert await housekeeping.forget(office) == 3
