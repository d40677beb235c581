"""Cases over HTTP."""

import pytest

from tests.api.visitor import NOWHERE, RENNES, Visitor, organization


@pytest.fixture
async def case(visitor: Visitor) -> str:
    identifier: str = (await visitor.deposit())["cases"][0]["id"]
    return identifier


async def test_a_case_is_read_in_the_hubs_shape(visitor: Visitor, case: str) -> None:
    answer = await visitor.call("rennes-ec", "GET", f"/cases/{case}")
    assert answer.status == 200
    assert list(answer.json) == [
        "id",
        "status",
        "recipient",
        "externalId",
        "updateDateTime",
        "transmissionDateTime",
        "processCode",
        "createDateTime",
        "closeDateTime",
        "partnerAttributes",
        "applicant",
        "attachments",
        "events",
    ]
    assert answer.json["recipient"] == organization(RENNES)
    assert answer.json["closeDateTime"] is None
    assert answer.json["partnerAttributes"] == "a=1"
    assert [one["fileName"] for one in answer.json["attachments"]] == ["acte.pdf", "acte.xml"]
    assert all("recipients" not in one for one in answer.json["attachments"])


async def test_a_lite_case_leaves_out_what_is_long(visitor: Visitor, case: str) -> None:
    answer = await visitor.call("rennes", "GET", f"/cases/{case}?lite=true")
    assert "attachments" not in answer.json
    assert "events" not in answer.json
    assert "attachments" in (await visitor.call("rennes", "GET", f"/cases/{case}?lite=false")).json
    assert (await visitor.call("rennes", "GET", f"/cases/{case}?lite={'x' * 15}")).status == 400


async def test_a_status_is_seen_by_both_sides(visitor: Visitor, case: str) -> None:
    answer = await visitor.call("rennes", "PATCH", f"/cases/{case}", json={"status": "IN_PROGRESS"})
    assert (answer.status, answer.body) == (204, b"")
    assert (await visitor.call("depot", "GET", f"/cases/{case}")).json["status"] == "IN_PROGRESS"


async def test_a_client_that_can_only_post_says_so(visitor: Visitor, case: str) -> None:
    body = {"status": "IN_PROGRESS"}
    assert (await visitor.call("rennes", "POST", f"/cases/{case}", json=body)).errors[0]["code"] == 405
    override = {"X-HTTP-Method-Override": "patch"}
    assert (await visitor.call("rennes", "POST", f"/cases/{case}", json=body, headers=override)).status == 204


@pytest.mark.parametrize("body", [{"status": "NOWHERE"}, {}, {"status": None}, {"status": "x" * 51}, []])
async def test_what_is_no_status_is_refused(visitor: Visitor, case: str, body: object) -> None:
    answer = await visitor.call("rennes", "PATCH", f"/cases/{case}", json=body)
    assert answer.status == 400
    assert answer.errors[0]["code"] == 400
    assert (await visitor.call("depot", "GET", f"/cases/{case}")).json["status"] == "HUBEE_NOTIFIED"


@pytest.mark.parametrize("who", ["brest", "rennes-certdc", "autre-depot"])
async def test_another_organizations_case_is_not_shown(visitor: Visitor, case: str, who: str) -> None:
    for method, body in (("GET", None), ("PATCH", {"status": "DONE"})):
        answer = await visitor.call(who, method, f"/cases/{case}", json=body)
        assert answer.errors == [{"code": 403, "message": "Unauthorized user"}]


async def test_an_unknown_case_is_not_found(visitor: Visitor) -> None:
    for method, body in (("GET", None), ("PATCH", {"status": "DONE"})):
        answer = await visitor.call("rennes", method, f"/cases/{NOWHERE}", json=body)
        assert answer.errors == [{"code": 404, "message": "Case is not found"}]


async def test_what_is_no_uuid_is_refused(visitor: Visitor) -> None:
    answer = await visitor.call("rennes", "GET", "/cases/dddddd")
    assert answer.messages == ['@path.caseId: Input string "dddddd" is not a valid UUID']
