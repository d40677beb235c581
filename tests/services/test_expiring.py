"""Reminders of what ends soon."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gateway.domain.errors import ForbiddenError
from gateway.services import expiring
from gateway.services.office import gateway_caller
from tests.services.people import BREST_API, START
from tests.services.town import Town

KEY = "ssh-ed25519 AAAA"
NEAR = (START + timedelta(days=10)).date()


async def test_what_ends_soon_is_found_first_to_end_first(town: Town) -> None:
    await town.change_account("rennes", password_hash="a hash", password_until=NEAR)
    sooner = (START + timedelta(days=5)).strftime("%Y%m%d")
    await town.change_account("rennes-2", public_keys=(KEY, f'expiry-time="{sooner}" {KEY}'))
    operator = gateway_caller(town.office, "test")
    found = await expiring.find(town.office, operator)
    assert [(one.username, str(one.kind), one.position) for one in found] == [
        ("rennes-2", "key", 2),
        ("rennes", "password", 0),
    ]
    assert [one.username for one in await expiring.find(town.office, operator, timedelta(days=7))] == ["rennes-2"]
    await town.change_account("rennes-2", enabled=False)
    assert [one.username for one in await expiring.find(town.office, operator)] == ["rennes"]
    with pytest.raises(ForbiddenError):
        await expiring.find(town.office, BREST_API)


async def test_a_reminder_is_given_once_a_day(town: Town) -> None:
    assert await expiring.remind(town.office) == ([], False)
    await town.change_account("rennes", password_hash="a hash", password_until=date(2020, 1, 1))
    (one,), first = await expiring.remind(town.office)
    assert first
    assert await expiring.remind(town.office) == ([one], False)
    town.clock.pass_by(timedelta(days=1))
    assert await expiring.remind(town.office) == ([one], True)
    lines = await town.lines("credential.expiring")
    assert [line.detail["account"] for line in lines] == ["rennes", "rennes"]
    assert lines[0].detail["endsAt"] == "2020-01-02T00:00:00+01:00"
