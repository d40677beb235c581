"""Plans of moves over HTTP: what would be done, told with places; and their record."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.identity import Door, Mode, Right
from gateway.domain.readiness import RECENT
from gateway.domain.referential import SubscriptionStatus
from gateway.domain.sightings import Sighting
from gateway.services.waves import drive
from tests.api.natives import faults, native
from tests.api.serving import JSON_MAX_SIZE
from tests.api.test_moves import entitled
from tests.api.visitor import BREST, RENNES, Answer, Visitor, organization

TEXT = "move: ille\nselect: {process: EtatCivil, mode: SFTP}\nto: API\n"
YAML = {"Content-Type": "application/yaml"}


@pytest.fixture(autouse=True)
async def legacy(visitor: Visitor) -> dict[str, str]:
    """Rennes and Brest take EtatCivil over SFTP and have tried the API; Brest is suspended. Their subscriptions."""
    office, now = visitor.office, visitor.office.clock()
    ids = {}
    for name, client in ((RENNES, "rennes"), (BREST, "brest")):
        known = await office.store.read(lambda tx, of=name: tx.subscriptions.find(of, "EtatCivil"))  # type: ignore[misc]  # a lambda has no types
        status = SubscriptionStatus.SUSPENDED if name == BREST else known.status
        changed = replace(known, access_mode=Mode.SFTP, status=status)
        await office.store.write(lambda tx, new=changed: tx.subscriptions.change(new, now))  # type: ignore[misc]  # a lambda has no types
        seen = Sighting(Door.API, client, now)
        await office.store.write(lambda tx, one=seen: tx.sightings.note(one))  # type: ignore[misc]  # a lambda has no types
        ids[name] = known.id
    await visitor.deposit()
    await entitled(visitor, Right.PLAN)
    return ids


async def post(
    visitor: Visitor, text: str | bytes = TEXT, query: str = "", who: str = "admin", **headers: str
) -> Answer:
    return await native(visitor, who, "POST", f"/moves{query}", data=text, headers=YAML | headers)


async def listed(visitor: Visitor) -> list[Any]:
    found: list[Any] = (await native(visitor, "admin", "GET", "/moves")).json["items"]
    return found


async def entries(visitor: Visitor) -> list[tuple[str, str]]:
    lines = await visitor.office.store.read(lambda tx: tx.journal.after(0, 1000))
    return [(one.entry, one.actor) for one in lines if one.entry.startswith("move.")]


async def test_a_plan_is_shown_and_nothing_is_written(visitor: Visitor, legacy: dict[str, str]) -> None:
    answer = await post(visitor)
    assert answer.status == 200
    found = answer.json
    assert (found["name"], found["recorded"], found["to"], found["transport"]) == ("ille", False, "API", None)
    assert (found["size"], found["organizations"], found["inFlight"], found["unchanged"]) == (1, 1, 1, 0)
    assert [(one["number"], one["size"], one["inFlight"]) for one in found["waves"]] == [(1, 1, 1)]
    assert found["blocked"] == 1
    assert found["blockedBy"] == [
        {
            "reason": "the subscription is suspended",
            "count": 1,
            "subscriptions": [
                {"subscriptionId": legacy[BREST], "subscriber": organization(BREST), "processCode": "EtatCivil"}
            ],
        }
    ]
    assert (found["untried"], found["warnings"]) == (0, [])
    assert found["mostInFlight"] == [{"subscriber": organization(RENNES), "inFlight": 1}]
    assert (found["plannedBy"], found["spec"]["in_flight"]) == ("admin", "carry")
    assert await listed(visitor) == []
    assert await entries(visitor) == []


async def test_who_has_not_tried_the_new_door_is_named(visitor: Visitor, legacy: dict[str, str]) -> None:
    visitor.office.clock.pass_by(2 * RECENT)  # type: ignore[attr-defined]  # a clock of the tests
    visitor.tokens.clear()
    found = (await post(visitor)).json
    assert (found["size"], found["untried"]) == (1, 1)
    (warning,) = found["warnings"]
    assert (warning["count"], warning["subscriptions"][0]["subscriptionId"]) == (1, legacy[RENNES])
    assert warning["reason"].startswith("nobody has used its API client within")


async def test_a_recorded_plan_is_approved_and_applied_by_its_digest(visitor: Visitor, legacy: dict[str, str]) -> None:
    answer = await post(visitor, query="?record=true")
    assert (answer.status, answer.headers["Location"]) == (201, "/gateway/v1/moves/ille")
    assert answer.json["recorded"]
    (move,) = await listed(visitor)
    assert (move["state"], move["digest"], move["plannedBy"]) == ("PLANNED", answer.json["digest"], "admin")
    assert await entries(visitor) == [("move.planned", "admin")]
    rows = (await native(visitor, "admin", "GET", "/moves/ille/rows")).json["items"]
    assert [(one["subscriptionId"], one["state"]) for one in rows] == [
        (legacy[RENNES], "WAITING"),
        (legacy[BREST], "BLOCKED"),
    ]
    seen = {"digest": answer.json["digest"]}
    assert (await native(visitor, "admin", "POST", "/moves/ille/approve", json=seen)).status == 403
    await entitled(visitor, *Right)
    assert (await native(visitor, "admin", "POST", "/moves/ille/approve", json=seen)).status == 200
    assert (await native(visitor, "admin", "POST", "/moves/ille/apply", json=seen)).status == 200
    assert await drive(visitor.office) == 1
    late = await post(visitor, query="?record=true")
    assert (late.status, json.loads(late.body)["state"]) == (409, {"state": "DONE"})


async def test_who_planned_does_not_approve_where_two_people_are_asked_for(visitor: Visitor) -> None:
    office = visitor.office
    office.adopt(replace(office.policy, two_people=True), None)
    await entitled(visitor, *Right)
    seen = {"digest": (await post(visitor, query="?record=true")).json["digest"]}
    refused = await native(visitor, "admin", "POST", "/moves/ille/approve", json=seen)
    assert (refused.status, faults(refused)) == (
        403,
        ["Another person than the one who planned the move has to approve it"],
    )


async def test_what_says_automatic_waits_for_approval_too(visitor: Visitor) -> None:
    await entitled(visitor, *Right)
    await post(visitor, TEXT + "approve: automatic\n", "?record=true")
    assert [one["state"] for one in await listed(visitor)] == ["PLANNED"]


async def test_a_request_under_its_key_is_recorded_once(visitor: Visitor) -> None:
    key = {"Idempotency-Key": "one"}
    first = await post(visitor, query="?record=true", **key)
    visitor.office.clock.pass_by(visitor.office.policy.grace)  # type: ignore[attr-defined]  # a clock of the tests
    again = await post(visitor, query="?record=true", **key)
    assert (again.status, again.headers["Idempotency-Replayed"], again.body) == (201, "true", first.body)
    assert again.headers["Location"] == first.headers["Location"]
    other = await post(visitor, TEXT + "in_flight: carry\n", "?record=true", **key)
    assert other.status == 409
    assert await entries(visitor) == [("move.planned", "admin")]
    newer = await post(visitor, query="?record=true")
    assert newer.json["digest"] != first.json["digest"]
    assert [one["digest"] for one in await listed(visitor)] == [newer.json["digest"]]


async def test_two_at_once_under_one_key_are_one(visitor: Visitor) -> None:
    key = {"Idempotency-Key": "one"}
    await visitor.token("admin")
    both = await asyncio.gather(*(post(visitor, query="?record=true", **key) for _ in range(2)))
    assert [one.status for one in both] == [201, 201]
    assert both[0].body == both[1].body
    assert len(await entries(visitor)) == 1


async def test_json_is_taken_too(visitor: Visitor) -> None:
    body = {"move": "ille", "select": {"process": ["EtatCivil"], "mode": "SFTP"}, "to": "API"}
    assert (await native(visitor, "admin", "POST", "/moves", json=body)).json["size"] == 1


async def test_what_is_wrong_with_the_text_is_told_with_its_place(visitor: Visitor) -> None:
    answer = await post(visitor, TEXT + "wawes: []\n")
    assert answer.status == 400
    assert json.loads(answer.body)["errors"] == [
        {
            "detail": "line 4, column 1: wawes: unknown key; did you mean `waves`?",
            "path": "wawes",
            "line": 4,
            "column": 1,
        }
    ]
    unknown = await post(visitor, TEXT.replace("EtatCivil", "PACS"))
    assert (unknown.status, faults(unknown)) == (
        400,
        ["line 2, column 10: select.process: there is no process PACS"],
    )
    assert "matches no subscription" in faults(await post(visitor, TEXT.replace("EtatCivil", "CERTDC")))[0]
    bomb = await post(visitor, "a: &a [x, x]\nb: [*a, *a]\n")
    assert any("aliases (*name) are not supported" in fault for fault in faults(bomb))


async def test_what_is_wrong_with_the_request_is_told(visitor: Visitor) -> None:
    assert faults(await post(visitor, query="?record=maybe")) == ["@query.record: must be true or false"]
    assert (await post(visitor, query="?keep=true")).status == 400
    assert (await post(visitor, **{"Content-Type": "text/plain"})).status == 415
    assert (await post(visitor, "#" * (JSON_MAX_SIZE + 1))).status == 413


async def test_planning_is_a_right_of_its_own(visitor: Visitor) -> None:
    await entitled(visitor, Right.APPROVE, Right.APPLY)
    for query in ("", "?record=true"):
        refused = await post(visitor, query=query)
        assert (refused.status, faults(refused)) == (403, ["This credential may not plan moves"])
    for who in ("depot", "rennes", "datapass"):
        assert (await post(visitor, who=who)).status == 403
