"""Which organizations take which process now, over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.api.capabilities import cursor_of, position
from gateway.api.cursors import cursor
from tests.api.referential import ask_native
from tests.api.visitor import BREST, RENNES, Visitor, organization

CAPABILITIES = "/capabilities"


async def problem_of(visitor: Visitor, who: str, path: str) -> dict[str, Any]:
    answer = await ask_native(visitor, who, path)
    assert answer.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = json.loads(answer.body)
    assert found["status"] == answer.status
    return found


async def test_what_is_listed_says_how_to_deposit(visitor: Visitor) -> None:
    answer = await ask_native(visitor, "depot", f"{CAPABILITIES}?processCode=EtatCivil&branchCode=35238")
    assert answer.status == 200
    assert answer.json == {
        "items": [
            {
                "processCode": "EtatCivil",
                "recipient": organization(RENNES),
                "name": f"Name of {RENNES}",
                "postalCode": None,
                "territory": None,
                "activateDateTime": None,
                "endDateTime": None,
            }
        ],
        "next": None,
    }
    (item,) = answer.json["items"]
    case = {"externalId": "EC-0001-01", "recipient": item["recipient"]}
    assert (await visitor.create(processCode=item["processCode"], cases=[case]))["cases"]


async def test_pages_follow_each_other(visitor: Visitor) -> None:
    found: list[tuple[str, str]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await ask_native(visitor, "depot", f"{CAPABILITIES}?limit=3" + (f"&cursor={cursor}" if cursor else ""))
        found += [(one["processCode"], one["recipient"]["branchCode"]) for one in answer.json["items"]]
        cursor = answer.json["next"]
    assert found == [(code, branch) for code in ("CERTDC", "EtatCivil") for branch in ("29019", "35238")]


async def test_it_is_filtered_by_right(visitor: Visitor) -> None:
    answer = await ask_native(visitor, "autre-depot", CAPABILITIES)
    assert {one["processCode"] for one in answer.json["items"]} == {"CERTDC"}
    answer = await ask_native(visitor, "admin", f"{CAPABILITIES}?companyRegister={BREST.split('-')[1]}")
    assert {one["processCode"] for one in answer.json["items"]} == {"CERTDC", "EtatCivil"}
    assert (await ask_native(visitor, "admin", f"{CAPABILITIES}?postalCode=35000")).json["items"] == []
    for who in ("rennes", "datapass"):
        assert (await problem_of(visitor, who, CAPABILITIES))["status"] == 403


async def test_every_fault_is_listed(visitor: Visitor) -> None:
    found = await problem_of(visitor, "depot", f"{CAPABILITIES}?limit=0&cursor=x&companyRegister=1&branch=1")
    assert [fault["detail"].split(":")[0] for fault in found["errors"]] == [
        "@query.branch",
        "@query.companyRegister",
        "@query.limit",
        "@query.cursor",
    ]


def test_a_cursor_is_the_position_behind_which_it_goes_on() -> None:
    assert position(cursor_of(("EtatCivil", RENNES))) == ("EtatCivil", RENNES)


@pytest.mark.parametrize("value", ["", "a", "a\nb\nc", "a\n\t", "\n\0"])
def test_what_was_never_given_out_is_no_cursor(value: str) -> None:
    assert position(cursor(value)) is None
    assert position("é") is None
