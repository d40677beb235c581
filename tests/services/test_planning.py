"""Plans of moves: who moves in which wave, who is blocked and why, and what cannot be planned."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.errors import ForbiddenError
from gateway.domain.identity import Door, Mode, Right, Role, Transport
from gateway.domain.moves import RowState, Selection, Spec, Subscriber, WaveSize
from gateway.domain.plans import Plan, PlanFault, UnplannableError, lines, read
from gateway.domain.pushing import PushTarget
from gateway.domain.readiness import RECENT
from gateway.domain.referential import ApiClient, SubscriptionStatus
from gateway.domain.sightings import Sighting
from gateway.domain.windows import Window
from gateway.services import planning, rehearsals
from tests.services.people import BREST, BREST_API, DAY, OPERATOR, RENNES, VANNES
from tests.services.town import Town

SFTP = Spec("m", Selection(mode=Mode.SFTP), Mode.API)
SERVER = PushTarget("sftp.example.org", "gateway", ("ssh-ed25519 AAAA",))


async def planned(town: Town, spec: Spec = SFTP, **changes: Any) -> Plan:
    return await planning.plan(town.office, OPERATOR, replace(spec, **changes))


async def client(town: Town, organization: str = RENNES, **values: Any) -> None:
    new = replace(ApiClient(f"{organization}-{len(values)}", organization, Role.SI, None, ("hash",)), **values)
    await town.store.write(lambda tx: tx.clients.add(new, town.clock()))


def reasons(plan: Plan) -> dict[tuple[str, str], str | None]:
    return {(one.organization, one.process): one.reason for one in plan.planned}


async def refused(town: Town, spec: Spec = SFTP, **changes: Any) -> tuple[PlanFault, ...]:
    with pytest.raises(UnplannableError) as caught:
        await planned(town, spec, **changes)
    return caught.value.found


async def test_what_is_in_flight_decides_who_goes_first(town: Town) -> None:
    await client(town, RENNES)
    await client(town, VANNES)
    await town.deposit("A-1", (RENNES,))
    await town.deposit("A-2", (RENNES, VANNES))
    await town.fetch("A-1-EtatCivil-1.zip")
    plan = await planned(town, waves=(WaveSize(count=3), WaveSize(percent=100.0, pause=DAY)))
    assert [
        (row.wave, one.organization, one.process, row.in_flight)
        for row, one in zip(plan.rows(), plan.planned, strict=True)
    ] == [
        (1, RENNES, "CERTDC", 0),
        (1, VANNES, "CERTDC", 0),
        (1, VANNES, "EtatCivil", 1),
        (2, RENNES, "EtatCivil", 2),
    ]
    assert [(wave.size, wave.starts_at - town.clock()) for wave in plan.waves] == [(3, 0 * DAY), (1, DAY)]
    assert read(lines(plan)) == plan
    assert (await planned(town, waves=plan.spec.waves)).digest == plan.digest


async def test_what_was_accepted_is_not_in_flight_any_more(town: Town) -> None:
    await town.deposit()
    opened = await town.fetch("A-1-EtatCivil-1.zip")
    only = Selection(processes=("EtatCivil",), subscribers=(Subscriber(RENNES.split("-")[1]),))
    assert [one.in_flight for one in (await planned(town, select=only)).planned] == [1]
    await town.move(opened)
    assert [one.in_flight for one in (await planned(town, select=only)).planned] == [0]


async def test_without_a_client_nobody_moves_to_the_api(town: Town) -> None:
    await client(town, RENNES, process="CERTDC")
    await client(town, VANNES, enabled=False)
    await client(town, VANNES, secret_hashes=(), client_id="without")
    await client(town, VANNES, role=Role.OSL, client_id="depositor")
    plan = await planned(town)
    moving = {pair for pair, reason in reasons(plan).items() if reason is None}
    assert moving == {(RENNES, "CERTDC")}
    assert {row.reason for row in plan.rows() if row.state is RowState.BLOCKED} == {
        "no API client of the organization is enabled, has a secret, and is for this process"
    }
    assert [(row.wave, row.state) for row in plan.rows()] == [(1, RowState.WAITING), *[(0, RowState.BLOCKED)] * 3]
    assert (plan.moving, len(plan.planned)) == (1, 4)


async def test_without_an_account_or_server_nobody_moves_to_sftp(town: Town) -> None:
    spec = Spec("m", Selection(mode=Mode.API), Mode.SFTP)
    assert set(reasons(await planned(town, spec)).values()) == {
        "no SFTP account serves it that is enabled and has a password or key"
    }
    brest = town.subscriptions[BREST, "EtatCivil"]
    served = {found.id for (owner, _), found in town.subscriptions.items() if owner == RENNES}
    await town.store.write(lambda tx: tx.accounts.serve(town.accounts["rennes"].id, {brest.id, *served}))
    assert reasons(await planned(town, spec))[BREST, "EtatCivil"] is not None
    await town.change_account("rennes", public_keys=("ssh-ed25519 AAAA",))
    assert reasons(await planned(town, spec))[BREST, "EtatCivil"] is None
    await town.change_account("rennes", enabled=False)
    assert reasons(await planned(town, spec))[BREST, "EtatCivil"] is not None
    push = replace(spec, transport=Transport.PUSH)
    assert set(reasons(await planned(town, push)).values()) == {"no server is declared to push to"}
    await town.change_subscription(BREST, push=SERVER)
    assert reasons(await planned(town, push))[BREST, "EtatCivil"] is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": SubscriptionStatus.SUSPENDED}, "the subscription is suspended"),
        ({"status": SubscriptionStatus.REFUSED}, "the subscription was refused"),
        ({"status": SubscriptionStatus.INACTIVE}, "the subscription is not active"),
        ({"end_at": timedelta(0)}, "the subscription is not active"),
        ({"activate_at": 2 * DAY}, "the subscription is not active"),
        ({"rehearsal_mode": Mode.API, "rehearsal_id": "r"}, "a dual run is under way already: API rehearses"),
    ],
)
async def test_what_a_subscription_itself_says_against_it(town: Town, change: dict[str, Any], reason: str) -> None:
    await client(town)
    at: dict[str, Any] = {
        key: town.clock() + value if isinstance(value, timedelta) else value for key, value in change.items()
    }
    await town.change_subscription(RENNES, **at)
    assert reasons(await planned(town))[RENNES, "EtatCivil"] == reason


async def test_what_is_so_already_is_counted_and_left_alone(town: Town) -> None:
    await client(town)
    plan = await planned(town, select=Selection(processes=("EtatCivil",)))
    assert (plan.unchanged, {pair[0] for pair in reasons(plan)}) == (1, {RENNES, VANNES})
    pull = Spec("m", Selection(mode=Mode.SFTP), Mode.SFTP, Transport.PUSH)
    await town.change_subscription(RENNES, transport=Transport.PUSH, push=SERVER)
    assert (await planned(town, pull)).unchanged == 1


async def test_a_list_is_looked_up_row_by_row(town: Town) -> None:
    await client(town)
    listed = ((RENNES, "EtatCivil"), (BREST, "EtatCivil"))
    plan = await planned(town, select=Selection(mode=Mode.SFTP, listed=listed))
    assert set(reasons(plan)) == {(RENNES, "EtatCivil")}
    unknown = ((RENNES, "PACS"), *listed, ("SI-99999999999999-1", "EtatCivil"))
    faults = await refused(town, select=Selection(listed=unknown))
    assert [(fault.path, fault.message) for fault in faults] == [
        (("select", "list", 0), f"there is no subscription of {RENNES} to PACS"),
        (("select", "list", 3), "there is no subscription of SI-99999999999999-1 to EtatCivil"),
    ]


async def test_what_matches_nothing_or_leaves_some_out_cannot_be_planned(town: Town) -> None:
    await client(town)
    nobody = Selection(mode=Mode.SFTP, subscribers=(Subscriber(BREST.split("-")[1]),))
    assert await refused(town, select=nobody) == (PlanFault(("select",), "matches no subscription"),)
    assert await refused(town, select=Selection(processes=("EtatCivil", "PACS"))) == (
        PlanFault(("select", "process", 1), "there is no process PACS"),
    )
    assert await refused(town, select=Selection(subscribers=(Subscriber(BREST.split("-")[1]),))) == (
        PlanFault(("to",), "every selected subscription is in mode API already: 2"),
    )
    (left,) = await refused(town, waves=(WaveSize(count=1),))
    assert left.path == ("waves",)
    assert left.message.startswith("the waves leave 1 of 2 subscriptions out")


async def test_whoever_is_named_exists(town: Town) -> None:
    """A mistyped exception would otherwise be switched with all the others."""
    await client(town)
    register, branch = RENNES.split("-")[1:]
    named = (Subscriber(register, branch), Subscriber("99999999999999"), Subscriber(register, "00001"))
    faults = await refused(
        town, select=Selection(mode=Mode.SFTP, processes=("PACS",), subscribers=named, exclude=named[1:])
    )
    assert [(fault.path, fault.message) for fault in faults] == [
        (("select", "process", 0), "there is no process PACS"),
        (("select", "organizations", 1), "there is no organization 99999999999999"),
        (("select", "organizations", 2), f"there is no organization {register} with the branch code 00001"),
        (("select", "exclude", 0), "there is no organization 99999999999999"),
        (("select", "exclude", 1), f"there is no organization {register} with the branch code 00001"),
    ]
    without = Selection(mode=Mode.SFTP, exclude=(Subscriber(register),))
    assert {organization for organization, _ in reasons(await planned(town, select=without))} == {VANNES}


async def test_nobody_is_planned_for_a_portal_that_is_not_there(town: Town) -> None:
    plan = await planned(town, to=Mode.PORTAIL)
    assert (plan.moving, set(reasons(plan).values())) == (
        0,
        {"this gateway has no portal yet: nobody can be switched to it"},
    )


async def test_waves_begin_in_the_window(town: Town) -> None:
    await client(town)
    sunday = Window(frozenset({6}))
    plan = await planned(town, window=sunday)
    assert plan.waves[0].starts_at == sunday.opens(town.clock()) > town.clock()


async def test_planning_is_a_right_and_only_reads(town: Town) -> None:
    await client(town)
    await planned(town)
    assert await town.lines() == []
    operator = replace(OPERATOR, door=Door.API)
    with pytest.raises(ForbiddenError):
        await planning.plan(town.office, operator, SFTP)
    await planning.plan(town.office, replace(operator, rights=frozenset({Right.PLAN})), SFTP)
    with pytest.raises(ForbiddenError):
        await planning.plan(town.office, replace(BREST_API, rights=frozenset(Right)), SFTP)


async def test_what_is_known_of_a_subscriber_besides_stands_against_it_too(town: Town) -> None:
    await client(town)
    view = await town.deposit()
    (delivery,) = await town.deliveries(view)
    await town.pin(delivery, Mode.SFTP, town.clock() + DAY)
    assert reasons(await planned(town))[RENNES, "EtatCivil"] == (
        "1 deliveries are pinned by an earlier drain: let it end"
    )
    town.clock.pass_by(DAY)
    assert reasons(await planned(town))[RENNES, "EtatCivil"] is None
    await rehearsals.start(town.office, OPERATOR, town.subscriptions[RENNES, "EtatCivil"].id, Mode.API, DAY)
    await town.fetch("A-1-EtatCivil-1.zip")
    town.clock.pass_by(DAY)
    await rehearsals.end_due(town.office)
    reason = reasons(await planned(town))[RENNES, "EtatCivil"]
    assert reason is not None
    assert "fetched by SFTP only" in reason


async def test_credentials_that_have_ended_open_no_door(town: Town) -> None:
    spec = Spec("m", Selection(mode=Mode.API), Mode.SFTP)
    brest = {found.id for (owner, _), found in town.subscriptions.items() if owner == BREST}
    await town.store.write(lambda tx: tx.accounts.serve(town.accounts["rennes"].id, brest))
    await town.change_account("rennes", password_hash="hash", password_until=town.clock().date())
    assert set(reasons(await planned(town, spec)).values()) == {None}
    town.clock.pass_by(DAY)
    assert set(reasons(await planned(town, spec)).values()) == {
        "no enabled SFTP account with a password or key that holds: create one and hand it over"
    }


def warned(plan: Plan) -> set[tuple[str, str]]:
    return {(one.organization, one.process) for one in plan.planned if one.warning is not None}


async def test_whoever_has_not_tried_the_api_is_named_and_stands_in_the_plan_all_the_same(town: Town) -> None:
    await client(town, RENNES)
    await client(town, VANNES, process="CERTDC")
    plan = await planned(town)
    assert (plan.moving, plan.untried) == (3, 3)
    assert warned(plan) == {(RENNES, "EtatCivil"), (RENNES, "CERTDC"), (VANNES, "CERTDC")}
    seen = Sighting(Door.API, f"{RENNES}-0", town.clock())
    await town.store.write(lambda tx: tx.sightings.note(seen))
    later = await planned(town)
    assert warned(later) == {(VANNES, "CERTDC")}
    assert (later.digest, list(lines(later))) == (plan.digest, list(lines(plan)))
    town.clock.pass_by(RECENT + DAY)
    assert (await planned(town)).untried == 3


async def test_on_the_way_back_to_sftp_an_account_has_to_have_logged_in(town: Town) -> None:
    spec = Spec("m", Selection(mode=Mode.API), Mode.SFTP)
    brest = {found.id for (owner, _), found in town.subscriptions.items() if owner == BREST}
    await town.store.write(lambda tx: tx.accounts.serve(town.accounts["rennes"].id, brest))
    await town.change_account("rennes", password_hash="hash")
    assert (await planned(town, spec)).untried == len(brest)
    seen = Sighting(Door.SFTP, "rennes", town.clock())
    await town.store.write(lambda tx: tx.sightings.note(seen))
    assert (await planned(town, spec)).untried == 0
