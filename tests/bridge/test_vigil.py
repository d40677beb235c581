"""One node's look at its disk and at the logins that wait."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gateway.bridge.vigil import Vigil
from gateway.domain.alerts import AlertChannel
from gateway.domain.outgoing import OutgoingState
from gateway.services.office import Office


async def test_little_room_is_told_of_once_and_much_is_not(office: Office, tmp_path: Path) -> None:
    told = replace(office, policy=replace(office.policy, alert_channels=(AlertChannel.EMAIL,)))
    much, little = (Vigil(told, tmp_path, least=least, logins=50) for least in (1, 2**70))
    assert [await much.look(), await little.look(), await little.look()] == [0, 1, 0]
    (alert,) = await office.store.read(lambda tx: tx.alerts.in_state(OutgoingState.PENDING, 10))
    assert alert.kind == "disk.full"
    assert str(tmp_path) not in alert.payload
