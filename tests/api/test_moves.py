"""Planned moves over HTTP: by whom they are approved, applied, watched and taken back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.identity import Caller, Door, Mode, Right, Role, Transport
from gateway.domain.moves import Row, Selection, Spec, Wave
from gateway.domain.sightings import Sighting
from gateway.services import moves
from gateway.services.waves import drive
from tests.api.natives import faults, native
from tests.api.visitor import ADMIN, BREST, RENNES, Answer, Visitor

DIGEST = "5e" * 32
OPERATOR = Caller(ADMIN, Role.ADMIN, Door.GATEWAY, "gateway moves (anne)")


async def entitled(visitor: Visitor, *rights: Right) -> None:
    """Gives the operator's client these rights."""

    def verb(tx: Any) -> None:
        known = tx.clients.get("admin")
        tx.clients.change(replace(known, rights=frozenset(rights)), visitor.office.clock())

    await visitor.office.store.write(verb)


@pytest.fixture
async def planned(visitor: Visitor) -> list[str]:
    """A plan that waits for approval: both subscriptions of Rennes and Brest to EtatCivil go from SFTP to the API."""
    office, now = visitor.office, visitor.office.clock()
    rows = []
    for position, name in enumerate((RENNES, BREST), 1):
        known = await office.store.read(lambda tx, of=name: tx.subscriptions.find(of, "EtatCivil"))  # type: ignore[misc]  # a lambda has no types
        changed = replace(known, access_mode=Mode.SFTP)
        await office.store.write(lambda tx, new=changed: tx.subscriptions.change(new, now))  # type: ignore[misc]  # a lambda has no types
        rows.append(Row(position, known.id, 1, Mode.SFTP, Transport.PULL, known.epoch, 0))
    for client in ("rennes", "brest"):
        await office.store.write(lambda tx, of=client: tx.sightings.note(Sighting(Door.API, of, now)))  # type: ignore[misc]  # a lambda has no types
    await moves.record(office, OPERATOR, Spec("ille", Selection(), Mode.API), [Wave(1, 2, now)], rows, DIGEST)
    return [row.subscription_id for row in rows]


async def post(visitor: Visitor, step: str, body: Any = None, who: str = "admin", **headers: str) -> Answer:
    return await native(visitor, who, "POST", f"/moves/ille/{step}", json=body, headers=headers)


def state(refused: Answer) -> Any:
    """The present state that a conflict names."""
    return json.loads(refused.body)["state"]


async def test_a_move_is_approved_applied_and_watched(visitor: Visitor, planned: list[str]) -> None:
    await entitled(visitor, *Right)
    approved = await post(visitor, "approve", {"digest": DIGEST})
    assert (approved.status, approved.json["state"], approved.json["approvedBy"]) == (200, "APPROVED", "admin")
    applied = await post(visitor, "apply", {"digest": DIGEST})
    assert (applied.status, applied.json["state"], applied.json["rows"]) == (200, "RUNNING", {"WAITING": 2})
    (wave,) = applied.json["waves"]
    assert wave["nextAt"] == wave["startsAt"], "it may begin"
    assert await drive(visitor.office) == 2
    read = await native(visitor, "admin", "GET", "/moves/ille")
    assert read.json["waves"][0]["nextAt"] is None
    assert (read.json["state"], read.json["rows"], read.json["waves"][0]["state"]) == ("DONE", {"SWITCHED": 2}, "DONE")
    assert read.json["spec"]["move"] == "ille"
    rows = await native(visitor, "admin", "GET", "/moves/ille/rows?limit=1")
    assert [(row["subscriptionId"], row["state"], row["epoch"]) for row in rows.json["items"]] == [
        (planned[0], "SWITCHED", 2)
    ]
    following = await native(visitor, "admin", "GET", f"/moves/ille/rows?limit=1&cursor={rows.json['next']}")
    assert ([row["position"] for row in following.json["items"]], following.json["next"]) == ([2], None)
    back = await post(visitor, "rollback")
    assert (back.status, back.json["state"]) == (200, "ROLLBACK")
    await drive(visitor.office)
    assert (await native(visitor, "admin", "GET", "/moves/ille")).json["rows"] == {"ROLLED_BACK": 2}


async def test_moves_are_listed(visitor: Visitor, planned: list[str]) -> None:
    listed = await native(visitor, "admin", "GET", "/moves")
    assert [(one["name"], one["state"], one["size"]) for one in listed.json["items"]] == [("ille", "PLANNED", 2)]
    tag = {"If-None-Match": listed.headers["ETag"]}
    assert (await native(visitor, "admin", "GET", "/moves", headers=tag)).status == 304
    waiting = await native(visitor, "admin", "GET", "/moves/ille/rows?state=WAITING")
    assert [row["subscriptionId"] for row in waiting.json["items"]] == planned
    assert (await native(visitor, "admin", "GET", "/moves/ille/rows?state=SWITCHED")).json["items"] == []


@pytest.mark.usefixtures("planned")
async def test_each_step_is_a_right_of_its_own(visitor: Visitor) -> None:
    refused = await post(visitor, "approve", {"digest": DIGEST})
    assert (refused.status, faults(refused)) == (403, ["This credential may not approve moves"])
    await entitled(visitor, Right.APPROVE)
    assert (await post(visitor, "approve", {"digest": DIGEST})).status == 200
    assert (await post(visitor, "apply", {"digest": DIGEST})).status == 403
    assert (await post(visitor, "approve", {"digest": DIGEST}, who="rennes")).status in (403, 404)
    assert (await native(visitor, "rennes", "GET", "/moves")).status in (403, 404)


@pytest.mark.usefixtures("planned")
async def test_a_step_can_depend_on_what_was_seen_and_is_taken_once(visitor: Visitor) -> None:
    await entitled(visitor, *Right)
    seen = (await native(visitor, "admin", "GET", "/moves/ille")).headers["ETag"]
    assert (await post(visitor, "approve", {"digest": DIGEST}, **{"If-Match": seen})).status == 200
    stale = await post(visitor, "apply", {"digest": DIGEST}, **{"If-Match": seen})
    assert (stale.status, state(stale)) == (409, {"status": "APPROVED"})
    assert (await post(visitor, "apply", {"digest": DIGEST})).status == 200
    key = {"Idempotency-Key": "one"}
    paused = await post(visitor, "pause", {"reason": "a call from Rennes"}, **key)
    assert (paused.json["state"], paused.json["reason"]) == ("PAUSED", "a call from Rennes")
    assert (await post(visitor, "resume")).json["state"] == "RUNNING"
    again = await post(visitor, "pause", {"reason": "a call from Rennes"}, **key)
    assert (again.status, again.headers["Idempotency-Replayed"], again.body) == (200, "true", paused.body)
    assert (await native(visitor, "admin", "GET", "/moves/ille")).json["state"] == "RUNNING"
    assert (await post(visitor, "pause")).json["reason"] == "by hand"


@pytest.mark.usefixtures("planned")
async def test_what_is_wrong_is_said(visitor: Visitor) -> None:
    await entitled(visitor, *Right)
    other = await post(visitor, "approve", {"digest": "00" * 32})
    assert (other.status, state(other)) == (409, {"digest": DIGEST})
    assert (await post(visitor, "approve", {"digest": "no"})).status == 400
    for step in ("approve", "apply"):
        bare = await post(visitor, step)
        assert (bare.status, faults(bare)) == (
            400,
            [
                f'@body: is missing: {step} the plan that you have seen by its digest, {{"digest": "…"}}, '
                "as GET /moves/{moveName} answers it"
            ],
        )
    early = await post(visitor, "apply", {"digest": DIGEST})
    assert (early.status, state(early)) == (409, {"state": "PLANNED"})
    assert (await native(visitor, "admin", "GET", "/moves/nowhere")).status == 404
    assert (await native(visitor, "admin", "GET", "/moves/ille/rows?state=GONE")).status == 400
    assert (await native(visitor, "admin", "GET", "/moves/ille/rows?cursor=eA==")).status == 400
