"""The subscriptions of a move: every filter against a naive model, in pages, and what speaks against each."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from gateway.domain.deliveries import DeliveryState
from gateway.domain.identity import Door, Mode, OrganizationId, Role, Transport
from gateway.domain.ids import new_id
from gateway.domain.moves import MoveState, RowState, Selection, Subscriber
from gateway.domain.plans import Candidate
from gateway.domain.referential import ApiClient, Organization, Process, SftpAccount, Subscription
from gateway.domain.sightings import Sighting
from gateway.store.selection import AMONG
from gateway.store.statement import Statement
from gateway.store.tables import move_rows, moves
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store.rows import ACCOUNT, BREST, BREST_API, DAY, NOW, OSL, RENNES, RENNES_SFTP, add_case, add_delivery

REGISTERS = ("21350238800019", "21290019900015", "21971105800011")
BRANCHES = ("22001", "2A004", "97105", "2a004")
PROCESSES = ("EtatCivil", "CERTDC")
DOORS = ((Mode.SFTP, Transport.PULL), (Mode.SFTP, Transport.PUSH), (Mode.API, Transport.PULL))


def town(tx: Transaction) -> None:
    """Every register with every branch, each subscribed to both processes by one door after the other."""
    tx.organizations.add(Organization(OrganizationId.parse(OSL), "the depositor"), NOW)
    for code in PROCESSES:
        tx.processes.add(Process(code, code), NOW)
    for number, (register, branch) in enumerate(product(REGISTERS, BRANCHES)):
        name = OrganizationId("SI", register, branch)
        tx.organizations.add(Organization(name, "a town"), NOW)
        for position, code in enumerate(PROCESSES):
            mode, transport = DOORS[(number + position) % len(DOORS)]
            new = Subscription(new_id(), str(name), code, access_mode=mode, transport=transport)
            tx.subscriptions.add(new, NOW)


def every(tx: Transaction, asked: Selection, most: int = 5) -> list[Candidate]:
    found: list[Candidate] = []
    key = ("", "")
    while page := tx.candidates.after(asked, "m", key, most, NOW):
        assert len(page) <= most
        found += page
        key = page[-1].organization, page[-1].process
    return found


subscribers = st.builds(Subscriber, st.sampled_from(REGISTERS), st.none() | st.sampled_from(BRANCHES))
selections = st.builds(
    Selection,
    processes=st.lists(st.sampled_from((*PROCESSES, "PACS")), max_size=2).map(tuple),
    mode=st.none() | st.sampled_from(Mode),
    transport=st.none() | st.sampled_from(Transport),
    departments=st.lists(st.sampled_from(("22", "2A", "97", "971", "972", "29")), max_size=2).map(tuple),
    subscribers=st.lists(subscribers, max_size=2).map(tuple),
    exclude=st.lists(subscribers, max_size=2).map(tuple),
)


def chosen(asked: Selection, one: Candidate) -> bool:
    """The same said naively."""
    name = OrganizationId.parse(one.organization)
    return (
        (not asked.processes or one.process in asked.processes)
        and asked.mode in (None, one.mode)
        and (asked.transport is None or (one.mode is Mode.SFTP and one.transport is asked.transport))
        and (not asked.departments or name.branch_code.startswith(asked.departments))
        and (not asked.subscribers or any(each.names(name) for each in asked.subscribers))
        and not any(each.names(name) for each in asked.exclude)
    )


@given(asked=selections, most=st.integers(1, 30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the rows do not change between examples
async def test_a_selection_is_what_a_naive_model_says(peopled: AnyStore, asked: Selection, most: int) -> None:
    whole = await peopled.read(lambda tx: every(tx, Selection(), 7))
    assert len(whole) == len(REGISTERS) * len(BRANCHES) * len(PROCESSES)
    wanted = [one for one in whole if chosen(asked, one)]
    assert await peopled.read(lambda tx: every(tx, asked, most)) == wanted
    owners = sorted({one.organization for one in whole})[:4]
    some = await peopled.read(lambda tx: tx.candidates.of(asked, "m", owners, NOW))
    assert {one.id for one in some} == {one.id for one in wanted if one.organization in owners}


@pytest.fixture
async def peopled(store: AnyStore) -> AnyStore:
    await store.write(town)
    return store


async def only(store: AnyStore, owner: str = RENNES) -> Candidate:
    (found,) = await store.read(lambda tx: tx.candidates.of(Selection(), "m", [owner], NOW))
    return found


async def test_open_deliveries_are_counted_each_with_its_subscription(seeded: AnyStore) -> None:
    def deposit(tx: Transaction) -> None:
        for number, state in enumerate(DeliveryState):
            add_delivery(tx, add_case(tx, RENNES_SFTP, f"A-{number}"), state=state)
        gone = add_delivery(tx, add_case(tx, RENNES_SFTP, "A-9"))
        tx.deliveries.close(
            gone.id, DeliveryState.READY, DeliveryState.ACCEPTED, NOW, door=Door.API, actor="a", shown=True
        )
        add_delivery(tx, add_case(tx, BREST_API, "A-7"))

    await seeded.write(deposit)
    assert ((await only(seeded)).in_flight, (await only(seeded, BREST)).in_flight) == (2, 1)


async def test_what_is_known_of_a_subscription_comes_with_it(seeded: AnyStore) -> None:
    found = await only(seeded)
    assert (found.mode, found.transport, found.epoch, found.status) == (Mode.SFTP, Transport.PULL, 1, "Actif")
    assert (found.rehearses, found.pushes, found.elsewhere) == (None, False, None)
    await seeded.write(
        lambda tx: tx.subscriptions.change(
            replace(RENNES_SFTP, rehearsal_id=new_id(), rehearsal_mode=Mode.API, end_at=NOW - DAY), NOW
        )
    )
    found = await only(seeded)
    assert (found.rehearses, found.status) == (Mode.API, "Inactif")


@pytest.mark.parametrize(
    ("changes", "serves"),
    [
        ({}, False),
        ({"password_hash": "h"}, True),
        ({"public_keys": ("k",)}, True),
        ({"authorities": ("k",)}, True),
        ({"public_keys": ("k",), "enabled": False}, False),
    ],
)
async def test_an_account_serves_with_a_key_or_password(
    seeded: AnyStore, changes: dict[str, Any], serves: bool
) -> None:
    await seeded.write(lambda tx: tx.accounts.change(replace(ACCOUNT, **changes), NOW))
    assert (await only(seeded)).account is serves
    assert not (await only(seeded, BREST)).account


async def test_the_account_of_a_pushed_server_is_no_login(seeded: AnyStore) -> None:
    def push(tx: Transaction) -> None:
        tx.accounts.add(SftpAccount(account := new_id(), BREST, f"push:{BREST_API.id}", public_keys=("k",)), NOW)
        tx.accounts.serve(account, {BREST_API.id})

    await seeded.write(push)
    assert not (await only(seeded, BREST)).account


@pytest.mark.parametrize("state", MoveState)
@pytest.mark.parametrize("row", RowState)
async def test_another_move_holds_what_it_has_not_done_with(seeded: AnyStore, state: MoveState, row: RowState) -> None:
    def move(tx: Transaction) -> None:
        move = {"name": "other", "state": state, "spec": "{}", "plan_digest": "d", "size": 1, "planned_by": "me"}
        tx.session.run(Statement(insert(moves).values(id="x", planned_at=0, **move)))
        planned = {"wave": 1, "from_mode": "SFTP", "from_transport": "pull", "from_epoch": 1, "in_flight": 0}
        of = {"move_id": "x", "position": 1, "subscription_id": RENNES_SFTP.id, "state": row}
        tx.session.run(Statement(insert(move_rows).values(**of, **planned)))

    await seeded.write(move)
    to_do = row in (RowState.WAITING, RowState.REHEARSING)
    under_way = state in (MoveState.APPROVED, MoveState.RUNNING, MoveState.PAUSED)
    back = state is MoveState.ROLLBACK and (to_do or row is RowState.SWITCHED)
    assert (await only(seeded)).elsewhere == ("other" if (under_way and to_do) or back else None)
    same = await seeded.read(lambda tx: tx.candidates.of(Selection(), "other", [RENNES], NOW))
    assert same[0].elsewhere is None


async def test_credentials_are_those_of_recipients_that_can_log_in(seeded: AnyStore) -> None:
    kinds: list[dict[str, Any]] = [{}, {"enabled": False}, {"secret_hashes": ()}, {"role": Role.OSL}]

    def more(tx: Transaction) -> None:
        for number, changes in enumerate([*kinds, {"process": "CERTDC"}]):
            base = ApiClient(f"c{number}", OSL if number else RENNES, Role.SI, None, ("hash",))
            tx.clients.add(replace(base, **changes), NOW)
        for door, name, seen in ((Door.API, "c0", NOW), (Door.API, "c4", NOW - DAY), (Door.SFTP, "c4", NOW)):
            tx.sightings.note(Sighting(door, name, seen))

    await seeded.write(more)
    found = await seeded.read(lambda tx: tx.candidates.credentials(NOW))
    assert found == {(BREST, "EtatCivil"): False, (RENNES, None): True, (OSL, "CERTDC"): False}


async def test_who_has_logged_in_is_known_by_subscription(seeded: AnyStore) -> None:
    served = (await only(seeded)).id
    await seeded.write(lambda tx: tx.sightings.note(Sighting(Door.API, ACCOUNT.username, NOW)))
    assert await seeded.read(lambda tx: tx.candidates.logged_in(NOW)) == set()
    await seeded.write(lambda tx: tx.sightings.note(Sighting(Door.SFTP, ACCOUNT.username, NOW)))
    assert await seeded.read(lambda tx: tx.candidates.logged_in(NOW)) == {served}
    assert await seeded.read(lambda tx: tx.candidates.logged_in(NOW + DAY)) == set()


async def test_many_organizations_are_asked_for_at_once(peopled: AnyStore) -> None:
    whole = {(one.organization, one.process) for one in await peopled.read(lambda tx: every(tx, Selection()))}
    names = sorted({organization for organization, _ in whole})
    asked = [*names, *(f"SI-{number:014}-1" for number in range(AMONG - len(names)))]
    assert await peopled.read(lambda tx: tx.candidates.known(asked)) == whole
    assert await peopled.read(lambda tx: tx.candidates.known(names[:1])) == {
        pair for pair in whole if pair[0] == names[0]
    }


async def test_organizations_are_found_by_their_registers(peopled: AnyStore) -> None:
    asked = [REGISTERS[0], "99999999999999"]
    assert await peopled.read(lambda tx: tx.candidates.registered(asked)) == {
        Subscriber(REGISTERS[0], branch) for branch in BRANCHES
    }


async def test_thousands_can_be_named(peopled: AnyStore) -> None:
    many = tuple(Subscriber(f"{number:014}", branch) for number in range(1500) for branch in (None, "1"))
    whole = await peopled.read(lambda tx: every(tx, Selection()))
    assert await peopled.read(lambda tx: every(tx, Selection(exclude=many))) == whole
    one = (*many, Subscriber(REGISTERS[0], BRANCHES[0]))
    found = await peopled.read(lambda tx: every(tx, Selection(subscribers=one)))
    assert {row.organization for row in found} == {f"SI-{REGISTERS[0]}-{BRANCHES[0]}"}
