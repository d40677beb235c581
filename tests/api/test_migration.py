"""Cases given to another organization, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.visitor import BREST, RENNES, Answer, Visitor, organization

PATH = "/cases/migrate"
NOBODY = "SI-00000000000001-1"


async def move(visitor: Visitor, who: str, source: str, target: str) -> Answer:
    body = {"organizationSource": organization(source), "organizationTarget": organization(target)}
    return await visitor.call(who, "PUT", PATH, json=body)


async def test_an_operator_gives_all_cases_to_another_commune(visitor: Visitor) -> None:
    first, second = await visitor.deposit(), await visitor.deposit(processCode="CERTDC")
    answer = await move(visitor, "admin", RENNES, BREST)
    assert (answer.status, answer.json) == (200, {"caseUpdated": 2})
    for folder in (first, second):
        path = f"/cases/{folder['cases'][0]['id']}"
        assert (await visitor.call("brest", "GET", path)).json["recipient"] == organization(BREST)
        assert (await visitor.call("rennes", "GET", path)).status == 403
    assert (await visitor.call("rennes", "GET", "/notifications")).json == []
    shown = (await visitor.call("brest", "GET", "/notifications")).json
    assert {one["caseId"] for one in shown} == {first["cases"][0]["id"], second["cases"][0]["id"]}
    assert {one["recipient"]["branchCode"] for one in shown} == {organization(BREST)["branchCode"]}
    assert (await move(visitor, "admin", RENNES, BREST)).json == {"caseUpdated": 0}


async def test_others_may_not(visitor: Visitor) -> None:
    await visitor.deposit()
    for who in ("rennes", "rennes-ec", "brest", "depot", "datapass"):
        answer = await move(visitor, who, RENNES, BREST)
        assert answer.errors == [{"code": 403, "message": "Unauthorized user"}]
        assert (await move(visitor, who, RENNES, NOBODY)).status == 403
    assert len((await visitor.call("rennes", "GET", "/notifications")).json) == 1


async def test_an_unknown_organization_is_not_found(visitor: Visitor) -> None:
    for source, target in ((NOBODY, BREST), (RENNES, NOBODY)):
        answer = await move(visitor, "admin", source, target)
        assert answer.errors == [{"code": 404, "message": "Organization is not found"}]


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({}, ["@body", "@body"]),
        (
            {"organizationSource": {"type": "SI"}, "organizationTarget": 7},
            ["@body.organizationSource", "@body.organizationSource", "@body.organizationTarget"],
        ),
    ],
)
async def test_every_fault_of_the_body_is_listed(visitor: Visitor, body: Any, places: list[str]) -> None:
    answer = await visitor.call("admin", "PUT", PATH, json=body)
    assert answer.status == 400
    assert [message.partition(":")[0] for message in answer.messages] == places
