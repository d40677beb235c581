"""One organization's cases given to another."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gateway.domain.errors import ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller, Mode, OrganizationId
from gateway.domain.ids import new_id
from gateway.domain.outgoing import OutgoingState
from gateway.domain.referential import Organization, Subscription, SubscriptionStatus
from gateway.services import cases, transfers
from tests.services.people import BREST, BREST_API, DEPOSITOR, OPERATOR, RENNES, RENNES_API, START, VANNES
from tests.services.town import Town

BRANCH = "SI-21290019900015-29999"  # another branch of Brest


async def move(town: Town, caller: Caller, source: str, target: str) -> int:
    parse = OrganizationId.parse
    return await transfers.migrate_cases(town.office, caller, parse(source), parse(target))


async def open_branch(town: Town, *processes: str) -> None:
    """A branch of Brest that takes these processes over the API."""
    organization = Organization(OrganizationId.parse(BRANCH), "Brest, annexe")
    await town.store.write(lambda tx: tx.organizations.add(organization, START))
    for process in processes:
        new = Subscription(new_id(), BRANCH, process, access_mode=Mode.API)
        town.subscriptions[BRANCH, process] = new
        await town.store.write(lambda tx, new=new: tx.subscriptions.add(new, START))  # type: ignore[misc]  # mypy infers no default


async def test_cases_move_with_all_that_belongs_to_them(town: Town) -> None:
    view = await town.deposit(to=(RENNES, BREST))
    await town.deposit("A-2", process="CERTDC")
    before = await town.deliveries(view)
    assert await move(town, OPERATOR, RENNES, BREST) == 2
    (line,) = await town.lines("cases.migrated")
    assert line.detail == {
        "from": RENNES,
        "to": BREST,
        "processes": ["CERTDC", "EtatCivil"],
        "cases": 2,
        "events": 0,
        "notifications": 0,
        "deliveries": 2,
    }
    case = (await cases.read_case(town.office, BREST_API, view.cases[0].id)).case
    assert (case.recipient, case.subscription_id) == (BREST, town.subscriptions[BREST, "EtatCivil"].id)
    (after,) = await town.deliveries(view)
    assert after == replace(before[0], subscription_id=case.subscription_id)
    assert len(await town.inbox(BREST_API)) == 3
    assert await town.listing() == []
    with pytest.raises(ForbiddenError):
        await cases.read_case(town.office, RENNES_API, view.cases[0].id)


async def test_what_the_source_said_is_the_targets(town: Town) -> None:
    view = await town.deposit(to=(BREST,))
    await town.say(BREST_API, view, message="bonjour", notification=True)
    await town.say(DEPOSITOR, view, message="à vous", notification=True)
    await move(town, OPERATOR, BREST, VANNES)
    assert [one.transmitter for one in await town.events(view)] == [VANNES, DEPOSITOR.organization]
    (told,) = await town.inbox(DEPOSITOR)
    assert (told.recipient, told.transmitter) == (DEPOSITOR.organization, VANNES)


async def test_the_webhook_of_the_target_is_told_of_what_is_open(town: Town) -> None:
    closed = await town.deposit(to=(BREST,))
    await town.dismissed()
    opened = await town.deposit("A-2", (BREST,))
    await town.change_subscription(RENNES, "EtatCivil", webhook="https://hook.example.org/")
    await town.deposit("A-3", (RENNES,))
    await move(town, OPERATOR, BREST, RENNES)
    (done,), (waiting,) = [await town.deliveries(view) for view in (closed, opened)]
    calls = await town.store.read(lambda tx: tx.outbox.in_state(OutgoingState.PENDING, 10))
    told = [json.loads(call.payload)["data"] for call in calls]
    assert [one["notificationId"] for one in told][1:] == [waiting.id]
    assert done.id not in {one["notificationId"] for one in told}
    assert (told[1]["subscriber"], told[1]["caseId"]) == (RENNES, opened.cases[0].id)
    assert {call.subscription_id for call in calls} == {town.subscriptions[RENNES, "EtatCivil"].id}


async def test_the_target_fetches_over_its_own_door(town: Town) -> None:
    await town.deposit(to=(BREST,))
    await move(town, OPERATOR, BREST, VANNES)
    assert await town.inbox(BREST_API) == []
    (name,) = await town.listing("vannes")
    await town.move(await town.fetch(name, "vannes"), username="vannes")
    assert await town.listing("vannes") == []


async def test_nothing_moves_unless_the_target_takes_every_process(town: Town) -> None:
    view = await town.deposit(to=(BREST,))
    await town.deposit("A-2", (BREST,), process="CERTDC")
    await open_branch(town)
    with pytest.raises(InvalidRequestError) as refused:
        await move(town, OPERATOR, BREST, BRANCH)
    assert refused.value.faults == tuple(
        f"Case recipient {BRANCH} does not suscribed to {process}" for process in ("CERTDC", "EtatCivil")
    )
    await town.change_subscription(VANNES, "CERTDC", status=SubscriptionStatus.SUSPENDED)
    with pytest.raises(InvalidRequestError) as refused:
        await move(town, OPERATOR, BREST, VANNES)
    assert refused.value.faults == (f"Case recipient {VANNES} does not suscribed to CERTDC",)
    assert len(await town.inbox(BREST_API)) == 2
    assert (await cases.read_case(town.office, BREST_API, view.cases[0].id)).case.recipient == BREST
    assert await town.lines("cases.migrated") == []


async def test_a_recipient_gives_its_own_to_a_branch_of_itself(town: Town) -> None:
    await open_branch(town, "EtatCivil")
    await town.deposit(to=(BREST,))
    for caller, source, target in (
        (BREST_API, BREST, RENNES),  # another register
        (RENNES_API, BREST, BRANCH),  # not its own
        (replace(BREST_API, organization=BRANCH), BREST, BRANCH),  # the one that would get them
        (DEPOSITOR, BREST, BRANCH),
    ):
        with pytest.raises(ForbiddenError, match="Unauthorized user"):
            await move(town, caller, source, target)
    assert await move(town, BREST_API, BREST, BRANCH) == 1


async def test_a_credential_for_one_process_moves_the_cases_of_that_process(town: Town) -> None:
    await open_branch(town, "EtatCivil")
    await town.deposit(to=(BREST,))
    await town.deposit("A-2", (BREST,), process="CERTDC")
    assert await move(town, replace(BREST_API, process="EtatCivil"), BREST, BRANCH) == 1
    assert [one.process for one in await town.inbox(BREST_API)] == ["CERTDC"]


async def test_who_is_not_there_is_not_found_and_itself_is_refused(town: Town) -> None:
    for source, target in ((BRANCH, BREST), (BREST, BRANCH)):
        with pytest.raises(NotFoundError, match="Organization is not found"):
            await move(town, OPERATOR, source, target)
    with pytest.raises(InvalidRequestError, match="another organization"):
        await move(town, OPERATOR, BREST, BREST)
