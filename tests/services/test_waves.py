"""Moves carried out: wave after wave, each subscription once, by however many and however often it is begun."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

import pytest

from gateway.domain.identity import Caller, Mode
from gateway.domain.moves import Move, MoveState, Row, RowState, WaveSize, WaveState
from gateway.domain.referential import SubscriptionStatus
from gateway.domain.switches import Switch
from gateway.domain.windows import Window
from gateway.services import move_rows, moves, switching, waves
from gateway.services.office import Office
from gateway.services.waves import drive
from tests.services.moving import ALL_SFTP, APPLIER, found, modes, recorded, row_states, running, tried
from tests.services.people import DAY, HOUR, OPERATOR, RENNES, RENNES_API, VANNES
from tests.services.town import Town

WAVES = (WaveSize(1), WaveSize(percent=50.0, pause=DAY), WaveSize(percent=100.0, pause=2 * DAY))


async def test_a_move_switches_all_it_has_and_ends(town: Town) -> None:
    await tried(town)
    await town.deposit("A-1")
    await running(town)
    assert await drive(town.office) == 4
    assert await modes(town) == ["API"] * 4
    status = await found(town)
    assert (status.move.state, status.move.ended_at) == (MoveState.DONE, town.clock())
    assert status.totals == {RowState.SWITCHED: 4}
    assert [shown.sequence for shown in await town.inbox(RENNES_API)] == [1]
    switches = await town.lines("subscription.switched")
    assert [(line.epoch, line.detail["move"]) for line in switches] == [(2, "bretagne")] * 4
    assert [line.detail["state"] for line in await town.lines("move.wave")] == ["RUNNING", "DONE"]
    (ended,) = await town.lines("move.ended")
    assert ended.detail == {"move": "bretagne", "rows": {"SWITCHED": 4}}
    assert town.meter.seen["switches_total", Mode.API] == 4
    assert town.meter.seen["move_rows_total", RowState.SWITCHED] == 4


async def test_a_move_that_is_not_applied_switches_nothing(town: Town) -> None:
    await tried(town)
    await recorded(town)
    assert await drive(town.office) == 0
    assert await modes(town) == ["SFTP"] * 4


async def test_each_wave_waits_for_its_time_and_for_the_one_before(town: Town) -> None:
    await tried(town)
    await running(town, waves=WAVES)
    assert await drive(town.office) == 1
    assert await drive(town.office) == 0
    town.clock.pass_by(DAY)
    assert await drive(town.office) == 2
    town.clock.pass_by(2 * DAY - HOUR)
    assert await drive(town.office) == 0
    town.clock.pass_by(HOUR)
    assert await drive(town.office) == 1
    status = await found(town)
    assert status.move.state is MoveState.DONE
    assert [wave.state for wave in status.waves] == [WaveState.DONE] * 3
    assert status.waves[2].started_at == town.clock()


async def test_a_pause_between_waves_counts_from_the_end_of_the_wave_before(town: Town) -> None:
    await tried(town)
    await running(town, waves=WAVES)
    town.clock.pass_by(5 * DAY)
    assert await drive(town.office) == 1
    assert await drive(town.office) == 0
    town.clock.pass_by(DAY)
    assert await drive(town.office) == 2


async def test_nothing_is_switched_while_the_window_is_shut(town: Town) -> None:
    await tried(town)
    window = Window(frozenset({1}), time(6), time(12))  # Tuesdays; the clock stands on a Monday
    await running(town, window=window)
    assert await drive(town.office) == 0
    town.clock.now = datetime(2026, 3, 3, 4, 59, tzinfo=UTC)
    assert await drive(town.office) == 0
    town.clock.now = datetime(2026, 3, 3, 5, 0, tzinfo=UTC)  # 06:00 in Paris
    assert await drive(town.office) == 4


async def test_a_row_that_changed_since_the_plan_is_left_out(town: Town) -> None:
    await tried(town)
    await running(town)
    there_and_back = town.subscriptions[RENNES, "CERTDC"].id
    for mode in (Mode.PORTAIL, Mode.SFTP):
        await switching.switch(town.office, OPERATOR, there_and_back, Switch(mode))
    assert await drive(town.office) == 4
    assert await row_states(town) == ["SWITCHED", "LEFT_OUT", "SWITCHED", "SWITCHED"]
    row = (await moves.rows(town.office, OPERATOR, "bretagne"))[1]
    assert row.reason == (
        "changed since the plan: it is in mode SFTP (pull), epoch 3, and not in mode SFTP (pull), epoch 1"
    )
    assert row.epoch is None


async def test_a_row_that_is_not_ready_any_more_stays_as_it_is(town: Town) -> None:
    await tried(town, VANNES)
    await running(town)
    await town.change_subscription(VANNES, status=SubscriptionStatus.SUSPENDED)
    assert await drive(town.office) == 4
    assert await row_states(town) == ["BLOCKED", "BLOCKED", "BLOCKED", "SWITCHED"]
    rows = await moves.rows(town.office, OPERATOR, "bretagne", state=RowState.BLOCKED)
    assert rows[0].reason == "no enabled client of the API with a secret: create one and hand it over"
    assert rows[2].reason is not None
    assert "Suspendu" in rows[2].reason


async def test_a_paused_move_rests_and_a_resumed_one_goes_on(town: Town) -> None:
    await tried(town)
    await running(town, waves=WAVES)
    await drive(town.office)
    await moves.pause(town.office, APPLIER, "bretagne")
    town.clock.pass_by(9 * DAY)
    assert await drive(town.office) == 0
    await moves.resume(town.office, APPLIER, "bretagne")
    assert await drive(town.office) == 2


async def test_several_at_once_switch_every_row_once(town: Town) -> None:
    await tried(town)
    await running(town)
    settled = await asyncio.gather(*(drive(town.office) for _ in range(4)))
    await drive(town.office)
    assert sum(settled) == 4
    assert len(await town.lines("subscription.switched")) == 4
    assert (await found(town)).move.state is MoveState.DONE
    assert len(await town.lines("move.ended")) == 1


async def test_only_the_move_that_was_named_is_driven(town: Town) -> None:
    await tried(town)
    await running(town, ALL_SFTP[:2])
    await running(town, ALL_SFTP[2:], name="vannes")
    assert await drive(town.office, "vannes") == 2
    assert await modes(town) == ["SFTP", "SFTP", "API", "API"]


async def test_a_move_that_fails_keeps_no_other_from_going_on(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await tried(town)
    await running(town, ALL_SFTP[:2])
    town.clock.pass_by(timedelta(seconds=1))
    await running(town, ALL_SFTP[2:], name="vannes")

    async def fails(_office: object, _caller: object, move: Move) -> bool:
        if move.name == "bretagne":
            raise OSError("the disk is full")
        return False

    monkeypatch.setattr("gateway.services.waves.stopped", fails)
    with pytest.raises(OSError, match="disk is full"):
        await drive(town.office)
    assert await modes(town) == ["SFTP", "SFTP", "API", "API"]


async def test_one_that_was_passed_and_waits_still_is_taken_at_the_end(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tried(town)
    await running(town)
    first = True

    async def busy(office: Office, caller: Caller, move: Move, rows: Sequence[Row], before: RowState) -> int | None:
        nonlocal first
        if first:  # nothing comes of the first batch
            first = False
            return 0
        return await move_rows.switch_rows(office, caller, move, rows, before)

    monkeypatch.setattr(waves, "BATCH", 1)
    monkeypatch.setattr(waves, "switch_rows", busy)
    assert await drive(town.office) == 4
    assert await modes(town) == ["API"] * 4
    assert [line.subscription_id for line in await town.lines("subscription.switched")][-1] == await first_of(town)


async def first_of(town: Town) -> str:
    rows = await moves.rows(town.office, OPERATOR, "bretagne")
    return rows[0].subscription_id
