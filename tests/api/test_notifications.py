"""The inbox over HTTP."""

import pytest

from tests.api.visitor import NOWHERE, OSL, PDF, RENNES, Visitor, organization


async def test_a_recipient_finds_what_was_handed_in(visitor: Visitor) -> None:
    folder = await visitor.deposit()
    answer = await visitor.call("rennes", "GET", "/notifications")
    assert answer.status == 200
    (notification,) = answer.json
    assert notification == {
        "id": notification["id"],
        "recipient": organization(RENNES),
        "transmitter": organization(OSL),
        "processCode": "EtatCivil",
        "caseId": folder["cases"][0]["id"],
        "eventId": None,
        "dateTime": "2026-03-02T09:00:00.123+00:00",
    }
    (detailed,) = (await visitor.call("rennes", "GET", "/notifications?eventDetails=true")).json
    assert detailed == {**notification, "eventActionType": None, "eventStatus": None}


async def test_details_tell_how_the_event_stands_now(visitor: Visitor) -> None:
    folder = await visitor.deposit()
    events = f"/cases/{folder['cases'][0]['id']}/events"
    body = {"actionType": "SENDING_MESSAGE", "message": "bonjour", "notification": True}
    event = (await visitor.call("rennes", "POST", events, json=body)).json
    path = "/notifications?eventDetails=true"
    (notification,) = (await visitor.call("depot", "GET", path)).json
    assert (notification["eventId"], notification["eventActionType"]) == (event["id"], "SENDING_MESSAGE")
    assert notification["eventStatus"] == "SENT"
    await visitor.call("depot", "PATCH", f"{events}/{event['id']}", json={"status": "RECEIVED"})
    (notification,) = (await visitor.call("depot", "GET", path)).json
    assert notification["eventStatus"] == "RECEIVED"


@pytest.mark.parametrize("asked", [True, False, None])
async def test_a_client_deletes_what_reads_received(visitor: Visitor, asked: bool | None) -> None:
    folder = await visitor.deposit()
    events = f"/cases/{folder['cases'][0]['id']}/events"
    file = {"fileName": "suite.pdf", "type": "ActeEtatCivil-PDF", "size": len(PDF), "mimeType": "application/pdf"}
    body = {"actionType": "ATTACH_DEPOSIT", "notification": asked, "attachments": [file]}
    event = (await visitor.call("depot", "POST", events, json=body)).json
    path = f"{events}/{event['id']}"
    file_path = f"{path}/attachments/{event['attachments'][0]['id']}"
    assert (await visitor.call("depot", "PUT", file_path, data=PDF)).status == 204
    assert (await visitor.call("depot", "PATCH", path, json={"status": "SENT"})).status == 204

    async def listed() -> dict[str | None, tuple[str | None, str | None]]:
        found = (await visitor.call("rennes", "GET", "/notifications?eventDetails=true")).json
        return {one["eventId"]: (one["eventActionType"], one["eventStatus"]) for one in found}

    assert await listed() == {None: (None, None), event["id"]: ("ATTACH_DEPOSIT", "SENT")}
    assert (await visitor.call("rennes", "PATCH", path, json={"status": "RECEIVED"})).status == 204
    assert await listed() == {None: (None, None), event["id"]: ("ATTACH_DEPOSIT", "RECEIVED")}
    for one in (await visitor.call("rennes", "GET", "/notifications?eventDetails=true")).json:
        if one["eventStatus"] == "RECEIVED":
            assert (await visitor.call("rennes", "DELETE", f"/notifications/{one['id']}")).status == 204
    assert await listed() == {None: (None, None)}


async def test_the_list_is_narrowed_ordered_and_cut(visitor: Visitor) -> None:
    for process in ("EtatCivil", "CERTDC", "EtatCivil"):
        await visitor.deposit(processCode=process)

    async def found(query: str, who: str = "rennes") -> list[str]:
        answer = await visitor.call(who, "GET", f"/notifications?{query}")
        return [one["processCode"] for one in answer.json]

    assert sorted(await found("")) == ["CERTDC", "EtatCivil", "EtatCivil"]
    assert await found("processCode=CERTDC") == ["CERTDC"]
    assert len(await found("processCode=CERTDC&processCode=EtatCivil")) == 3
    assert len(await found("processCode=CERTDC,EtatCivil")) == 3
    assert await found("processPriority=CERTDC&maxResult=1") == ["CERTDC"]
    assert len(await found("maxResult=2")) == 2
    assert await found("", "rennes-certdc") == ["CERTDC"]
    assert await found("", "brest") == []


@pytest.mark.parametrize("query", ["maxResult=abc", "maxResult=0", "maxResult=-1", "maxResult=", "maxResult=1.5"])
async def test_a_number_of_results_is_a_number(visitor: Visitor, query: str) -> None:
    answer = await visitor.call("rennes", "GET", f"/notifications?{query}")
    assert answer.status == 400
    assert answer.messages[0].startswith("@query.maxResult")


async def test_no_query_upsets_the_store(visitor: Visitor) -> None:
    for query in ("processCode=%00", "processPriority=" + "x" * 31, "processCode=%ED%A0%80"):
        assert (await visitor.call("rennes", "GET", f"/notifications?{query}")).status in (200, 400)
    assert (await visitor.call("rennes", "GET", "/notifications?processCode=%00")).status == 400


async def test_a_notification_is_deleted_by_its_recipient(visitor: Visitor) -> None:
    await visitor.deposit()
    (notification,) = (await visitor.call("rennes", "GET", "/notifications")).json
    path = f"/notifications/{notification['id']}"
    for who in ("brest", "depot", "rennes-certdc"):
        assert (await visitor.call(who, "DELETE", path)).errors == [{"code": 403, "message": "Unauthorized user"}]
    answer = await visitor.call("rennes", "DELETE", path)
    assert (answer.status, answer.body) == (204, b"")
    assert (await visitor.call("rennes", "GET", "/notifications")).json == []


async def test_an_unknown_notification_is_not_found(visitor: Visitor) -> None:
    answer = await visitor.call("rennes", "DELETE", f"/notifications/{NOWHERE}")
    assert answer.errors == [{"code": 404, "message": "Notification is not found"}]
    answer = await visitor.call("rennes", "DELETE", "/notifications/dddddd")
    assert answer.messages == ['@path.notificationId: Input string "dddddd" is not a valid UUID']
