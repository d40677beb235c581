from __future__ import annotations

import pytest

from gateway.domain.errors import ForbiddenError, NotFoundError
from gateway.domain.identity import Caller
from gateway.domain.pushing import PushTarget
from gateway.services import push_operator
from gateway.services.office import Office, gateway_caller
from gateway.services.push_keys import public_key
from tests.bridge.pushed import push_to
from tests.journeys.offices import deposited, depositor
from tests.journeys.world import PROCESS, RECIPIENTS, declare

TARGET = PushTarget("sftp.example.org", "hub", ("ssh-ed25519 AAAA",))


@pytest.fixture(autouse=True)
async def declared(office: Office) -> None:
    await office.store.write(declare)


def operator(office: Office) -> Caller:
    return gateway_caller(office, "gateway push")


async def test_operators_see_the_key_and_how_pushing_stands(office: Office) -> None:
    await push_to(office, "rennes", TARGET)
    await deposited(office, "A-1", "rennes")
    assert await push_operator.own_key(office, operator(office)) == public_key(office)
    (state,) = await push_operator.states(office, operator(office))
    assert (state.organization, state.host, state.waiting) == (RECIPIENTS["rennes"], TARGET.host, 1)
    assert await push_operator.retry(office, operator(office), RECIPIENTS["rennes"], PROCESS) == 1
    with pytest.raises(NotFoundError):
        await push_operator.retry(office, operator(office), RECIPIENTS["nantes"], PROCESS)


async def test_nobody_else_does(office: Office) -> None:
    with pytest.raises(ForbiddenError):
        await push_operator.own_key(office, depositor())
    with pytest.raises(ForbiddenError):
        await push_operator.states(office, depositor())
    with pytest.raises(ForbiddenError):
        await push_operator.retry(office, depositor(), RECIPIENTS["rennes"], PROCESS)
