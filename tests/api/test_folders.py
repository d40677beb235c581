"""Folders over HTTP."""

from typing import Any

import pytest

from tests.api.visitor import BREST, NOWHERE, OTHER_OSL, PDF, RENNES, XML, Visitor, folder_body, organization


async def test_a_new_folder_comes_back_in_the_hubs_shape(visitor: Visitor) -> None:
    headers = {"editorName": "Éditeur", "applicationName": "Dépôt", "softwareVersion": "1.2"}
    body = folder_body(closeDateTime="2026-12-31T23:59:59.999+01:00", globalStatus="DONE", id="mine", unknown=[1])
    answer = await visitor.call("depot", "POST", "/folders", json=body, headers=headers)
    assert answer.status == 201
    folder = answer.json
    assert list(folder) == [
        "id",
        "globalStatus",
        "processCode",
        "createDateTime",
        "closeDateTime",
        "applicant",
        "externalId",
        "updateDateTime",
        "partnerInfo",
        "cases",
        "attachments",
    ]
    assert folder["id"] != "mine"
    assert folder["globalStatus"] == "HUBEE_RECEIVED"
    assert folder["createDateTime"] == "2026-03-02T09:00:00.123+00:00"
    assert folder["closeDateTime"] == "2026-12-31T22:59:59.999+00:00"
    assert folder["applicant"] == body["applicant"]
    assert folder["partnerInfo"] == {"editorName": "Éditeur", "applicationName": "Dépôt", "softwareVersion": "1.2"}
    (case,) = folder["cases"]
    assert case["recipient"] == organization(RENNES)
    assert case["status"] == "HUBEE_RECEIVED"
    assert case["transmissionDateTime"] is None
    assert [one["fileName"] for one in folder["attachments"]] == ["acte.pdf", "acte.xml"]
    assert all(one["status"] == "PENDING" and one["recipients"] == ["EC-0001-01"] for one in folder["attachments"])
    assert (await visitor.call("depot", "GET", f"/folders/{folder['id']}")).json == folder


async def test_a_folder_is_handed_in_by_four_requests(visitor: Visitor) -> None:
    folder = await visitor.deposit()
    assert folder["globalStatus"] == "HUBEE_NOTIFIED"
    assert [case["status"] for case in folder["cases"]] == ["HUBEE_NOTIFIED"]
    assert folder["cases"][0]["transmissionDateTime"] is not None
    assert [one["status"] for one in folder["attachments"]] == ["RECEIVED", "RECEIVED"]


async def test_completion_waits_for_every_attachment(visitor: Visitor) -> None:
    folder = await visitor.create()
    await visitor.put(folder, 0, PDF)
    path = f"/folders/{folder['id']}"
    answer = await visitor.call("depot", "PATCH", path, json={"globalStatus": "HUBEE_COMPLETED"})
    assert answer.status == 400
    assert folder["attachments"][1]["id"] in answer.messages[0]
    await visitor.put(folder, 1, XML)
    answer = await visitor.call("depot", "PATCH", path, json={"globalStatus": "HUBEE_COMPLETED"})
    assert (answer.status, answer.body) == (204, b"")


async def test_a_client_that_can_only_post_says_so(visitor: Visitor) -> None:
    folder = await visitor.create()
    path, body = f"/folders/{folder['id']}", {"globalStatus": "HUBEE_COMPLETED"}
    assert (await visitor.call("depot", "POST", path, json=body)).status == 405
    answer = await visitor.call("depot", "POST", path, json=body, headers={"X-HTTP-Method-Override": "DELETE"})
    assert answer.errors[0]["code"] == 405
    answer = await visitor.call("depot", "POST", path, json=body, headers={"X-HTTP-Method-Override": "PATCH"})
    assert answer.status == 400  # understood: its attachments are missing
    assert "PENDING" in answer.messages[0]


async def test_every_fault_of_a_body_is_listed(visitor: Visitor) -> None:
    body: dict[str, Any] = folder_body(processCode=7, externalId="x" * 31)
    del body["applicant"]
    body["cases"][0]["recipient"]["companyRegister"] = "123"
    answer = await visitor.call("depot", "POST", "/folders", json=body)
    assert answer.status == 400
    assert all(error["code"] == 400 for error in answer.errors)
    places = {message.partition(":")[0] for message in answer.messages}
    assert places == {
        "@body",
        "@body.processCode",
        "@body.externalId",
        "@body.cases[0].recipient.companyRegister",
    }


async def test_recipients_are_checked_in_the_hubs_words(visitor: Visitor) -> None:
    body = folder_body()
    body["cases"][0]["recipient"] = organization("SI-00000000000001-1")
    answer = await visitor.call("depot", "POST", "/folders", json=body)
    assert answer.messages[0] == "Case recipient SI-00000000000001-1 does not exist"
    body["cases"][0]["recipient"] = organization(OTHER_OSL)
    answer = await visitor.call("depot", "POST", "/folders", json=body)
    assert answer.messages[0] == f"Case recipient {OTHER_OSL} does not suscribed to EtatCivil"


@pytest.mark.parametrize("who", ["autre-depot", "rennes", "rennes-ec"])
async def test_a_folder_is_its_depositors_alone(visitor: Visitor, who: str) -> None:
    folder = await visitor.deposit()
    for method, body in (("GET", None), ("PATCH", {"globalStatus": "CLOSED"}), ("DELETE", None)):
        answer = await visitor.call(who, method, f"/folders/{folder['id']}", json=body)
        assert answer.status == 403
        assert answer.errors == [{"code": 403, "message": "Unauthorized user"}]


async def test_a_recipient_deposits_nothing(visitor: Visitor) -> None:
    assert (await visitor.call("rennes", "POST", "/folders", json=folder_body())).status == 403


async def test_an_unknown_folder_is_not_found(visitor: Visitor) -> None:
    for method, body in (("GET", None), ("PATCH", {"globalStatus": "CLOSED"}), ("DELETE", None)):
        answer = await visitor.call("depot", method, f"/folders/{NOWHERE}", json=body)
        assert answer.errors == [{"code": 404, "message": "Folder is not found"}]


async def test_a_folder_is_deleted_before_its_completion_only(visitor: Visitor) -> None:
    folder = await visitor.create()
    answer = await visitor.call("depot", "DELETE", f"/folders/{folder['id'].upper()}")
    assert (answer.status, answer.body) == (204, b"")
    assert (await visitor.call("depot", "GET", f"/folders/{folder['id']}")).status == 404
    completed = await visitor.deposit()
    assert (await visitor.call("depot", "DELETE", f"/folders/{completed['id']}")).status == 400


async def test_an_unknown_status_is_refused(visitor: Visitor) -> None:
    folder = await visitor.create()
    answer = await visitor.call("depot", "PATCH", f"/folders/{folder['id']}", json={"globalStatus": "SOLD"})
    assert answer.status == 400
    assert "SOLD" in answer.messages[0]


async def test_cases_and_attachments_keep_their_order(visitor: Visitor) -> None:
    body = folder_body(processCode="CERTDC")
    body["cases"] = [
        {"externalId": "z", "recipient": organization(BREST)},
        {"externalId": "a", "recipient": organization(RENNES)},
    ]
    body["attachments"][0]["recipients"] = ["a", "z"]
    body["attachments"][1]["recipients"] = ["z"]
    folder = (await visitor.call("depot", "POST", "/folders", json=body)).json
    assert [case["externalId"] for case in folder["cases"]] == ["z", "a"]
    assert [one["fileName"] for one in folder["attachments"]] == ["acte.pdf", "acte.xml"]
    again = (await visitor.call("admin", "GET", f"/folders/{folder['id']}")).json
    assert [case["externalId"] for case in again["cases"]] == ["z", "a"]
    assert {frozenset(one["recipients"]) for one in again["attachments"]} == {frozenset("az"), frozenset("z")}
