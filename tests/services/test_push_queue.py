"""What is to be pushed is queued with its publication, or when a switch carried it here."""

from __future__ import annotations

import pytest

from gateway.domain.identity import Mode, Transport
from gateway.domain.outgoing import OutgoingState
from gateway.domain.pushing import PushTarget
from gateway.domain.referential import SubscriptionStatus
from gateway.services import push_queue
from gateway.services.office import Office
from tests.bridge.pushed import call_of, only, push_to
from tests.journeys.offices import deposited
from tests.journeys.world import declare
from tests.services.scene import change_subscription, switch

TARGET = PushTarget("sftp.example.org", "hub", ("ssh-ed25519 AAAA",))


@pytest.fixture(autouse=True)
async def declared(office: Office) -> None:
    await office.store.write(declare)


async def test_a_publication_queues_its_delivery_under_its_own_id(office: Office) -> None:
    await push_to(office, "rennes", TARGET)
    view = await deposited(office, "A-9-1", "rennes", "nantes", "brest")
    rennes, nantes, brest = [await only(office, case.id) for case in view.cases]
    call = await call_of(office, rennes)
    assert call is not None
    assert (call.id, call.kind, call.state) == (rennes.id, "push", OutgoingState.PENDING)
    assert await call_of(office, nantes) is None
    assert await call_of(office, brest) is None


async def test_what_a_switch_carries_in_is_queued(office: Office) -> None:
    view = await deposited(office, "A-9-1", "rennes", "brest")
    rennes, brest = [await only(office, case.id) for case in view.cases]
    assert await push_queue.adopt(office) == 0
    await push_to(office, "rennes", TARGET)
    await push_to(office, "brest", TARGET, access_mode=Mode.API)
    assert await push_queue.adopt(office) == 1
    assert await call_of(office, rennes) is not None
    await switch(office, "brest", Mode.SFTP)
    assert await push_queue.adopt(office) == 1
    assert await call_of(office, brest) is not None
    assert await push_queue.adopt(office) == 0


async def test_a_suspended_subscription_waits_for_its_return(office: Office) -> None:
    await push_to(office, "rennes", TARGET, status=SubscriptionStatus.SUSPENDED)
    await push_to(office, "nantes", TARGET)
    view = await deposited(office, "A-9-1", "nantes")
    await change_subscription(office, "nantes", status=SubscriptionStatus.SUSPENDED)
    assert await push_queue.adopt(office) == 0
    await change_subscription(office, "nantes", transport=Transport.PULL)
    assert await push_queue.sweep(office) == 1
    assert await call_of(office, await only(office, view.cases[0].id)) is None
