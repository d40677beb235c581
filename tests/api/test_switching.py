"""Switching one subscription over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.domain.identity import Right
from tests.api.natives import faults, native
from tests.api.test_moves import entitled
from tests.api.visitor import NOWHERE, RENNES, Answer, Visitor, organization


@pytest.fixture(autouse=True)
async def may_apply(visitor: Visitor) -> None:
    await entitled(visitor, Right.APPLY)


async def subscription(visitor: Visitor) -> str:
    found = await visitor.office.store.read(lambda tx: tx.subscriptions.find(RENNES, "EtatCivil"))
    assert found is not None
    return found.id


async def switch(visitor: Visitor, of: str, body: dict[str, Any], who: str = "admin", **headers: str) -> Answer:
    return await native(visitor, who, "POST", f"/subscriptions/{of}/switch", json=body, headers=headers)


async def test_a_subscription_is_switched_and_back(visitor: Visitor) -> None:
    of = await subscription(visitor)
    done = await switch(visitor, of, {"accessMode": "SFTP", "transport": "push", "epoch": 1})
    assert (done.status, done.json) == (
        200,
        {
            "subscriptionId": of,
            "subscriber": organization(RENNES),
            "processCode": "EtatCivil",
            "from": {"accessMode": "API", "transport": "pull"},
            "to": {"accessMode": "SFTP", "transport": "push"},
            "epoch": 2,
            "open": {"ready": 0, "fetched": 0, "pinned": 0},
            "pinnedUntil": None,
        },
    )
    back = await switch(visitor, of, {"accessMode": "API", "inFlight": "drain", "drainFor": 86400})
    assert (back.json["epoch"], back.json["pinnedUntil"] is None) == (3, False)


async def test_it_is_done_once_and_only_on_what_was_seen(visitor: Visitor) -> None:
    of = await subscription(visitor)
    key = {"Idempotency-Key": "one"}
    done = await switch(visitor, of, {"accessMode": "PORTAIL"}, **key)
    again = await switch(visitor, of, {"accessMode": "PORTAIL"}, **key)
    assert (again.status, again.body, again.headers["Idempotency-Replayed"]) == (200, done.body, "true")
    stale = await switch(visitor, of, {"accessMode": "API", "epoch": 1})
    assert (stale.status, json.loads(stale.body)["state"]["epoch"]) == (409, "2")


async def test_what_makes_no_sense_is_refused(visitor: Visitor) -> None:
    of = await subscription(visitor)
    for body in ({}, {"accessMode": "FAX"}, {"accessMode": "SFTP", "drainFor": 0}, {"accessMode": "API"}):
        assert (await switch(visitor, of, body)).status == 400
    refused = await switch(visitor, of, {"accessMode": "SFTP", "inFlight": "drain"})
    assert faults(refused) == ["drainFor: say how long a drain may take; it goes with inFlight drain alone"]
    assert (await switch(visitor, NOWHERE, {"accessMode": "SFTP"})).status == 404
    assert (await switch(visitor, of, {"accessMode": "SFTP"}, who="rennes")).status in (403, 404)


async def test_switching_is_a_right_of_its_own(visitor: Visitor) -> None:
    """Else whoever may not apply a move could switch its subscriptions one by one."""
    of = await subscription(visitor)
    await entitled(visitor, Right.PLAN, Right.APPROVE)
    refused = await switch(visitor, of, {"accessMode": "SFTP"})
    assert (refused.status, faults(refused)) == (403, ["This credential may not apply moves"])
