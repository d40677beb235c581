"""A dead call is replayed by an operator alone."""

from __future__ import annotations

import pytest

from gateway.domain.errors import ForbiddenError
from gateway.services import outgoing
from tests.services.people import BREST, BREST_API, DEPOSITOR, OPERATOR
from tests.services.town import Town


async def test_nobody_else_replays_a_dead_call(town: Town) -> None:
    await town.change_subscription(BREST, webhook="http://127.0.0.1:9/hook")
    await town.deposit(to=(BREST,))
    await town.change_subscription(BREST, webhook=None)
    (call,) = await outgoing.claim(town.office)
    await outgoing.settle(town.office, call, "no address")
    for caller in (DEPOSITOR, BREST_API):
        with pytest.raises(ForbiddenError):
            await outgoing.replay(town.office, caller, call.outgoing.id)
    assert [one.id for one in await outgoing.dead(town.office)] == [call.outgoing.id]
    await outgoing.replay(town.office, OPERATOR, call.outgoing.id)
    assert await outgoing.dead(town.office) == []
