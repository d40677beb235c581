"""The referential searched: every filter and every order, on both engines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.identity import Mode, OrganizationId
from gateway.domain.ids import new_id
from gateway.domain.lists import (
    ORGANIZATION_ORDERS,
    PROCESS_ORDERS,
    SUBSCRIPTION_ORDERS,
    CapabilityFilter,
    OrganizationFilter,
    Page,
    Paged,
    ProcessFilter,
    SubscriptionFilter,
)
from gateway.domain.referential import Contact, Organization, Process, Subscription, SubscriptionStatus
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store.rows import BREST, BREST_API, DAY, NOW, OSL, RENNES, RENNES_SFTP

OTHER_OSL = "OSL-13000918600011-00001"
WAITING = Subscription(
    new_id(),
    BREST,
    "CERTDC",
    SubscriptionStatus.INACTIVE,
    Mode.PORTAIL,
    delegation_actor=Contact("Zoe@example.org", "Zoé"),
    datapass_id=7,
)
ENDED = Subscription(new_id(), RENNES, "free", end_at=NOW)
EVERYTHING = {BREST_API.id, RENNES_SFTP.id, WAITING.id, ENDED.id}


def more(tx: Transaction) -> None:
    tx.organizations.add(Organization(OrganizationId.parse(OTHER_OSL), "Another operator", postal_code="35000"), NOW)
    tx.processes.add(Process("foreign", "Of another operator", osl=OTHER_OSL), NOW)
    tx.processes.add(Process("free", "Of nobody"), NOW)
    tx.processes.add(Process("asleep", "Not in use", is_activated=False), NOW)
    tx.subscriptions.add(WAITING, NOW)
    tx.subscriptions.add(ENDED, NOW)


@pytest.fixture
async def full(seeded: AnyStore) -> AnyStore:
    await seeded.write(more)
    return seeded


async def found(store: AnyStore, page: Page | None = None, **asked: Any) -> Paged[Subscription]:
    return await store.read(lambda tx: tx.directory.subscriptions(SubscriptionFilter(**asked), page or Page(), NOW))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, EVERYTHING),
        ({"processes": ("CERTDC", "free")}, {WAITING.id, ENDED.id}),
        ({"process": "CERTDC"}, {WAITING.id}),
        ({"status": "Actif"}, {BREST_API.id, RENNES_SFTP.id}),
        ({"status": "Inactif"}, {WAITING.id, ENDED.id}),
        ({"status": "Refusé"}, set()),
        ({"company_register": BREST.split("-")[1]}, {BREST_API.id, WAITING.id}),
        ({"delegation_actor_email": "zoe@EXAMPLE.org"}, {WAITING.id}),
        ({"delegation_actor_email": "zoe@example.or"}, set()),
        ({"osl": OSL}, EVERYTHING),
        ({"osl": OTHER_OSL}, {ENDED.id}),
        ({"osl": OTHER_OSL, "processes": ("EtatCivil",)}, set()),
    ],
)
async def test_subscriptions_are_filtered(full: AnyStore, asked: dict[str, Any], expected: set[str]) -> None:
    page = await found(full, **asked)
    assert {one.id for one in page.items} == expected
    assert page.total == len(expected)


async def test_pages_follow_each_other_and_know_how_many_there_are(full: AnyStore) -> None:
    first, second = await found(full, Page(0, 3)), await found(full, Page(3, 3))
    assert [one.id for one in first.items + second.items] == sorted(EVERYTHING)
    assert (first.total, second.total, second.offset) == (4, 4, 3)
    beyond = await found(full, Page(9, 3))
    assert (beyond.items, beyond.total) == ((), 4)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("order", SUBSCRIPTION_ORDERS)
async def test_subscriptions_can_be_ordered_by_each_field(full: AnyStore, order: str, descending: bool) -> None:
    page = await found(full, Page(order=order, descending=descending))
    assert {one.id for one in page.items} == EVERYTHING


async def test_an_order_has_its_direction_and_nulls_come_last(full: AnyStore) -> None:
    modes = [one.access_mode for one in (await found(full, Page(order="access_mode", descending=True))).items]
    assert modes == [Mode.SFTP, Mode.PORTAIL, Mode.API, Mode.API]
    for descending in (False, True):
        assert (await found(full, Page(order="datapass_id", descending=descending))).items[0] == WAITING
    shown = [one.shown(NOW).value for one in (await found(full, Page(order="status"))).items]
    assert shown == ["Actif", "Actif", "Inactif", "Inactif"]


async def test_organizations_are_filtered_and_ordered(full: AnyStore) -> None:
    async def names(page: Page | None = None, **asked: Any) -> list[str]:
        listed = await full.read(lambda tx: tx.directory.organizations(OrganizationFilter(**asked), page or Page()))
        assert listed.total >= len(listed.items)
        return [str(one.id) for one in listed.items]

    assert await names() == [OSL, OTHER_OSL, BREST, RENNES]
    assert await names(type="SI") == [BREST, RENNES]
    assert await names(company_register=OSL.split("-")[1]) == [OSL, OTHER_OSL]
    assert await names(only=RENNES) == [RENNES]
    assert await names(only=RENNES, type="OSL") == []
    assert await names(Page(1, 1, "branch_code", True)) == [BREST]
    for order in ORGANIZATION_ORDERS:
        assert sorted(await names(Page(order=order))) == sorted([OSL, OTHER_OSL, BREST, RENNES])


async def test_processes_are_filtered_and_ordered(full: AnyStore) -> None:
    async def codes(page: Page | None = None, **asked: Any) -> list[str]:
        listed = await full.read(lambda tx: tx.directory.processes(ProcessFilter(**asked), page or Page()))
        return [one.code for one in listed.items]

    everything = {"CERTDC", "EtatCivil", "foreign", "free", "asleep"}
    assert set(await codes()) == everything
    assert await codes(osl=OTHER_OSL) == ["foreign"]
    assert set(await codes(seen_by=OSL)) == everything - {"foreign"}
    assert await codes(subscriber=RENNES, code="free") == ["free"]
    assert set(await codes(subscriber=RENNES)) == {"EtatCivil", "free"}
    for order in PROCESS_ORDERS:
        assert set(await codes(Page(order=order))) == everything


async def test_capabilities_are_those_of_now(full: AnyStore) -> None:
    async def taken(after: tuple[str, str] | None = None, most: int = 10, **asked: Any) -> list[tuple[str, str]]:
        asked_for = CapabilityFilter(**asked)
        rows = await full.read(lambda tx: tx.directory.capabilities(asked_for, after, most, NOW))
        return [(one.process, str(one.organization)) for one in rows]

    both = [("EtatCivil", BREST), ("EtatCivil", RENNES)]
    assert await taken() == both
    assert await taken(most=1) == both[:1]
    assert await taken(both[0]) == both[1:]
    assert await taken(both[1]) == []
    assert await taken(osl=OTHER_OSL) == []
    assert await taken(process="CERTDC") == []
    assert await taken(processes=("CERTDC", "EtatCivil"), branch_code="35238") == both[1:]
    assert await taken(company_register=BREST.split("-")[1]) == both[:1]
    assert await taken(postal_code="35000") == []
    await full.write(lambda tx: tx.subscriptions.change(replace(ENDED, end_at=NOW + DAY), NOW))
    assert await taken(osl=OTHER_OSL) == [("free", RENNES)]
    await full.write(lambda tx: tx.subscriptions.change(replace(ENDED, end_at=None, activate_at=NOW + DAY), NOW))
    assert await taken(osl=OTHER_OSL) == []
    await full.write(lambda tx: tx.processes.change(Process("EtatCivil", "Off", osl=OSL, is_activated=False), NOW))
    assert await taken() == []
