"""The `Idempotency-Key` header."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import aiohttp

from tests.api.serving import Clock
from tests.api.visitor import Visitor, folder_body

KEY = {"Idempotency-Key": "depot-2026-0001"}


async def test_a_repeated_folder_gets_the_first_answer(visitor: Visitor, clock: Clock) -> None:
    first = await visitor.call("depot", "POST", "/folders", json=folder_body(), headers=KEY)
    clock.pass_by(timedelta(minutes=5))
    second = await visitor.call("depot", "POST", "/folders", json=folder_body(), headers=KEY)
    assert (first.status, second.status) == (201, 201)
    assert first.body == second.body
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    other = await visitor.call("depot", "POST", "/folders", json=folder_body())
    assert other.json["id"] != first.json["id"]


async def test_two_at_once_make_one_folder(visitor: Visitor) -> None:
    await visitor.token("depot")
    async with aiohttp.ClientSession() as session:  # one connection each
        crowd = replace(visitor, session=session)
        calls = [crowd.call("depot", "POST", "/folders", json=folder_body(), headers=KEY) for _ in range(8)]
        answers = await asyncio.gather(*calls)
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1


async def test_other_content_under_the_same_key_is_refused(visitor: Visitor) -> None:
    assert (await visitor.call("depot", "POST", "/folders", json=folder_body(), headers=KEY)).status == 201
    answer = await visitor.call("depot", "POST", "/folders", json=folder_body(externalId="other"), headers=KEY)
    assert answer.status == 409
    assert "Idempotency-Key" in answer.messages[0]


async def test_a_key_belongs_to_its_client(visitor: Visitor) -> None:
    first = await visitor.call("depot", "POST", "/folders", json=folder_body(processCode="CERTDC"), headers=KEY)
    body = folder_body(processCode="CERTDC")
    second = await visitor.call("autre-depot", "POST", "/folders", json=body, headers=KEY)
    assert second.status == 201
    assert second.json["id"] != first.json["id"]


async def test_a_refused_request_leaves_its_key_free(visitor: Visitor) -> None:
    refused = await visitor.call("depot", "POST", "/folders", json=folder_body(processCode="NONE"), headers=KEY)
    assert refused.status == 400
    assert (await visitor.call("depot", "POST", "/folders", json=folder_body(), headers=KEY)).status == 201


async def test_events_are_repeated_likewise(visitor: Visitor) -> None:
    first_case, second_case = [(await visitor.deposit())["cases"][0]["id"] for _ in range(2)]
    body = {"actionType": "COM_ADD", "comment": "vu"}
    first = await visitor.call("rennes", "POST", f"/cases/{first_case}/events", json=body, headers=KEY)
    second = await visitor.call("rennes", "POST", f"/cases/{first_case}/events", json=body, headers=KEY)
    assert (second.status, second.body) == (201, first.body)
    assert second.headers["Idempotency-Replayed"] == "true"
    elsewhere = await visitor.call("rennes", "POST", f"/cases/{second_case}/events", json=body, headers=KEY)
    assert elsewhere.status == 409


async def test_a_key_that_is_none_is_refused(visitor: Visitor) -> None:
    headers = {"Idempotency-Key": "k" * 256}
    assert (await visitor.call("depot", "POST", "/folders", json=folder_body(), headers=headers)).status == 400


async def test_a_change_asked_by_post_is_repeated_likewise(visitor: Visitor) -> None:
    folder = await visitor.deposit()
    case = f"/cases/{folder['cases'][0]['id']}"
    event = (await visitor.call("depot", "POST", f"{case}/events", json={"actionType": "COM_ADD"})).json
    changes = (
        ("rennes", case, {"status": "DONE"}, {"status": "REFUSED"}),
        ("rennes", f"{case}/events/{event['id']}", {"status": "RECEIVED"}, {"status": "SENT"}),
        ("depot", f"/folders/{folder['id']}", {"globalStatus": "CLOSED"}, {"globalStatus": "DONE"}),
    )
    for number, (who, path, change, other) in enumerate(changes):
        headers = {"X-HTTP-Method-Override": "PATCH", "Idempotency-Key": f"change-{number}"}
        first = await visitor.call(who, "POST", path, json=change, headers=headers)
        again = await visitor.call(who, "POST", path, json=change, headers=headers)
        assert (first.status, again.status, again.body) == (204, 204, b"")
        assert "Idempotency-Replayed" not in first.headers
        assert again.headers["Idempotency-Replayed"] == "true"
        answer = await visitor.call(who, "POST", path, json=other, headers=headers)
        assert answer.errors[0]["code"] == 409


async def test_a_repeated_change_does_not_undo_a_later_one(visitor: Visitor) -> None:
    case = f"/cases/{(await visitor.deposit())['cases'][0]['id']}"
    headers = {"X-HTTP-Method-Override": "PATCH", **KEY}
    assert (await visitor.call("rennes", "POST", case, json={"status": "IN_PROGRESS"}, headers=headers)).status == 204
    assert (await visitor.call("rennes", "PATCH", case, json={"status": "DONE"})).status == 204
    assert (await visitor.call("rennes", "POST", case, json={"status": "IN_PROGRESS"}, headers=headers)).status == 204
    assert (await visitor.call("rennes", "GET", case)).json["status"] == "DONE"
