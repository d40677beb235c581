"""Readiness of subscriptions: each point, for one and for many alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.errors import ForbiddenError, NotFoundError
from gateway.domain.identity import Door, Mode, Role, Transport
from gateway.domain.pushing import Breaker, PushTarget
from gateway.domain.readiness import Point, Readiness
from gateway.domain.referential import ApiClient, SubscriptionStatus
from gateway.domain.retry import RetryPolicy
from gateway.domain.sightings import Sighting
from gateway.services import cases, rehearsals
from gateway.services.readiness import readiness, readiness_of
from tests.services.people import BREST, DAY, HOUR, OPERATOR, RENNES, RENNES_API, VANNES
from tests.services.town import Town


async def client(town: Town, **changes: Any) -> None:
    """Gives Rennes a client of the API."""
    new = replace(ApiClient("rennes-api", RENNES, Role.SI, secret_hashes=("hash",)), **changes)
    await town.store.write(lambda tx: tx.clients.add(new, town.clock()))


async def seen(town: Town, door: Door, credential: str, *, legacy: bool = False) -> None:
    """Somebody came in by a credential just now."""
    now = town.clock()
    one = Sighting(door, credential, now, "Suite 4.2", "aes256-ctr" if legacy else None, now if legacy else None)
    await town.store.write(lambda tx: tx.sightings.note(one))


async def of(town: Town, organization: str = RENNES, to: Mode = Mode.API, process: str = "EtatCivil") -> Readiness:
    """The readiness of a subscription."""
    identifier = town.subscriptions[organization, process].id
    return await readiness(town.office, OPERATOR, identifier, to)


def point(found: Readiness, name: str) -> Point:
    """The point of that name."""
    return next(one for one in found.points if one.name == name)


async def test_a_subscriber_who_has_tried_the_new_door_is_ready(town: Town) -> None:
    await client(town)
    await seen(town, Door.API, "rennes-api")
    await seen(town, Door.SFTP, "rennes", legacy=True)
    found = await of(town)
    assert found.go, found.against
    assert point(found, "credentials") == Point("credentials", True, "rennes-api: enabled")
    assert point(found, "used").reason == "rennes-api was last seen 0 min ago (Suite 4.2)"
    assert point(found, "present").reason == "rennes was last seen 0 min ago (Suite 4.2, aes256-ctr)"
    assert point(found, "algorithms") == Point("algorithms", None, "old algorithms, by exception: rennes")
    assert point(found, "rehearsal") == Point("rehearsal", None, "no rehearsal yet")


async def test_credentials_have_to_exist_for_the_process_and_to_have_been_tried(town: Town) -> None:
    assert point(await of(town), "credentials").ok is False
    await client(town, process="CERTDC")
    assert point(await of(town), "credentials").ok is False
    found = await of(town, process="CERTDC")
    assert (point(found, "credentials").ok, point(found, "used").ok) == (True, False)
    assert "never used" in found.against
    await seen(town, Door.API, "rennes-api")
    assert (await of(town, process="CERTDC")).go
    town.clock.pass_by(91 * DAY)
    assert point(await of(town, process="CERTDC"), "used").ok is False


@pytest.mark.parametrize("changes", [{"enabled": False}, {"secret_hashes": ()}, {"role": Role.OSL}])
async def test_a_client_that_opens_nothing_is_none(town: Town, changes: dict[str, Any]) -> None:
    await client(town, **changes)
    assert point(await of(town), "credentials").ok is False


async def test_an_account_needs_a_password_or_a_key_that_holds(town: Town) -> None:
    await town.switch(RENNES, Mode.API)
    assert point(await of(town, to=Mode.SFTP), "credentials").ok is False
    await town.change_account("rennes", password_hash="$hash", password_until=date(2026, 3, 2))
    await seen(town, Door.SFTP, "rennes")
    assert (await of(town, to=Mode.SFTP)).go
    town.clock.pass_by(DAY)
    assert point(await of(town, to=Mode.SFTP), "credentials").ok is False
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFlHq4kGx1dCBaT8vp0DXZ5ZbPqTsgcnBuCEaoDl5Tdt"
    await town.change_account("rennes", public_keys=(f'expiry-time="20260302" {key}',))
    assert point(await of(town, to=Mode.SFTP), "credentials").ok is False
    await town.change_account("rennes", public_keys=(key,))
    assert (await of(town, to=Mode.SFTP)).go
    await town.change_account("rennes", enabled=False)
    assert point(await of(town, to=Mode.SFTP), "credentials").ok is False


async def test_a_server_to_push_to_is_declared_or_not(town: Town) -> None:
    identifier = town.subscriptions[BREST, "EtatCivil"].id

    async def pushing() -> Readiness:
        return await readiness(town.office, OPERATOR, identifier, Mode.SFTP, Transport.PUSH)

    assert point(await pushing(), "credentials").ok is False
    await town.change_subscription(BREST, push=PushTarget("sftp.brest.example", "hub", ("ssh-ed25519 AAAA",)))
    found = await pushing()
    assert (found.go, point(found, "server").ok) == (True, None)
    failing = Breaker().after("connection refused", town.clock(), RetryPolicy(), 0.5)
    await town.store.write(lambda tx: tx.breakers.put(identifier, failing))
    assert (await pushing()).against_planning == "the server sftp.brest.example failed last: connection refused"
    assert await town.store.read(lambda tx: tx.readiness.doubtful(town.clock())) == {identifier}


async def test_nobody_is_ready_for_a_portal_that_is_not_there(town: Town) -> None:
    assert "no portal yet" in (await of(town, to=Mode.PORTAIL)).against


async def test_what_is_open_and_unanswered_is_told_and_decides_nothing(town: Town) -> None:
    first = await town.deposit("A-1")
    await town.deposit("A-2")
    town.clock.pass_by(30 * HOUR)
    await town.fetch((await town.listing())[0])
    found = await of(town)
    assert point(found, "undelivered") == Point(
        "undelivered", None, "1 deliveries wait to be fetched, 1 to be acknowledged; the oldest for 1 d"
    )
    assert point(found, "unanswered").reason == "2 cases have no final status; the oldest for 1 d"
    await town.answer("A-1", 100)
    assert await town.case_status(first) == "DONE"
    found = await of(town)
    assert point(found, "unanswered").reason.startswith("1 cases")
    assert point(found, "statuses") == Point(
        "statuses", None, "a mandatory status was skipped, and set by the gateway, in 1 of 1 cases (100 %)"
    )
    town.clock.pass_by(31 * DAY)
    assert "no case was answered" in point(await of(town), "statuses").reason


async def test_a_drain_has_to_end_first(town: Town) -> None:
    view = await town.deposit("A-1")
    (delivery,) = await town.deliveries(view)
    await town.pin(delivery, Mode.API, town.clock() + DAY)
    assert point(await of(town), "drain").ok is False
    town.clock.pass_by(DAY)
    assert point(await of(town), "drain").ok is True


async def test_what_the_two_systems_did_in_a_dual_run_decides(town: Town) -> None:
    await client(town)
    await seen(town, Door.API, "rennes-api")
    identifier = town.subscriptions[RENNES, "EtatCivil"].id
    view = await town.deposit("A-1")
    await rehearsals.start(town.office, OPERATOR, identifier, Mode.API, 7 * DAY)
    assert "nothing could be compared" in point(await of(town), "rehearsal").reason
    await town.fetch((await town.listing())[0])
    found = point(await of(town), "rehearsal")
    assert (found.ok, found.reason.endswith("equal 0, different 0, pending 1")) == (None, True)
    await town.read_all(RENNES_API, view)
    await town.answer("A-1", 100)
    for status in ("SI_RECEIVED", "DONE"):
        await cases.set_status(town.office, RENNES_API, view.cases[0].id, status)
    assert point(await of(town), "rehearsal").ok is True
    town.clock.pass_by(8 * DAY)
    await town.deposit("A-2")
    await rehearsals.end_due(town.office)
    assert (await of(town)).go
    await rehearsals.start(town.office, OPERATOR, identifier, Mode.API, 7 * DAY)
    await town.fetch((await town.listing())[0])
    town.clock.pass_by(8 * DAY)
    await rehearsals.end_due(town.office)
    found_again = await of(town)
    assert not found_again.go
    assert "fetched by SFTP only" in found_again.against
    await town.switch(RENNES, Mode.PORTAIL)
    assert point(await of(town), "rehearsal").reason == "no rehearsal yet"


async def test_only_an_active_subscription_in_another_mode_can_be_switched(town: Town) -> None:
    assert "in mode SFTP (pull) already" in (await of(town, to=Mode.SFTP)).against
    await town.change_subscription(RENNES, status=SubscriptionStatus.SUSPENDED)
    assert "the subscription is Suspendu" in (await of(town)).against


async def test_operators_alone_may_ask(town: Town) -> None:
    with pytest.raises(ForbiddenError):
        await readiness_of(town.office, RENNES_API, (), Mode.API)
    with pytest.raises(NotFoundError):
        await readiness(town.office, OPERATOR, "0197a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b", Mode.API)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
async def test_one_and_many_are_judged_alike(town: Town, data: st.DataObject) -> None:
    """Whatever happened to whom, the page says of each what the single look-up says."""
    whom = data.draw(st.sampled_from([RENNES, VANNES, BREST]))
    deed = data.draw(st.sampled_from(["deposit", "fetch", "seen", "answer", "suspend", "time"]))
    number = data.draw(st.uuids()).hex[:12]
    if deed == "deposit":
        await town.deposit(number, (whom,))
    elif deed == "fetch":
        for name in (await town.listing("vannes"))[:1]:
            await town.fetch(name, "vannes")
    elif deed == "seen":
        await seen(town, Door.SFTP, data.draw(st.sampled_from(["rennes", "shared", "vannes"])), legacy=True)
    elif deed == "answer":
        await town.deposit(number, (VANNES,))
        await town.answer(number, 100, username="vannes", name=f"{number}.zip")
    elif deed == "suspend":
        status = data.draw(st.sampled_from([SubscriptionStatus.SUSPENDED, SubscriptionStatus.ACTIVE]))
        await town.change_subscription(whom, "CERTDC", status=status)
    else:
        town.clock.pass_by(timedelta(hours=data.draw(st.integers(1, 500))))
    ids = [one.id for one in town.subscriptions.values()]
    to = data.draw(st.sampled_from(Mode))
    many = await readiness_of(town.office, OPERATOR, [*ids, number], to)
    assert list(many) == ids
    assert many == {one: await readiness(town.office, OPERATOR, one, to) for one in ids}
    quick = await readiness_of(town.office, OPERATOR, ids, to, whole=False)
    assert {one: found.against for one, found in quick.items()} == {one: found.against for one, found in many.items()}
