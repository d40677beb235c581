"""Accounts as operators look at them."""

from __future__ import annotations

import pytest

from gateway.domain.errors import ForbiddenError, NotFoundError
from gateway.domain.identity import Door
from gateway.domain.sightings import Sighting
from gateway.services import accounts, authenticate, sightings
from gateway.services.office import gateway_caller
from tests.services.people import BREST_API, START
from tests.services.town import Town


async def test_an_account_is_shown_with_what_was_seen_of_it(town: Town) -> None:
    operator = gateway_caller(town.office, "test")
    assert await accounts.read(town.office, operator, "rennes") == accounts.AccountView(
        town.accounts["rennes"], None, ()
    )
    seen = Sighting(Door.SFTP, "rennes", START, "OpenSSH_9.2")
    await sightings.note(town.office, seen)
    await authenticate.password_login(town.office, "rennes", "wrong", "192.0.2.1")
    await authenticate.password_login(town.office, "rennes-2", "wrong", "192.0.2.1")
    view = await accounts.read(town.office, operator, "rennes")
    assert view.sighting == seen
    assert [(one.name.address, one.failures) for one in view.penalties] == [("192.0.2.1", 1)]
    with pytest.raises(NotFoundError):
        await accounts.read(town.office, operator, "nobody")
    with pytest.raises(ForbiddenError):
        await accounts.read(town.office, BREST_API, "rennes")
