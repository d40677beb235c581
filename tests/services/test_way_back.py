"""The way back of a move."""

from __future__ import annotations

import pytest

from gateway.domain.identity import Mode, Transport
from gateway.domain.moves import MoveState, RowState, WaveSize
from gateway.domain.switches import Switch
from gateway.services import moves, switching, way_back
from gateway.services.waves import drive
from tests.services.moving import ALL_SFTP, APPLIER, found, modes, row_states, running, tried
from tests.services.people import DAY, OPERATOR, RENNES, RENNES_API, VANNES
from tests.services.town import Town


async def test_everything_goes_back_and_takes_along_what_was_delivered_since(town: Town) -> None:
    await tried(town)
    await town.deposit("A-1")
    await running(town)
    await drive(town.office)
    await town.dismissed(RENNES_API)
    await town.deposit("A-2")
    await moves.rollback(town.office, APPLIER, "bretagne")
    assert await drive(town.office) == 4
    assert await modes(town) == ["SFTP"] * 4
    assert await town.listing() == ["A-2-EtatCivil-1.zip"]
    status = await found(town)
    assert (status.move.state, status.totals) == (MoveState.ROLLED_BACK, {RowState.ROLLED_BACK: 4})
    epochs = [row.epoch for row in await moves.rows(town.office, OPERATOR, "bretagne")]
    assert epochs == [2] * 4, "the epoch of the first switch, from which a certificate tells"
    begun, ended = await town.lines("move.rolled-back")
    assert (begun.detail["begun"], ended.detail["begun"], ended.detail["rows"]) == (True, False, {"ROLLED_BACK": 4})
    assert await drive(town.office) == 0


async def test_what_was_switched_again_since_is_left_as_it_is(town: Town) -> None:
    await tried(town)
    await running(town)
    await drive(town.office)
    await switching.switch(town.office, OPERATOR, town.subscriptions[VANNES, "CERTDC"].id, Switch(Mode.PORTAIL))
    await moves.rollback(town.office, APPLIER, "bretagne")
    await drive(town.office)
    assert await modes(town) == ["SFTP", "SFTP", "SFTP", "PORTAIL"]
    (row,) = await moves.rows(town.office, OPERATOR, "bretagne", state=RowState.LEFT_OUT)
    assert (
        row.reason
        == "not switched back, it was switched since: it is in mode PORTAIL, epoch 3, and not in mode API, epoch 2"
    )


async def test_a_move_under_way_goes_back_with_what_it_has_done_and_switches_nothing_more(town: Town) -> None:
    await tried(town)
    await running(town, waves=(WaveSize(2), WaveSize(percent=100.0, pause=DAY)))
    await drive(town.office)
    await moves.rollback(town.office, APPLIER, "bretagne")
    await drive(town.office)
    town.clock.pass_by(DAY)
    assert await drive(town.office) == 0
    assert await modes(town) == ["SFTP"] * 4
    assert await row_states(town) == ["ROLLED_BACK", "ROLLED_BACK", "WAITING", "WAITING"]


async def test_the_transport_comes_back_too(town: Town) -> None:
    await tried(town)
    await town.change_subscription(RENNES, transport=Transport.PUSH)
    await running(town, ALL_SFTP[:1])
    await drive(town.office)
    await moves.rollback(town.office, APPLIER, "bretagne")
    await drive(town.office)
    known = await town.store.read(lambda tx: tx.subscriptions.find(RENNES, "EtatCivil"))
    assert known is not None
    assert (known.access_mode, known.transport, known.epoch) == (Mode.SFTP, Transport.PUSH, 3)


async def test_what_goes_back_in_many_batches_goes_the_last_first(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way_back, "_BATCH", 1)
    await tried(town)
    await running(town)
    await drive(town.office)
    await moves.rollback(town.office, APPLIER, "bretagne")
    assert await drive(town.office) == 4
    assert await modes(town) == ["SFTP"] * 4
    there, back = (await town.lines("subscription.switched"))[:4], (await town.lines("subscription.switched"))[4:]
    assert [line.subscription_id for line in back] == [line.subscription_id for line in reversed(there)]
