"""ETag, If-None-Match and If-Match, over HTTP."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from gateway.api.conditions import tag
from gateway.api.problems import NATIVE_BASE
from gateway.api.routes import REFERENTIAL_BASE
from tests.api.referential import ask, organization_body, subscription_body
from tests.api.visitor import RENNES, Visitor, organization


def test_a_tag_is_strong_and_of_the_body_alone() -> None:
    assert tag("a") == tag("a") != tag("b")
    assert tag("é").startswith('"')


async def paths(visitor: Visitor) -> dict[str, tuple[str, str]]:
    """What can be read: who reads it, and where."""
    folder = await visitor.deposit()
    case = f"/cases/{folder['cases'][0]['id']}"
    event = await visitor.call("depot", "POST", f"{case}/events", json={"actionType": "COM_ADD", "message": "vu"})
    return {
        "folder": ("depot", f"/folders/{folder['id']}"),
        "case": ("rennes", case),
        "lite": ("rennes", f"{case}?lite=true"),
        "event": ("rennes", f"{case}/events/{event.json['id']}"),
        "notifications": ("rennes", "/notifications"),
        "attachment": ("rennes", f"{case}/attachments/{folder['attachments'][0]['id']}"),
    }


@pytest.mark.parametrize("kind", ["folder", "case", "lite", "event", "notifications", "attachment"])
async def test_what_the_client_has_is_not_sent_again(visitor: Visitor, kind: str) -> None:
    who, path = (await paths(visitor))[kind]
    first = await visitor.call(who, "GET", path)
    mark = first.headers["ETag"]
    assert first.status == 200
    for asked in (mark, f'"other", {mark}', f"W/{mark}", "*"):
        again = await visitor.call(who, "GET", path, headers={"If-None-Match": asked})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", mark)
    for asked in ('"other"', mark.strip('"'), ""):
        again = await visitor.call(who, "GET", path, headers={"If-None-Match": asked})
        assert (again.status, again.body) == (200, first.body)


async def test_a_change_changes_the_tags_of_case_folder_and_inbox(visitor: Visitor) -> None:
    found = await paths(visitor)
    before = {kind: (await visitor.call(who, "GET", path)).headers["ETag"] for kind, (who, path) in found.items()}
    assert (await visitor.call("rennes", "PATCH", found["case"][1], json={"status": "IN_PROGRESS"})).status == 204
    (shown, *_) = (await visitor.call("rennes", "GET", "/notifications")).json
    assert (await visitor.call("rennes", "DELETE", f"/notifications/{shown['id']}")).status == 204
    after = {kind: (await visitor.call(who, "GET", path)).headers["ETag"] for kind, (who, path) in found.items()}
    changed = {kind for kind in found if before[kind] != after[kind]}
    assert changed == {"folder", "case", "lite", "notifications"}


CHANGES: list[tuple[str, str, dict[str, Any], str]] = [
    ("folder", "depot", {"globalStatus": "CLOSED"}, "HUBEE_NOTIFIED"),
    ("case", "rennes", {"status": "DONE"}, "HUBEE_NOTIFIED"),
    ("lite", "rennes", {"status": "DONE"}, "HUBEE_NOTIFIED"),
    ("event", "rennes", {"status": "RECEIVED"}, "SENT"),
]


@pytest.mark.parametrize(("kind", "who", "change", "status"), CHANGES)
async def test_a_change_of_what_is_not_there_any_more_is_a_conflict(
    visitor: Visitor, kind: str, who: str, change: dict[str, Any], status: str
) -> None:
    path = (await paths(visitor))[kind][1]
    mark = (await visitor.call(who, "GET", path)).headers["ETag"]
    for method, headers in (("PATCH", {}), ("POST", {"X-HTTP-Method-Override": "PATCH"})):
        for asked in ('"other"', f"W/{mark}"):
            answer = await visitor.call(who, method, path, json=change, headers={"If-Match": asked, **headers})
            assert answer.status == 409
            assert answer.errors[0]["code"] == 409
            assert f"status is {status}" in answer.messages[0]
        answer = await visitor.call(who, method, path, json=change, headers={"If-Match": "no tag", **headers})
        assert answer.status == 400
        assert answer.messages[0].startswith("@header.If-Match")
    assert (await visitor.call(who, "GET", path)).headers["ETag"] == mark
    answer = await visitor.call(who, "PATCH", path, json=change, headers={"If-Match": f'"other", {mark}'})
    assert answer.status == 204
    assert (await visitor.call(who, "PATCH", path, json=change, headers={"If-Match": mark})).status == 409
    assert (await visitor.call(who, "PATCH", path, json=change, headers={"If-Match": "*"})).status == 204


async def test_of_many_that_saw_the_same_one_wins(visitor: Visitor) -> None:
    path = (await paths(visitor))["case"][1]
    mark = (await visitor.call("rennes", "GET", path)).headers["ETag"]
    statuses = ("IN_PROGRESS", "DONE", "REFUSED", "SI_RECEIVED", "ADD_AWAITING")
    async with aiohttp.ClientSession() as session:  # one connection each
        crowd = replace(visitor, session=session)
        calls = [
            crowd.call("rennes", "PATCH", path, json={"status": status}, headers={"If-Match": mark})
            for status in statuses
        ]
        answers = await asyncio.gather(*calls)
    assert sorted(answer.status for answer in answers) == [204, 409, 409, 409, 409]
    winner = next(status for status, answer in zip(statuses, answers, strict=True) if answer.status == 204)
    assert (await visitor.call("rennes", "GET", path)).json["status"] == winner
    assert all(f"status is {winner}" in answer.messages[0] for answer in answers if answer.status == 409)


async def test_a_download_that_is_not_sent_counts_for_nothing(visitor: Visitor) -> None:
    who, path = (await paths(visitor))["attachment"]
    headers = {"If-None-Match": "*", "Range": "bytes=0-1"}
    answer = await visitor.call(who, "GET", path, headers=headers)
    assert answer.status == 304
    assert "digest" not in answer.headers


READS = {
    "organization": ("admin", f"{REFERENTIAL_BASE}/organizations/{RENNES}"),
    "organizations": ("depot", f"{REFERENTIAL_BASE}/organizations?type=SI"),
    "process": ("rennes", f"{REFERENTIAL_BASE}/processes/EtatCivil"),
    "processes": ("rennes", f"{REFERENTIAL_BASE}/processes"),
    "subscription": ("depot", REFERENTIAL_BASE + "/subscriptions/{id}"),
    "subscriptions": ("admin", f"{REFERENTIAL_BASE}/subscriptions?maxResult=1"),
    "capabilities": ("depot", f"{NATIVE_BASE}/capabilities"),
    "clients": ("admin", f"{NATIVE_BASE}/clients"),
}


async def subscription_id(visitor: Visitor) -> str:
    found = await ask(visitor, "admin", "GET", f"/subscriptions?processCode=EtatCivil&companyRegister={RENNES[3:17]}")
    identifier: str = found.json[0]["id"]
    return identifier


@pytest.mark.parametrize("kind", READS)
async def test_what_the_client_has_of_the_referential_is_not_sent_again(visitor: Visitor, kind: str) -> None:
    who, path = READS[kind]
    path = path.replace("{id}", await subscription_id(visitor))
    first = await ask(visitor, who, "GET", path, "")
    mark = first.headers["ETag"]
    assert (first.status, mark.startswith('"')) == (200, True)
    again = await ask(visitor, who, "GET", path, "", headers={"If-None-Match": f'"other", {mark}'})
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", mark)
    other = await ask(visitor, who, "GET", path, "", headers={"If-None-Match": '"other"'})
    assert (other.status, other.body, other.headers["ETag"]) == (200, first.body, mark)


async def test_a_page_that_is_the_same_of_more_has_another_tag(visitor: Visitor) -> None:
    path = "/organizations?type=SI&maxResult=1"
    first = await ask(visitor, "admin", "GET", path)
    assert (await ask(visitor, "admin", "POST", "/organizations", json=organization_body())).status == 201
    second = await ask(visitor, "admin", "GET", path, headers={"If-None-Match": first.headers["ETag"]})
    assert (second.status, second.body) == (200, first.body)
    assert second.headers["Content-Range"] == "Organizations 0-0/3"


REFERENTIAL_CHANGES: dict[str, tuple[str, dict[str, Any], str]] = {
    "organization": (f"/organizations/{RENNES}", {**organization(RENNES), "name": "Rennes Métropole"}, "Actif"),
    "process": ("/processes/CERTDC", {"code": "CERTDC", "name": "Décès"}, "activated"),
    "subscription": (
        "/subscriptions/{id}",
        subscription_body(processCode="EtatCivil", email="autre@example.org"),
        "Actif",
    ),
}


@pytest.mark.parametrize("kind", REFERENTIAL_CHANGES)
async def test_of_two_who_saw_the_same_of_the_referential_the_second_is_refused(visitor: Visitor, kind: str) -> None:
    path, body, status = REFERENTIAL_CHANGES[kind]
    path = path.replace("{id}", await subscription_id(visitor))
    mark = (await ask(visitor, "admin", "GET", path)).headers["ETag"]
    assert (await ask(visitor, "admin", "PUT", path, json=body, headers={"If-Match": mark})).status == 200
    answer = await ask(visitor, "admin", "PUT", path, json=body, headers={"If-Match": mark})
    assert (answer.status, f"status is {status}" in answer.messages[0]) == (409, True)
    answer = await ask(visitor, "admin", "PUT", path, json=body, headers={"If-Match": "no tag"})
    assert (answer.status, answer.messages[0].split(":")[0]) == (400, "@header.If-Match")
    assert (await ask(visitor, "admin", "PUT", path, json=body, headers={"If-Match": "*"})).status == 200
