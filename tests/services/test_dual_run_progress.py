"""What each dual run of a move has shown, and what it still waits for."""

from __future__ import annotations

import pytest

from gateway.domain.errors import ForbiddenError
from gateway.domain.moves import DualRun
from gateway.domain.wave_times import LOOK_AGAIN
from gateway.services import moves
from gateway.services.dual_run_progress import Progress, progress
from gateway.services.dual_runs import PATIENCE, Verdict
from gateway.services.waves import drive
from tests.services.moving import ALL_SFTP, found, running, tried
from tests.services.people import DAY, HOUR, OPERATOR, RENNES_API, START
from tests.services.town import Town

RULE = DualRun(14 * DAY, 2, 30 * DAY)


async def shown(town: Town) -> list[Progress]:
    move = (await found(town)).move
    return await progress(town.office, OPERATOR, move, await moves.rows(town.office, OPERATOR, "bretagne"))


async def test_it_tells_how_many_were_equal_and_until_when_it_lasts(town: Town) -> None:
    await tried(town)
    await running(town, ALL_SFTP[:1], via=RULE)
    assert await shown(town) == [], "it has not begun"
    await drive(town.office)
    assert (await found(town)).next_at == {1: START + LOOK_AGAIN}
    town.clock.pass_by(HOUR)
    first = await town.deposit("A-1")
    await town.move(await town.fetch("A-1-EtatCivil-1.zip"))
    await town.read_all(RENNES_API, first)
    await town.say(RENNES_API, first, new_status="SI_RECEIVED")
    second = await town.deposit("A-2")
    await town.read_all(RENNES_API, second)
    (one,) = await shown(town)
    assert (one.equal, one.wanted, one.pending, one.different) == (1, 2, 1, 0)
    assert (one.enough_at, one.all_at, one.ends_at) == (START + 14 * DAY, START + 30 * DAY, START + 30 * DAY + PATIENCE)
    assert (one.verdict, one.look_at) == (Verdict.WAIT, START + LOOK_AGAIN)
    await drive(town.office)
    (one,) = await shown(town)
    assert one.look_at == town.clock() + LOOK_AGAIN
    assert (await found(town)).next_at == {1: one.look_at}
    town.clock.pass_by(14 * DAY)
    await town.move(await town.fetch("A-2-EtatCivil-1.zip"))
    await town.say(RENNES_API, second, new_status="SI_RECEIVED")
    assert [one.verdict for one in await shown(town)] == [Verdict.GO]
    await drive(town.office)
    assert await shown(town) == [], "it was switched"
    assert (await found(town)).next_at == {}


async def test_only_operators_are_told(town: Town) -> None:
    await tried(town)
    move = await running(town, ALL_SFTP[:1], via=RULE)
    with pytest.raises(ForbiddenError):
        await progress(town.office, RENNES_API, move, ())
