"""Leases: of several processes that would run a job, one does."""

from __future__ import annotations

from datetime import timedelta

from gateway.domain.outgoing import Lease
from gateway.services import leases
from tests.services.people import both
from tests.services.town import Town

MINUTE = timedelta(minutes=1)


async def test_a_lease_is_one_holders_until_it_ends(town: Town) -> None:
    office, now = town.office, town.clock()
    assert await leases.hold(office, "expiry", "one", MINUTE) == Lease("expiry", "one", 1, now + MINUTE)
    assert await leases.hold(office, "expiry", "other", MINUTE) is None
    assert await leases.hold(office, "outgoing", "other", MINUTE) is not None
    town.clock.pass_by(MINUTE)
    assert await leases.hold(office, "expiry", "other", MINUTE) == Lease("expiry", "other", 2, now + 2 * MINUTE)
    assert await leases.hold(office, "expiry", "one", MINUTE) is None


async def test_its_holder_prolongs_it_under_the_same_number(town: Town) -> None:
    await leases.hold(town.office, "expiry", "one", MINUTE)
    town.clock.pass_by(MINUTE / 2)
    lease = await leases.hold(town.office, "expiry", "one", MINUTE)
    assert lease == Lease("expiry", "one", 1, town.clock() + MINUTE)
    town.clock.pass_by(MINUTE)
    late = await leases.hold(town.office, "expiry", "one", MINUTE)
    assert late is not None
    assert late.fence == 2  # somebody else might have had it in between


async def test_a_lease_that_was_given_back_is_free_and_its_number_never_comes_back(town: Town) -> None:
    await leases.hold(town.office, "expiry", "one", MINUTE)
    await leases.release(town.office, "expiry", "other")
    assert await leases.hold(town.office, "expiry", "other", MINUTE) is None
    await leases.release(town.office, "expiry", "one")
    lease = await leases.hold(town.office, "expiry", "other", MINUTE)
    assert lease is not None
    assert lease.fence == 2


async def test_of_two_that_ask_at_the_same_time_one_gets_it(town: Town) -> None:
    found = await both(
        leases.hold(town.office, "expiry", "one", MINUTE), leases.hold(town.office, "expiry", "other", MINUTE)
    )
    assert sum(one is None for one in found) == 1
