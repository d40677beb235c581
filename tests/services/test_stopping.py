"""The stop rules of moves: what they count, since when, and what they say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.deliveries import Place
from gateway.domain.moves import MoveState, StopRules, WaveSize
from gateway.services import moves
from gateway.services.stopping import over
from gateway.services.waves import drive
from tests.services.moving import ALL_SFTP, APPLIER, DIGEST, found, modes, running, tried
from tests.services.people import DAY, HOUR, RENNES, RENNES_API, VANNES
from tests.services.town import Town

TWO = (WaveSize(2), WaveSize(percent=100.0, pause=DAY))


async def begun(town: Town, **rules: Any) -> None:
    """The first wave is switched: both subscriptions of Rennes."""
    await tried(town)
    await running(town, waves=TWO, stop_when=StopRules(**rules))
    assert await drive(town.office) == 2
    town.clock.pass_by(HOUR)


async def rejected(town: Town, number: str) -> None:
    view = await town.deposit(number)
    await town.say(RENNES_API, view, new_status="SI_INTG_ERROR")


async def accepted(town: Town, number: str) -> None:
    view = await town.deposit(number)
    await town.say(RENNES_API, view, new_status="SI_RECEIVED")


async def goes_on(town: Town) -> bool:
    """Whether the second wave is switched when its time has come."""
    town.clock.pass_by(DAY)
    await drive(town.office)
    return await modes(town) == ["API"] * 4


async def test_failed_deliveries_pause_a_move(town: Town) -> None:
    await begun(town, failed_deliveries_over=0.3)
    await accepted(town, "A-1")
    await rejected(town, "A-2")
    assert not await goes_on(town)
    move = (await found(town)).move
    assert (move.state, move.reason) == (MoveState.PAUSED, "1 of 2 deliveries failed, 50.0 % and more than 30 %")
    (line,) = await town.lines("move.paused")
    assert line.detail == {"move": "bretagne", "reason": move.reason, "rule": True}
    assert line.digest == DIGEST
    assert town.meter.seen["moves_total", MoveState.PAUSED] == 1


async def test_a_share_that_is_allowed_pauses_nothing(town: Town) -> None:
    await begun(town, failed_deliveries_over=0.5, error_rate_over=0.5)
    await accepted(town, "A-1")
    await rejected(town, "A-2")
    assert await goes_on(town)


async def test_what_failed_before_the_switch_or_elsewhere_does_not_count(town: Town) -> None:
    await town.deposit("A-0")
    opened = await town.fetch("A-0-EtatCivil-1.zip")
    await town.move(opened, Place.FAILED)
    await begun(town, failed_deliveries_over=0.0, error_rate_over=0.0)
    await town.deposit("V-1", (VANNES,))
    failed = await town.fetch("V-1-EtatCivil-1.zip", "vannes")
    await town.move(failed, Place.FAILED, "vannes")
    assert await goes_on(town)


async def test_what_made_a_resumed_move_pause_does_not_pause_it_again(town: Town) -> None:
    await begun(town, failed_deliveries_over=0.0)
    await rejected(town, "A-1")
    assert not await goes_on(town)
    await moves.resume(town.office, APPLIER, "bretagne")
    assert await goes_on(town)


async def test_a_delivery_that_nobody_fetches_pauses_a_move(town: Town) -> None:
    await begun(town, undelivered_age_over=timedelta(hours=4))
    await town.deposit("A-1")
    assert not await goes_on(town)
    assert (await found(town)).move.reason == "a delivery has waited for 24.0 h since, more than 4.0 h"


async def test_a_delivery_that_was_carried_waits_from_the_switch_on(town: Town) -> None:
    await town.deposit("A-1")
    town.clock.pass_by(5 * DAY)
    await begun(town, undelivered_age_over=2 * DAY)
    assert await goes_on(town)


async def test_errors_are_counted_with_what_expired(town: Town) -> None:
    await begun(town, error_rate_over=0.3)
    await accepted(town, "A-1")
    await rejected(town, "A-2")
    assert not await goes_on(town)
    reason = (await found(town)).move.reason
    assert reason == "1 errors in 2 deliveries and outgoing calls, 50.0 % and more than 30 %"


@pytest.mark.parametrize(
    ("part", "whole", "most", "broken"),
    [(0, 0, 0.0, False), (1, 100, 0.01, False), (2, 100, 0.01, True), (1, 1, None, False), (1, 1, 0.0, True)],
)
def test_a_share_is_compared_exactly(part: int, whole: int, most: float | None, broken: bool) -> None:
    assert over(part, whole, most) is broken


async def test_nothing_is_counted_for_a_move_without_rules(town: Town) -> None:
    await begun(town)
    await rejected(town, "A-1")
    assert await goes_on(town)
    assert (await modes(town, ALL_SFTP[:1])) == ["API"]
    assert ALL_SFTP[0] == (RENNES, "EtatCivil")
