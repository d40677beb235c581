"""An expiry is undone by an operator alone."""

from __future__ import annotations

import pytest

from gateway.domain.errors import ConflictError, ForbiddenError, NotFoundError
from gateway.domain.ids import new_id
from gateway.services import expire
from tests.services.people import BREST_API, DAY, DEPOSITOR, OPERATOR, RENNES_API
from tests.services.town import Town


async def test_nobody_else_publishes_again_what_has_expired(town: Town) -> None:
    view = await town.deposit()
    (delivery,) = await town.deliveries(view)
    with pytest.raises(ConflictError, match="only an expired one"):
        await expire.undo_expiry(town.office, OPERATOR, delivery.id)
    town.clock.pass_by(60 * DAY)
    assert await expire.expire_due(town.office) == 1
    for caller in (DEPOSITOR, RENNES_API, BREST_API, town.sftp()):
        with pytest.raises(ForbiddenError):
            await expire.undo_expiry(town.office, caller, delivery.id)
    assert await town.states(view) == ["EXPIRED"]
    with pytest.raises(NotFoundError, match="Delivery is not found"):
        await expire.undo_expiry(town.office, OPERATOR, new_id())
    again = await expire.undo_expiry(town.office, OPERATOR, delivery.id)
    assert [(one.id == again, one.state) for one in await town.deliveries(view)] == [
        (False, "EXPIRED"),
        (True, "READY"),
    ]
