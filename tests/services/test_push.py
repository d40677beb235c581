"""Which archive goes next to a subscriber's server, whether it still does, and what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import load_ssh_private_key, load_ssh_public_key

from gateway.domain.alerts import AlertChannel
from gateway.domain.deliveries import DeliveryState
from gateway.domain.identity import Mode
from gateway.domain.outgoing import OutgoingState
from gateway.domain.pushing import PushTarget
from gateway.domain.referential import SubscriptionStatus
from gateway.services import push
from gateway.services.office import Office
from gateway.services.push import Push, Server
from gateway.services.push_keys import public_key
from tests.bridge.pushed import breaker_of, call_of, only, push_to
from tests.journeys.offices import Clock, deposited
from tests.journeys.world import RECIPIENTS, declare, subscription_id
from tests.services.scene import case_now, change_subscription, deliveries_of, entries, switch

TARGET = PushTarget("sftp.example.org", "hub", ("ssh-ed25519 AAAA",), password="sesame")
SID = subscription_id(RECIPIENTS["rennes"])
LEASE = timedelta(minutes=1)
DIGEST = b"\1" * 32


@pytest.fixture(autouse=True)
async def declared(office: Office) -> None:
    await office.store.write(declare)


async def opened(office: Office, holder: str = "one") -> Server:
    server = await push.open_server(office, SID, holder, LEASE)
    assert server is not None
    return server


async def begun(office: Office, server: Server) -> Push:
    one = await push.begin(office, server)
    assert one is not None
    return one


async def test_one_holder_at_a_time_goes_to_a_server(office: Office, clock: Clock) -> None:
    await push_to(office, "rennes", TARGET)
    server = await opened(office)
    assert server.target == TARGET
    assert "sesame" not in repr(server)
    assert await push.open_server(office, SID, "two", LEASE) is None
    clock.pass_by(LEASE - timedelta(seconds=1))
    assert await push.keep(office, server)
    clock.pass_by(LEASE)
    other = await opened(office, "two")
    assert not await push.keep(office, server)
    await push.leave(office, other)
    await opened(office, "three")


async def test_without_a_secret_the_gateways_own_key_logs_in(office: Office) -> None:
    await push_to(office, "rennes", replace(TARGET, password=None))
    key = (await opened(office)).target.key
    assert key is not None
    public = load_ssh_private_key(key.encode(), None).public_key()
    assert public == load_ssh_public_key(public_key(office).encode())


async def test_nobody_goes_where_nothing_is_pushed(office: Office) -> None:
    assert await push.open_server(office, SID, "one", LEASE) is None
    await push_to(office, "rennes", TARGET, status=SubscriptionStatus.SUSPENDED)
    assert await push.open_server(office, SID, "one", LEASE) is None


async def test_what_is_not_to_be_pushed_any_more_is_passed_over(office: Office) -> None:
    await push_to(office, "rennes", TARGET)
    first = await deposited(office, "A-1", "rennes")
    second = await deposited(office, "A-2", "rennes")
    gone = await only(office, first.cases[0].id)
    ready, expired = DeliveryState.READY, DeliveryState.EXPIRED
    server = await opened(office)
    caller = server.caller
    await office.store.write(
        lambda tx: tx.deliveries.close(gone.id, ready, expired, office.clock(), door=caller.door, actor="expiry")
    )
    one = await begun(office, server)
    assert one.delivery.case_id == second.cases[0].id
    assert await call_of(office, gone) is None


@pytest.mark.parametrize("change", ["mode", "suspension", "lease"])
async def test_it_is_asked_again_before_the_archive_is_shown(office: Office, clock: Clock, change: str) -> None:
    await push_to(office, "rennes", TARGET)
    await deposited(office, "A-1", "rennes")
    server = await opened(office)
    one = await begun(office, server)
    assert await push.still_ours(office, server, one)
    if change == "mode":
        await switch(office, "rennes", Mode.API)
    elif change == "suspension":
        await change_subscription(office, "rennes", status=SubscriptionStatus.SUSPENDED)
    else:
        clock.pass_by(LEASE)
        await opened(office, "two")
    assert not await push.still_ours(office, server, one)
    assert (await call_of(office, one.delivery) is None) is (change != "lease")


async def test_delivered_counts_once_whoever_says_it_last(office: Office) -> None:
    await push_to(office, "rennes", TARGET)
    view = await deposited(office, "A-1", "rennes")
    server = await opened(office)
    lost, one = await begun(office, server), await begun(office, server)
    await push.delivered(office, server, lost, DIGEST, found=False)
    assert (await only(office, view.cases[0].id)).state is DeliveryState.READY
    await push.delivered(office, server, one, DIGEST, found=True)
    await push.delivered(office, server, one, DIGEST, found=True)
    assert (await entries(office, view.folder.id)).count("delivery.pushed") == 1
    assert (await only(office, view.cases[0].id)).state is DeliveryState.ACCEPTED
    assert (await case_now(office, view.cases[0].id)).status == "SENT"


async def test_a_switch_after_the_rename_still_counts(office: Office) -> None:
    await push_to(office, "rennes", TARGET)
    view = await deposited(office, "A-1", "rennes")
    server = await opened(office)
    one = await begun(office, server)
    await switch(office, "rennes", Mode.API)
    await push.delivered(office, server, one, DIGEST, found=False)
    (delivery,) = await deliveries_of(office, view.cases[0].id)
    assert delivery.state is DeliveryState.ACCEPTED


async def test_an_attempt_that_is_given_up_is_dead_at_its_end(office: Office, clock: Clock) -> None:
    await push_to(office, "rennes", TARGET)
    await deposited(office, "A-1", "rennes")
    server = await opened(office)
    for _ in range(office.policy.retry.attempts):
        one = await begun(office, server)
        await push.failed(office, one, "another size", give_up=True)
        assert await push.begin(office, server) is None
        clock.pass_by(timedelta(hours=1))
    call = await call_of(office, one.delivery)
    assert call is not None
    assert (call.state, call.last_error) == (OutgoingState.DEAD, "another size")
    assert await push.begin(office, server) is None


async def test_a_server_that_failed_is_not_waited_for_until_it_may_be_tried(office: Office, clock: Clock) -> None:
    await push_to(office, "rennes", TARGET)
    await deposited(office, "A-1", "rennes")
    assert await push.waiting(office, 10) == [(SID, 0)]
    await push.server_failed(office, await opened(office), "refused")
    assert await push.waiting(office, 10) == []
    clock.pass_by(timedelta(hours=1))
    assert await push.waiting(office, 10) == [(SID, 1)]
    await push.server_answered(office, await opened(office))
    assert (await breaker_of(office, "rennes")).failures == 0


async def test_a_server_that_keeps_failing_is_told_of_once_in_a_while(office: Office, clock: Clock) -> None:
    told = replace(office, policy=replace(office.policy, alert_channels=(AlertChannel.EMAIL,)))
    await push_to(told, "rennes", TARGET)
    for failures in range(1, 6):
        await push.server_failed(told, await opened(told), "refused")
        found = await office.store.read(lambda tx: tx.alerts.in_state(OutgoingState.PENDING, 10))
        assert len(found) == (failures >= 3)
    assert found[0].kind == "push.failing"
    assert '"host":"sftp.example.org"' in found[0].payload
    clock.pass_by(office.policy.alert_again)
    await push.server_failed(told, await opened(told), "refused")
    assert len(await office.store.read(lambda tx: tx.alerts.in_state(OutgoingState.PENDING, 10))) == 2
