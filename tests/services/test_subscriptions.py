"""Subscriptions: created by their rules, seen by whom they concern, switched, and activated on their day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.domain.errors import ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller, Door, Mode, OrganizationId, Role
from gateway.domain.ids import new_id
from gateway.domain.journal import Entry
from gateway.domain.lists import Page, SubscriptionFilter
from gateway.domain.referential import Contact, Process, Subscription, SubscriptionStatus
from gateway.services import subscriptions
from gateway.services.once import Once, Replay
from gateway.services.subscriptions import SubscriptionChange, SubscriptionView
from tests.services.people import (
    BREST_API,
    DAY,
    DEPOSITOR,
    GATEWAY,
    OPERATOR,
    OSL,
    OTHER_DEPOSITOR,
    RENNES,
    START,
)
from tests.services.town import Town

DATAPASS = Caller(GATEWAY, Role.DATAPASS, Door.API, "datapass")
ACTIVE, INACTIVE = SubscriptionStatus.ACTIVE, SubscriptionStatus.INACTIVE
REFUSED, SUSPENDED = SubscriptionStatus.REFUSED, SubscriptionStatus.SUSPENDED


def asked(process: str = "PACS", subscriber: str = RENNES, **values: Any) -> Subscription:
    whole = Subscription("", subscriber, process, local_administrator=Contact("zoe@example.org", "Zoé"))
    return replace(whole, **values)


async def process(town: Town, code: str = "PACS", **values: Any) -> None:
    await town.store.write(lambda tx: tx.processes.add(Process(code, f"Name of {code}", **values), START))


async def created(town: Town, caller: Caller = OPERATOR, **values: Any) -> SubscriptionView:
    view = await subscriptions.create_subscription(town.office, caller, asked(**values))
    assert isinstance(view, SubscriptionView)
    return view


async def changed(
    town: Town, known: Subscription, status: SubscriptionStatus | None = None, **values: Any
) -> SubscriptionView:
    change = SubscriptionChange(
        known.process, OrganizationId.parse(known.organization), status, lambda found: replace(found, **values)
    )
    return await subscriptions.change_subscription(town.office, OPERATOR, known.id, change)


async def stored(town: Town, of: Subscription) -> Subscription:
    found = await town.store.read(lambda tx: tx.subscriptions.get(of.id))
    assert found is not None
    return found


@pytest.mark.parametrize("status", [ACTIVE, SUSPENDED, INACTIVE])
async def test_a_new_one_is_inactive_and_validated_where_that_goes_by_itself(
    town: Town, status: SubscriptionStatus
) -> None:
    await process(town)
    view = await created(town, DATAPASS, status=status, datapass_id=7, epoch=9)
    found = view.subscription
    assert (view.status, found.status, found.validate_at, found.epoch) == (INACTIVE, INACTIVE, START, 1)
    assert await stored(town, found) == found
    (line,) = await town.lines()
    assert (line.entry, line.subscription_id, line.epoch) == (Entry.SUBSCRIPTION_CREATED, found.id, 1)
    assert line.detail == {"subscriber": RENNES, "process": "PACS", "status": "Inactif", "mode": "API"}


async def test_one_that_was_refused_stays_refused(town: Town) -> None:
    await process(town)
    view = await created(town, DATAPASS, status=REFUSED, rejection_reason="Pièce manquante", validate_at=START)
    found = view.subscription
    assert (view.status, found.reject_at, found.validate_at) == (REFUSED, START, None)


async def test_only_an_operator_validates_what_is_validated_by_hand(town: Town) -> None:
    await process(town, "PACS", subscription_validation="Manual")
    await process(town, "AEC", subscription_validation="Manual")
    assert (await created(town, DATAPASS, validate_at=START)).subscription.validate_at is None
    assert (await created(town, OPERATOR, process="AEC", validate_at=START)).subscription.validate_at == START


async def test_every_fault_is_listed(town: Town) -> None:
    async def faults(**values: Any) -> tuple[str, ...]:
        with pytest.raises(InvalidRequestError) as refused:
            await subscriptions.create_subscription(town.office, OPERATOR, asked(**values))
        return refused.value.faults

    stranger = "SI-00000000000000-0"
    assert await faults(process="none", subscriber=stranger, activate_at=START, end_at=START) == (
        "processCode: process none does not exist",
        f"subscriber: organization {stranger} does not exist",
        "endDateTime: must be later than activateDateTime",
    )
    assert await faults(process="EtatCivil", subscriber=OSL) == (
        "subscriber: a subscriber is an organization of type SI",
    )
    assert await faults(process="EtatCivil") == (f"Subscription of {RENNES} to EtatCivil already exists",)
    assert await town.lines() == []


async def test_a_repeated_request_creates_nothing_twice(town: Town) -> None:
    await process(town)
    once = Once("key", b"same", lambda view: f"created {view.subscription.process}")
    await subscriptions.create_subscription(town.office, OPERATOR, asked(), once)
    again = await subscriptions.create_subscription(town.office, OPERATOR, asked(), once)
    assert again == Replay("created PACS")


async def test_only_registrars_create_and_only_operators_change(town: Town) -> None:
    known = town.subscriptions[RENNES, "EtatCivil"]
    change = SubscriptionChange("EtatCivil", OrganizationId.parse(RENNES), SUSPENDED, lambda found: found)
    for caller in (DEPOSITOR, BREST_API):
        with pytest.raises(ForbiddenError):
            await subscriptions.create_subscription(town.office, caller, asked())
    for caller in (DEPOSITOR, BREST_API, DATAPASS):
        with pytest.raises(ForbiddenError):
            await subscriptions.change_subscription(town.office, caller, known.id, change)
    assert await stored(town, known) == known
    with pytest.raises(NotFoundError, match="Subscription"):
        await subscriptions.change_subscription(town.office, OPERATOR, new_id(), change)


async def test_an_operators_credential_for_one_process_changes_and_sees_that_one_alone(town: Town) -> None:
    known = town.subscriptions[RENNES, "EtatCivil"]
    change = SubscriptionChange("EtatCivil", OrganizationId.parse(RENNES), SUSPENDED, lambda found: found)
    other, same = (replace(OPERATOR, process=process) for process in ("CERTDC", "EtatCivil"))
    for verb in (
        subscriptions.change_subscription(town.office, other, known.id, change),
        subscriptions.read_subscription(town.office, other, known.id),
    ):
        with pytest.raises(ForbiddenError):
            await verb
    assert await stored(town, known) == known
    assert (await subscriptions.change_subscription(town.office, same, known.id, change)).status is SUSPENDED


async def test_an_osl_sees_the_subscriptions_to_its_processes_and_to_those_of_nobody(town: Town) -> None:
    async def codes(caller: Caller) -> set[str]:
        found = await subscriptions.find_subscriptions(town.office, caller, SubscriptionFilter(), Page())
        assert found.total == len(found.items)
        return {view.subscription.process for view in found.items}

    own, free = town.subscriptions[RENNES, "EtatCivil"], town.subscriptions[RENNES, "CERTDC"]
    assert await codes(DEPOSITOR) == await codes(OPERATOR) == {"EtatCivil", "CERTDC"}
    assert await codes(OTHER_DEPOSITOR) == {"CERTDC"}
    assert await codes(replace(DEPOSITOR, process="EtatCivil")) == {"EtatCivil"}
    for caller in (DEPOSITOR, OPERATOR):
        assert (await subscriptions.read_subscription(town.office, caller, own.id)).subscription == own
    assert (await subscriptions.read_subscription(town.office, OTHER_DEPOSITOR, free.id)).subscription == free
    for caller in (OTHER_DEPOSITOR, BREST_API, DATAPASS, replace(DEPOSITOR, process="CERTDC")):
        with pytest.raises(ForbiddenError):
            await subscriptions.read_subscription(town.office, caller, own.id)
    for caller in (BREST_API, DATAPASS):
        with pytest.raises(ForbiddenError):
            await codes(caller)
    with pytest.raises(NotFoundError, match="Subscription"):
        await subscriptions.read_subscription(town.office, OPERATOR, new_id())


async def test_another_access_mode_is_a_switch(town: Town) -> None:
    known = town.subscriptions[RENNES, "EtatCivil"]
    view = await changed(town, known, access_mode=Mode.API, email="demat@example.org")
    assert (view.subscription.access_mode, view.subscription.epoch, view.subscription.updated_at) == (
        Mode.API,
        2,
        START,
    )
    assert await stored(town, known) == view.subscription
    switch, line = await town.lines()
    assert (switch.entry, switch.subscription_id, switch.epoch) == (Entry.SUBSCRIPTION_SWITCHED, known.id, 2)
    assert [switch.detail[name] for name in ("from", "to", "rule")] == ["SFTP (pull)", "API", "carry"]
    assert (line.entry, line.subscription_id, line.epoch) == (Entry.SUBSCRIPTION_CHANGED, known.id, 2)
    assert line.detail["fields"] == ["email"]
    assert "demat@example.org" not in repr(line)
    again = await changed(town, known, access_mode=Mode.API)
    assert again.subscription.epoch == 2
    assert len(await town.lines()) == 2


async def test_a_switch_hands_over_what_lies_in_the_inbox(town: Town) -> None:
    await town.deposit()
    rennes = Caller(RENNES, Role.SI, Door.API, "rennes-api")
    assert await town.inbox(rennes) == []
    await changed(town, town.subscriptions[RENNES, "EtatCivil"], access_mode=Mode.API)
    assert len(await town.inbox(rennes)) == 1


async def test_process_and_subscriber_stay(town: Town) -> None:
    known = town.subscriptions[RENNES, "EtatCivil"]
    change = SubscriptionChange(
        "CERTDC", OrganizationId.parse(OSL), None, lambda found: replace(found, activate_at=START, end_at=START)
    )
    with pytest.raises(InvalidRequestError) as refused:
        await subscriptions.change_subscription(town.office, OPERATOR, known.id, change)
    assert [fault.split(":")[0] for fault in refused.value.faults] == ["processCode", "subscriber", "endDateTime"]
    assert await stored(town, known) == known


async def test_it_becomes_active_one_minute_into_its_day_in_paris(town: Town) -> None:
    await process(town)
    found = (await created(town, activate_at=datetime(2026, 3, 5, 14, tzinfo=UTC))).subscription
    town.clock.now = datetime(2026, 3, 4, 23, 0, 59, tzinfo=UTC)
    assert await subscriptions.activate_due(town.office) == 0
    assert (await stored(town, found)).status is INACTIVE
    town.clock.now += timedelta(seconds=1)
    assert await subscriptions.activate_due(town.office) == 1
    assert (await stored(town, found)).active(town.clock.now)
    assert await subscriptions.activate_due(town.office) == 0
    line = (await town.lines())[-1]
    assert (line.entry, line.actor, line.subscription_id) == (Entry.SUBSCRIPTION_CHANGED, "activation", found.id)
    assert line.detail["status"] == {"from": "Inactif", "to": "Actif"}


@pytest.mark.parametrize(
    "values",
    [{"activate_at": None}, {"validate_at": START + DAY}, {"end_at": START + timedelta(milliseconds=1)}],
)
async def test_nothing_else_is_activated(town: Town, values: dict[str, Any]) -> None:
    await process(town)
    await created(town, **{"activate_at": START, **values})
    town.clock.pass_by(timedelta(minutes=1))
    assert await subscriptions.activate_due(town.office) == 0


@pytest.mark.parametrize("status", [SUSPENDED, REFUSED, INACTIVE])
async def test_what_an_operator_took_away_does_not_come_back_by_itself(town: Town, status: SubscriptionStatus) -> None:
    await process(town)
    known = (await created(town, activate_at=START)).subscription
    assert await subscriptions.activate_due(town.office) == 1
    assert (await changed(town, known, status)).status is status
    town.clock.pass_by(DAY)
    assert await subscriptions.activate_due(town.office) == 0
    assert (await stored(town, known)).status is status


async def test_a_status_brings_its_date(town: Town) -> None:
    await process(town, subscription_validation="Manual")
    known = (await created(town)).subscription
    assert (await changed(town, known, REFUSED)).subscription.reject_at == START
    view = await changed(town, known, ACTIVE)
    assert (view.status, view.subscription.validate_at) == (ACTIVE, START)


async def test_after_its_end_it_shows_as_inactive_and_a_later_end_revives_it(town: Town) -> None:
    known = town.subscriptions[RENNES, "EtatCivil"]
    await changed(town, known, end_at=START + DAY)
    town.clock.pass_by(DAY)
    assert (await subscriptions.read_subscription(town.office, DEPOSITOR, known.id)).status is INACTIVE
    assert (await changed(town, known, INACTIVE, end_at=START + 2 * DAY)).status is ACTIVE
