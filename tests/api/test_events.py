"""Events over HTTP."""

from typing import Any

import pytest

from tests.api.visitor import NOWHERE, OSL, PDF, RENNES, Visitor, organization

FILE = {"fileName": "réponse.pdf", "type": "reponse", "size": len(PDF), "mimeType": "application/pdf"}
DEPOSIT = {"actionType": "ATTACH_DEPOSIT", "notification": True, "attachments": [FILE]}


@pytest.fixture
async def events(visitor: Visitor) -> str:
    return f"/cases/{(await visitor.deposit())['cases'][0]['id']}/events"


async def post(visitor: Visitor, who: str, events: str, **body: Any) -> dict[str, Any]:
    answer = await visitor.call(who, "POST", events, json=body)
    assert answer.status == 201, answer.body
    found: dict[str, Any] = answer.json
    return found


async def test_an_event_comes_back_in_the_hubs_shape(visitor: Visitor, events: str) -> None:
    event = await post(
        visitor,
        "rennes",
        events,
        actionType="STATUS_UPDATE",
        author="Zoé",
        message="reçu\nmerci",
        comment="à revoir",
        notification=True,
        caseCurrentStatus="SOMETHING",
        caseNewStatus="IN_PROGRESS",
        partnerAttributes="statut=17",
        status="RECEIVED",
        unknown={},
    )
    assert list(event) == [
        "id",
        "transmitter",
        "message",
        "comment",
        "actionType",
        "author",
        "notification",
        "createDateTime",
        "updateDateTime",
        "status",
        "caseCurrentStatus",
        "caseNewStatus",
        "partnerAttributes",
        "attachments",
        "partnerInfo",
    ]
    assert event["transmitter"] == organization(RENNES)
    assert event["status"] == "SENT"
    assert event["comment"] == "à revoir"
    assert event["attachments"] == []
    assert event["partnerInfo"] is None
    assert (await visitor.call("rennes", "GET", f"{events}/{event['id']}")).json == event
    seen = (await visitor.call("depot", "GET", f"{events}/{event['id']}")).json
    assert seen == {**event, "comment": None}
    case = (await visitor.call("depot", "GET", events.removesuffix("/events"))).json
    assert case["status"] == "IN_PROGRESS"
    assert event["id"] in [one["id"] for one in case["events"]]


async def test_the_other_side_acknowledges(visitor: Visitor, events: str) -> None:
    event = await post(visitor, "rennes", events, actionType="SENDING_MESSAGE", message="bonjour", notification=True)
    path = f"{events}/{event['id']}"
    answer = await visitor.call("depot", "PATCH", path, json={"status": "RECEIVED"})
    assert (answer.status, answer.body) == (204, b"")
    assert (await visitor.call("rennes", "GET", path)).json["status"] == "RECEIVED"


async def test_a_client_that_can_only_post_says_so(visitor: Visitor, events: str) -> None:
    event = await post(visitor, "rennes", events, actionType="SENDING_MESSAGE", message="bonjour")
    path, body = f"{events}/{event['id']}", {"status": "RECEIVED"}
    assert (await visitor.call("depot", "POST", path, json=body)).errors[0]["code"] == 405
    override = {"X-HTTP-Method-Override": "PATCH"}
    assert (await visitor.call("depot", "POST", path, json=body, headers=override)).status == 204


async def test_an_event_with_files_waits_for_them(visitor: Visitor, events: str) -> None:
    event = await post(visitor, "rennes", events, **DEPOSIT)
    assert event["status"] == "IN_PROGRESS"
    answer = await visitor.call("rennes", "PATCH", f"{events}/{event['id']}", json={"status": "SENT"})
    assert answer.status == 400
    assert event["attachments"][0]["id"] in answer.messages[0]


async def test_an_event_is_deleted_while_in_progress_only(visitor: Visitor, events: str) -> None:
    event = await post(visitor, "rennes", events, **DEPOSIT)
    path = f"{events}/{event['id']}"
    assert (await visitor.call("brest", "DELETE", path)).status == 403
    answer = await visitor.call("rennes", "DELETE", path)
    assert (answer.status, answer.body) == (204, b"")
    assert (await visitor.call("rennes", "GET", path)).messages == ["Event is not found"]
    sent = await post(visitor, "rennes", events, actionType="COM_ADD", comment="vu")
    assert (await visitor.call("rennes", "DELETE", f"{events}/{sent['id']}")).status == 400


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({}, ["@body"]),
        ({"actionType": "DANCE"}, ["@body.actionType"]),
        ({"actionType": None, "notification": "yes"}, ["@body.actionType", "@body.notification"]),
        ({"actionType": "COM_ADD", "message": "m" * 1001, "author": 3}, ["@body.author", "@body.message"]),
        ({"actionType": "ATTACH_DEPOSIT", "attachments": [{**FILE, "size": 0}]}, ["@body.attachments[0].size"]),
        ({"actionType": "COM_ADD", "caseNewStatus": "UNHEARD"}, ["caseNewStatus"]),
        ({"actionType": "ATTACH_DEPOSIT"}, ["attachments"]),
        ({"actionType": "COM_ADD", "attachments": [FILE]}, ["attachments"]),
    ],
)
async def test_every_fault_of_a_body_is_listed(
    visitor: Visitor, events: str, body: dict[str, Any], places: list[str]
) -> None:
    answer = await visitor.call("rennes", "POST", events, json=body)
    assert answer.status == 400
    assert sorted(message.partition(":")[0] for message in answer.messages) == places


@pytest.mark.parametrize("who", ["brest", "rennes-certdc", "autre-depot"])
async def test_another_organizations_events_are_not_shown(visitor: Visitor, events: str, who: str) -> None:
    event = await post(visitor, "depot", events, actionType="SENDING_MESSAGE", message="secret")
    assert event["transmitter"] == organization(OSL)
    for method, path, body in (
        ("POST", events, {"actionType": "COM_ADD"}),
        ("GET", f"{events}/{event['id']}", None),
        ("PATCH", f"{events}/{event['id']}", {"status": "RECEIVED"}),
        ("DELETE", f"{events}/{event['id']}", None),
    ):
        answer = await visitor.call(who, method, path, json=body)
        assert answer.errors == [{"code": 403, "message": "Unauthorized user"}]


async def test_what_is_unknown_is_not_found(visitor: Visitor, events: str) -> None:
    answer = await visitor.call("rennes", "GET", f"{events}/{NOWHERE}")
    assert answer.errors == [{"code": 404, "message": "Event is not found"}]
    answer = await visitor.call("rennes", "POST", f"/cases/{NOWHERE}/events", json={"actionType": "COM_ADD"})
    assert answer.errors == [{"code": 404, "message": "Case is not found"}]
    answer = await visitor.call("rennes", "GET", "/cases/x/events/y")
    assert [message.partition(":")[0] for message in answer.messages] == ["@path.caseId", "@path.eventId"]
