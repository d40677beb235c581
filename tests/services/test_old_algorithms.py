"""Who may use old algorithms, and who does."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.domain.errors import ForbiddenError
from gateway.domain.identity import Door
from gateway.domain.sightings import Sighting
from gateway.services.office import gateway_caller
from gateway.services.old_algorithms import excepted
from tests.services.people import BREST_API, START
from tests.services.town import Town


async def test_the_excepted_are_listed_with_what_was_seen_of_them(town: Town) -> None:
    operator = gateway_caller(town.office, "test")
    assert await excepted(town.office, operator) == []
    for username in ("rennes", "rennes-2"):
        await town.change_account(username, legacy_algorithms_until=date(2026, 12, 31))
    seen = Sighting(Door.SFTP, "rennes-2", START, "JSCH-0.1.54", "ssh-rsa aes128-cbc", START)
    await town.office.store.write(lambda tx: tx.sightings.note(seen))
    first, second = await excepted(town.office, operator)
    assert (first.username, first.used_at, first.until) == ("rennes", None, date(2026, 12, 31))
    assert (second.username, second.used_at, second.software) == ("rennes-2", START, "JSCH-0.1.54")
    await town.change_account("rennes-2", enabled=False)
    assert [one.username for one in await excepted(town.office, operator)] == ["rennes"]
    with pytest.raises(ForbiddenError):
        await excepted(town.office, BREST_API)
