"""Trouble that nobody meets at work: logins that wait, a disk that fills, a journal that was touched."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from gateway.domain.alerts import AlertChannel
from gateway.domain.identity import Door
from gateway.domain.outgoing import OutgoingState
from gateway.domain.penalties import PenaltyName
from gateway.services import sealing, vigilance
from gateway.store.signing import Signer
from gateway.store.statement import Statement
from gateway.store.tables import journal
from gateway.store.transaction import Transaction
from tests.services.people import HOUR
from tests.services.town import Town

_TOUCH = Statement(update(journal).where(journal.c.seq == 2).values(actor="nobody"))


def listening(town: Town) -> Town:
    policy = replace(town.office.policy, alert_channels=(AlertChannel.WEBHOOK,))
    town.office = replace(town.office, policy=policy, signer=Signer(bytes(32)))
    return town


async def told(town: Town) -> list[dict[str, Any]]:
    found = await town.store.read(lambda tx: tx.alerts.in_state(OutgoingState.PENDING, 10))
    return [json.loads(one.payload) for one in found]


async def test_many_logins_that_wait_at_once_are_told_of(town: Town) -> None:
    listening(town)
    now = town.clock()

    def block(tx: Transaction) -> None:
        for number in range(3):
            name = PenaltyName(Door.SFTP, "192.0.2.1", f"account-{number}")
            tx.penalties.fail(name, now, now + HOUR)
            tx.penalties.block(name, now + timedelta(minutes=5), now + HOUR)

    await town.store.write(block)
    assert not await vigilance.look_at_logins(town.office, 4)
    assert await vigilance.look_at_logins(town.office, 3)
    assert not await vigilance.look_at_logins(town.office, 3)
    (said,) = await told(town)
    assert (said["type"], said["data"]["detail"]) == ("penalties.surge", {"waiting": 3})
    assert "192.0.2" not in json.dumps(said)
    town.clock.pass_by(timedelta(minutes=6))
    assert not await vigilance.look_at_logins(town.office, 1)


async def test_each_node_tells_of_its_own_room(town: Town) -> None:
    listening(town)
    told_of = [
        await vigilance.look_at_room(town.office, node, free, 2**30)
        for node, free in (("a", 2**30), ("a", 2**29), ("a", 2**29), ("b", 2**29))
    ]
    assert told_of == [0, True, False, True]
    assert [one["data"]["text"] for one in await told(town)] == [
        "0.5 GiB are left in data_dir on a",
        "0.5 GiB are left in data_dir on b",
    ]


async def test_a_journal_that_was_touched_is_told_of_by_its_first_wrong_line(town: Town) -> None:
    listening(town)
    await town.deposit("A-1")
    assert await sealing.seal_new(town.office) > 2
    assert not await vigilance.look_at_journal(town.office)
    assert await told(town) == []
    await town.store.write(lambda tx: tx.session.run(_TOUCH))
    assert await vigilance.look_at_journal(town.office)
    (said,) = await told(town)
    assert (said["type"], said["data"]["text"]) == ("journal.not-whole", "line 2 was changed after it was sealed")
