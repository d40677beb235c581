"""Webhooks over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from gateway.services import outgoing
from tests.api.serving import Clock
from tests.api.test_clients import native
from tests.api.visitor import BREST, NOWHERE, Visitor

HOOK = {"url": "https://brest.example.org/hook"}


@pytest.fixture
async def path(visitor: Visitor) -> str:
    found = await visitor.office.store.read(lambda tx: tx.subscriptions.find(BREST, "EtatCivil"))
    assert found is not None
    return f"/subscriptions/{found.id}/webhook"


async def test_a_subscriber_keeps_its_webhook(visitor: Visitor, path: str) -> None:
    assert (await native(visitor, "brest", "GET", path)).status == 404
    made = await native(visitor, "brest", "PUT", path, json=HOOK)
    assert (made.status, made.json["url"], made.json["generation"]) == (200, HOOK["url"], 1)
    assert made.json["secret"].startswith("whsec_")
    read = await native(visitor, "admin", "GET", path)
    assert read.json == {"url": HOOK["url"], "generation": 1, "previousSecretUntil": None}
    rotated = await native(visitor, "brest", "POST", path + "/secret")
    assert (rotated.status, rotated.json["generation"]) == (200, 2)
    assert rotated.json["previousSecretUntil"] == "2026-03-03T09:00:00.123+00:00"
    assert rotated.json["secret"] != made.json["secret"]
    assert (await native(visitor, "brest", "DELETE", path)).status == 204
    assert (await native(visitor, "brest", "POST", path + "/test")).status == 404


async def test_a_test_call_is_followed_and_made_again(visitor: Visitor, path: str, clock: Clock) -> None:
    await native(visitor, "brest", "PUT", path, json=HOOK)
    tested = [await native(visitor, "brest", "POST", path + "/test") for _ in range(2)]
    assert [answer.status for answer in tested] == [202, 202]
    calls = path + "/calls"
    page = (await native(visitor, "brest", "GET", f"{calls}?state=pending&limit=1")).json
    assert page["items"] == [
        {
            "id": tested[0].json["id"],
            "kind": "test",
            "state": "pending",
            "attempts": 0,
            "createDateTime": "2026-03-02T09:00:00.123+00:00",
            "nextAttemptDateTime": "2026-03-02T09:00:00.123+00:00",
            "lastError": None,
        }
    ]
    page = (await native(visitor, "brest", "GET", f"{calls}?state=pending&limit=1&cursor={page['next']}")).json
    assert ([one["id"] for one in page["items"]], page["next"]) == ([tested[1].json["id"]], None)
    replay = f"{calls}/{tested[0].json['id']}/replay"
    refused = await native(visitor, "brest", "POST", replay)
    assert (refused.status, json.loads(refused.body)["state"]) == (409, {"state": "PENDING"})
    while due := await outgoing.claim(visitor.office):
        for call in due:
            await outgoing.settle(visitor.office, call, "answered 500")
        clock.pass_by(timedelta(hours=2))
    visitor.tokens.clear()
    dead = (await native(visitor, "brest", "GET", f"{calls}?state=dead")).json["items"]
    assert [(one["id"], one["lastError"]) for one in dead] == [(one.json["id"], "answered 500") for one in tested]
    assert (await native(visitor, "brest", "POST", replay)).status == 202
    assert len((await native(visitor, "brest", "GET", f"{calls}?state=DEAD")).json["items"]) == 1


@pytest.mark.parametrize(
    "body",
    [{}, {"url": 1}, {"url": "http://brest.example.org/"}, {"url": "https://a:b@x.example.org"}, {**HOOK, "a": 1}],
)
async def test_an_address_that_is_none_is_refused(visitor: Visitor, path: str, body: Any) -> None:
    assert (await native(visitor, "brest", "PUT", path, json=body)).status == 400


async def test_parameters_are_looked_at(visitor: Visitor, path: str) -> None:
    assert (await native(visitor, "brest", "GET", path + "/calls?state=lost")).status == 400
    assert (await native(visitor, "brest", "GET", "/subscriptions/17/webhook")).status == 400


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("GET", "", None),
        ("PUT", "", HOOK),
        ("DELETE", "", None),
        ("POST", "/test", None),
        ("POST", "/secret", None),
        ("GET", "/calls", None),
        ("POST", f"/calls/{NOWHERE}/replay", None),
    ],
)
async def test_to_others_it_does_not_exist(visitor: Visitor, path: str, method: str, rest: str, body: Any) -> None:
    await native(visitor, "brest", "PUT", path, json=HOOK)
    theirs = await native(visitor, "rennes", method, path + rest, json=body)
    nowhere = await native(visitor, "rennes", method, f"/subscriptions/{NOWHERE}/webhook{rest}", json=body)
    assert theirs.status == nowhere.status == 404
    assert theirs.body == nowhere.body
    assert (await native(visitor, "depot", method, path + rest, json=body)).status == 403
    assert (await native(visitor, "admin", "GET", path)).json["generation"] == 1


async def test_a_request_repeated_under_its_key_is_done_once(visitor: Visitor, path: str) -> None:
    await native(visitor, "brest", "PUT", path, json=HOOK)
    key = {"Idempotency-Key": "k-1"}
    first, again = [await native(visitor, "brest", "POST", path + "/test", headers=key) for _ in range(2)]
    assert (first.status, again.status, again.json) == (202, 202, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len((await native(visitor, "brest", "GET", path + "/calls")).json["items"]) == 1
    assert (await native(visitor, "brest", "POST", path + "/secret", headers=key)).status == 409


async def test_a_rotation_repeated_under_its_key_makes_no_third_secret_and_keeps_none(
    visitor: Visitor, path: str
) -> None:
    await native(visitor, "brest", "PUT", path, json=HOOK)
    key = {"Idempotency-Key": "k-2"}
    first, again = [await native(visitor, "brest", "POST", path + "/secret", headers=key) for _ in range(2)]
    assert again.json == {name: value for name, value in first.json.items() if name != "secret"}
    assert (await native(visitor, "brest", "PUT", path, json=HOOK)).json["secret"] == first.json["secret"]
