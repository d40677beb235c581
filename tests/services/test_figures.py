"""The figures of health and metrics."""

from __future__ import annotations

import pytest

from gateway.domain.errors import UnavailableError
from gateway.domain.figures import Snapshot
from gateway.services import figures
from tests.pec.answers import answer_zip
from tests.services.people import BREST, DAY, RENNES, START
from tests.services.town import Town


async def test_nothing_is_counted_where_nothing_is(town: Town) -> None:
    assert await figures.snapshot(town.office) == Snapshot()


async def test_what_is_open_is_counted(town: Town) -> None:
    await town.change_subscription(BREST, webhook="http://127.0.0.1:9/hook")
    await town.deposit("A-1", to=(RENNES, BREST))
    town.clock.pass_by(DAY)
    await town.deposit("A-2")
    await town.fetch("A-1-EtatCivil-1.zip")
    await town.put(answer_zip("A-1", 16))
    await town.put(b"PK\3\4", "half.zip")
    found = await figures.snapshot(town.office)
    assert found == Snapshot(
        deliveries={("READY", "SFTP"): 1, ("FETCHED", "SFTP"): 1, ("READY", "API"): 1},
        oldest_undelivered=START,
        outgoing={"PENDING": 1},
        answers={"QUEUED": 1, "PARTIAL": 1},
    )


async def test_what_is_closed_is_not(town: Town) -> None:
    await town.deposit()
    await town.move(await town.fetch("A-1-EtatCivil-1.zip"))
    await town.answer("A-1", 100)
    assert await figures.snapshot(town.office) == Snapshot()


async def test_a_store_that_is_away_is_not_ready(town: Town) -> None:
    await figures.ready(town.office)
    await town.store.close()
    with pytest.raises(UnavailableError):
        await figures.ready(town.office)
    with pytest.raises(UnavailableError):
        await figures.snapshot(town.office)
