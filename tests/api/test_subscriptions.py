"""Subscriptions over HTTP, as the hub's interface file has them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.referential import CONTACT, ask, declared, subscription_body
from tests.api.visitor import NOWHERE, RENNES, Visitor, organization

SUBSCRIPTIONS = "/subscriptions"
NOW = "2026-03-02T09:00:00.123+00:00"


async def created(visitor: Visitor, **changes: Any) -> dict[str, Any]:
    await declared(visitor)
    answer = await ask(visitor, "datapass", "POST", SUBSCRIPTIONS, json=subscription_body(**changes))
    assert answer.status == 201, answer.body
    found: dict[str, Any] = answer.json
    return found


async def test_a_new_one_comes_back_with_its_people_and_later_with_their_addresses(visitor: Visitor) -> None:
    found = await created(visitor, activateDateTime="2026-03-05T14:00:00+01:00", email="demat@example.org")
    assert found == {
        "id": found["id"],
        "datapassId": 14632,
        "processCode": "PACS",
        "subscriber": organization(RENNES),
        "accessMode": "API",
        "transport": "pull",
        "notificationFrequency": "unitaire",
        "activateDateTime": "2026-03-05T13:00:00.000+00:00",
        "validateDateTime": NOW,
        "rejectDateTime": None,
        "endDateTime": None,
        "updateDateTime": None,
        "delegationActor": CONTACT,
        "rejectionReason": None,
        "status": "Inactif",
        "email": "demat@example.org",
        "localAdministrator": CONTACT,
    }
    address = {"email": CONTACT["email"]}
    answer = await ask(visitor, "depot", "GET", f"{SUBSCRIPTIONS}/{found['id']}")
    assert answer.status == 200
    assert answer.json == {**found, "localAdministrator": address, "delegationActor": address}


async def test_a_key_makes_a_repeated_creation_harmless(visitor: Visitor) -> None:
    await declared(visitor)
    headers = {"Idempotency-Key": "one"}
    first = await ask(visitor, "datapass", "POST", SUBSCRIPTIONS, json=subscription_body(), headers=headers)
    again = await ask(visitor, "datapass", "POST", SUBSCRIPTIONS, json=subscription_body(), headers=headers)
    assert (first.status, again.status, again.headers["Idempotency-Replayed"]) == (201, 201, "true")
    assert again.json == first.json
    twice = await ask(visitor, "datapass", "POST", SUBSCRIPTIONS, json=subscription_body())
    assert twice.messages == [f"Subscription of {RENNES} to PACS already exists"]


async def test_every_fault_of_the_body_is_listed(visitor: Visitor) -> None:
    wrong = subscription_body(datapassId="1", accessMode="FTP", status="actif", rejectionReason="x" * 1001)
    wrong["localAdministrator"] = {"email": "nobody", "phoneNumber": "12"}
    wrong["delegationActor"] = {"email": None}
    del wrong["notificationFrequency"]
    answer = await ask(visitor, "datapass", "POST", SUBSCRIPTIONS, json=wrong)
    assert {error["code"] for error in answer.errors} == {400}
    assert {message.split(":")[0] for message in answer.messages} == {
        "@body",
        "@body.datapassId",
        "@body.accessMode",
        "@body.status",
        "@body.rejectionReason",
        "@body.localAdministrator.email",
        "@body.localAdministrator.phoneNumber",
        "@body.delegationActor.email",
    }
    wrong = subscription_body(processCode="none", subscriber=organization("SI-00000000000000-0"))
    answer = await ask(visitor, "datapass", "POST", SUBSCRIPTIONS, json=wrong)
    assert answer.messages == [
        "processCode: process none does not exist",
        "subscriber: organization SI-00000000000000-0 does not exist",
    ]


async def test_a_switch_over_http(visitor: Visitor) -> None:
    found = await created(visitor)
    path = f"{SUBSCRIPTIONS}/{found['id']}"
    address = {"email": CONTACT["email"]}
    body = subscription_body(
        accessMode="SFTP", transport="push", localAdministrator=address, delegationActor={"email": None}, status=None
    )
    answer = await ask(visitor, "admin", "PUT", path, json=body)
    assert answer.status == 200
    assert (answer.json["accessMode"], answer.json["transport"]) == ("SFTP", "push")
    assert (answer.json["delegationActor"], answer.json["updateDateTime"]) == ({"email": None}, NOW)
    assert (await ask(visitor, "admin", "GET", path)).json == answer.json
    kept = await visitor.office.store.read(lambda tx: tx.subscriptions.get(found["id"]))
    assert kept is not None
    assert (kept.epoch, kept.datapass_id) == (2, 14632)
    assert kept.local_administrator is not None
    assert kept.local_administrator.first_name == "Zoé"


async def test_what_a_change_leaves_out_stays_and_null_takes_away(visitor: Visitor) -> None:
    found = await created(visitor, activateDateTime=NOW, email="demat@example.org", transport="push")
    path = f"{SUBSCRIPTIONS}/{found['id']}"
    body = {name: found[name] for name in ("datapassId", "processCode", "subscriber", "notificationFrequency")} | {
        "localAdministrator": {"email": "other@mairie.fr"}
    }
    answer = await ask(visitor, "admin", "PUT", path, json=body)
    kept = ("activateDateTime", "email", "transport", "accessMode", "status")
    assert [answer.json[name] for name in kept] == [found[name] for name in kept]
    answer = await ask(visitor, "admin", "PUT", path, json={**body, "email": None, "delegationActor": None})
    assert (answer.json["email"], answer.json["delegationActor"]) == (None, None)
    person = await visitor.office.store.read(lambda tx: tx.subscriptions.get(found["id"]))
    assert person is not None
    assert person.local_administrator is not None
    assert person.local_administrator.first_name is None


async def test_who_may_do_what(visitor: Visitor) -> None:
    found = await created(visitor)
    path = f"{SUBSCRIPTIONS}/{found['id']}"
    refused = [{"code": 403, "message": "Unauthorized user"}]
    for who in ("depot", "rennes"):
        assert (await ask(visitor, who, "POST", SUBSCRIPTIONS, json={})).errors == refused
    for who in ("depot", "rennes", "datapass"):
        assert (await ask(visitor, who, "PUT", path, json={})).errors == refused
    for who in ("rennes", "datapass"):
        assert (await ask(visitor, who, "GET", SUBSCRIPTIONS)).errors == refused
        assert (await ask(visitor, who, "GET", path)).errors == refused
    (own, *_) = (await ask(visitor, "depot", "GET", f"{SUBSCRIPTIONS}?processCode=EtatCivil")).json
    assert (await ask(visitor, "autre-depot", "GET", f"{SUBSCRIPTIONS}/{own['id']}")).errors == refused
    assert (await ask(visitor, "autre-depot", "GET", f"{SUBSCRIPTIONS}?processCode=EtatCivil")).json == []


async def test_an_unknown_one_is_not_found(visitor: Visitor) -> None:
    missing = [{"code": 404, "message": "Subscription is not found"}]
    assert (await ask(visitor, "depot", "GET", f"{SUBSCRIPTIONS}/{NOWHERE}")).errors == missing
    answer = await ask(visitor, "admin", "PUT", f"{SUBSCRIPTIONS}/{NOWHERE}", json=subscription_body())
    assert answer.errors == missing
    answer = await ask(visitor, "depot", "GET", f"{SUBSCRIPTIONS}/23133")
    assert answer.messages == ['@path.subscriptionId: Input string "23133" is not a valid UUID']


async def test_the_list_is_filtered_ordered_and_paged(visitor: Visitor) -> None:
    await created(visitor, delegationActor={**CONTACT, "email": "George.DUBOIS@admin.com"})

    async def found(query: str) -> tuple[list[str], str]:
        answer = await ask(visitor, "admin", "GET", f"{SUBSCRIPTIONS}?{query}")
        assert answer.status == 200, answer.body
        return [one["processCode"] for one in answer.json], answer.headers["Content-Range"]

    assert await found("orderBy=asc(process_code)") == (
        ["CERTDC", "CERTDC", "EtatCivil", "EtatCivil", "PACS"],
        "Susbscriptions 0-4/5",
    )
    assert await found("orderBy=desc(process_code)&offSet=1&maxResult=2") == (
        ["EtatCivil", "EtatCivil"],
        "Susbscriptions 1-2/5",
    )
    assert await found("processCode=PACS,none") == (["PACS"], "Susbscriptions 0-0/1")
    assert (await found("processCode=PACS&processCode=CERTDC"))[1] == "Susbscriptions 0-2/3"
    assert (await found("status=Inactif"))[0] == ["PACS"]
    assert (await found("delegationActorEmail=George.DUBOIS@admin.com"))[0] == ["PACS"]
    assert (await found("companyRegister=21350238800019"))[1] == "Susbscriptions 0-2/3"
    assert await found("offSet=7") == ([], "Susbscriptions 7-7/5")


async def test_every_fault_of_the_query_is_listed(visitor: Visitor) -> None:
    query = "processType=x&companyRegister=1&orderBy=asc(secret)&maxResult=0&offSet=-1&delegationActorEmail=x"
    answer = await ask(visitor, "admin", "GET", f"{SUBSCRIPTIONS}?{query}&status={'x' * 21}")
    assert [message.split(":")[0] for message in answer.messages] == [
        "@query.processType",
        "@query.status",
        "@query.companyRegister",
        "@query.delegationActorEmail",
        "@query.offSet",
        "@query.maxResult",
        "@query.orderBy",
    ]
    assert answer.messages[0].endswith("Query parameter 'processType' is unexpected on path \"/subscriptions\"")


@pytest.mark.parametrize("status", ["Actif", "Suspendu", None])
async def test_a_status_that_an_operator_sets_is_listed(visitor: Visitor, status: str | None) -> None:
    found = await created(visitor)
    body = subscription_body(status=status, localAdministrator={"email": CONTACT["email"]})
    assert (await ask(visitor, "admin", "PUT", f"{SUBSCRIPTIONS}/{found['id']}", json=body)).status == 200
    listed = await ask(visitor, "depot", "GET", f"{SUBSCRIPTIONS}?processCode=PACS")
    assert [one["status"] for one in listed.json] == [status or "Inactif"]
