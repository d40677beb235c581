"""Organizations over HTTP."""

from __future__ import annotations

from tests.api.referential import NANTES, ask, organization_body
from tests.api.visitor import BREST, OSL, RENNES, Visitor, organization

ORGANIZATIONS = "/organizations"
NOW = "2026-03-02T09:00:00.123+00:00"


async def test_one_is_declared_read_and_changed(visitor: Visitor) -> None:
    body = organization_body(country="France", postalCode="44000", territory="44", phoneNumber="+33200000000")
    answer = await ask(visitor, "admin", "POST", ORGANIZATIONS, json=body)
    assert answer.status == 201
    whole = {
        **organization(NANTES),
        "name": "Nantes",
        "code": None,
        "country": "France",
        "postalCode": "44000",
        "territory": "44",
        "email": None,
        "phoneNumber": "+33200000000",
        "status": "Actif",
        "createDateTime": NOW,
        "updateDateTime": None,
    }
    assert answer.json == whole
    assert (await ask(visitor, "depot", "GET", f"{ORGANIZATIONS}/{NANTES}")).json == whole
    change = organization_body(name="Nantes Métropole", country=None)
    answer = await ask(visitor, "admin", "PUT", f"{ORGANIZATIONS}/{NANTES}", json=change)
    assert answer.status == 200
    assert answer.json == {**whole, "name": "Nantes Métropole", "country": None, "updateDateTime": NOW}


async def test_one_that_exists_is_refused_unless_the_request_is_the_same(visitor: Visitor) -> None:
    headers = {"Idempotency-Key": "one"}
    for replayed in (None, "true"):
        answer = await ask(visitor, "admin", "POST", ORGANIZATIONS, json=organization_body(), headers=headers)
        assert (answer.status, answer.headers.get("Idempotency-Replayed")) == (201, replayed)
    answer = await ask(visitor, "admin", "POST", ORGANIZATIONS, json=organization_body())
    assert answer.errors == [{"code": 400, "message": f"Organization {NANTES} already exists"}]


async def test_faults_are_listed(visitor: Visitor) -> None:
    wrong = {"type": "XX", "companyRegister": "1", "branchCode": "a/b", "email": "nobody", "status": ""}
    answer = await ask(visitor, "admin", "POST", ORGANIZATIONS, json=wrong)
    assert [message.split(":")[0] for message in answer.messages] == [
        "@body.type",
        "@body.companyRegister",
        "@body.branchCode",
        "@body",
        "@body.email",
        "@body.status",
    ]
    answer = await ask(visitor, "admin", "PUT", f"{ORGANIZATIONS}/{BREST}", json=organization_body())
    assert answer.status == 400
    assert "stays as it is" in answer.messages[0]
    answer = await ask(visitor, "admin", "GET", f"{ORGANIZATIONS}?type={'x' * 21}&kind=SI")
    assert [message.split(":")[0] for message in answer.messages] == ["@query.kind", "@query.type"]


async def test_an_unknown_one_is_not_found(visitor: Visitor) -> None:
    missing = [{"code": 404, "message": "Organization is not found"}]
    path = f"{ORGANIZATIONS}/{NANTES}"
    assert (await ask(visitor, "admin", "GET", path)).errors == missing
    assert (await ask(visitor, "admin", "PUT", path, json=organization_body())).errors == missing
    answer = await ask(visitor, "admin", "GET", f"{ORGANIZATIONS}/nantes")
    assert answer.status == 400
    assert answer.messages[0].startswith("@path.organizationId: ")


async def test_a_recipient_sees_itself_alone(visitor: Visitor) -> None:
    missing = [{"code": 404, "message": "Organization is not found"}]
    assert (await ask(visitor, "rennes", "GET", f"{ORGANIZATIONS}/{RENNES}")).json["name"] == f"Name of {RENNES}"
    for other in (BREST, OSL, NANTES):
        assert (await ask(visitor, "rennes", "GET", f"{ORGANIZATIONS}/{other}")).errors == missing
    answer = await ask(visitor, "rennes", "GET", ORGANIZATIONS)
    assert [one["branchCode"] for one in answer.json] == ["35238"]
    assert answer.headers["Content-Range"] == "Organizations 0-0/1"


async def test_the_list_is_filtered_ordered_and_paged(visitor: Visitor) -> None:
    answer = await ask(visitor, "datapass", "GET", f"{ORGANIZATIONS}?type=SI&orderBy=desc(branch_code)&maxResult=1")
    assert [one["branchCode"] for one in answer.json] == ["35238"]
    assert answer.headers["Content-Range"] == "Organizations 0-0/2"
    answer = await ask(visitor, "depot", "GET", f"{ORGANIZATIONS}?companyRegister={BREST.split('-')[1]}")
    assert [one["branchCode"] for one in answer.json] == ["29019"]


async def test_only_operators_write(visitor: Visitor) -> None:
    for who in ("depot", "rennes", "datapass"):
        for method, path in (("POST", ORGANIZATIONS), ("PUT", f"{ORGANIZATIONS}/{RENNES}")):
            answer = await ask(visitor, who, method, path, json=organization_body())
            assert answer.errors == [{"code": 403, "message": "Unauthorized user"}]
