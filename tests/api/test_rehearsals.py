"""Dual runs over HTTP: begun, looked at and ended by operators; rehearsed by the subscriber's own client."""

from __future__ import annotations

import pytest

from gateway.domain.identity import Mode
from tests.api.natives import faults, native
from tests.api.visitor import BREST, Visitor

WANTED = {"mode": "SFTP", "hours": 24}


@pytest.fixture
async def path(visitor: Visitor) -> str:
    found = await visitor.office.store.read(lambda tx: tx.subscriptions.find(BREST, "EtatCivil"))
    assert found is not None
    assert found.access_mode is Mode.API
    return f"/subscriptions/{found.id}/rehearsal"


async def test_an_operator_begins_looks_at_and_ends_one(visitor: Visitor, path: str) -> None:
    assert (await native(visitor, "admin", "GET", path)).status == 404
    key = {"Idempotency-Key": "begin"}
    begun = await native(visitor, "admin", "POST", path, json=WANTED, headers=key)
    repeated = await native(visitor, "admin", "POST", path, json=WANTED, headers=key)
    assert (repeated.status, repeated.json, repeated.headers["Idempotency-Replayed"]) == (201, begun.json, "true")
    assert (begun.status, begun.json["mode"], begun.json["endedDateTime"]) == (201, "SFTP", None)
    assert begun.json["endDateTime"] > begun.json["startDateTime"]
    again = await native(visitor, "admin", "POST", path, json=WANTED)
    assert (again.status, begun.json["id"] in again.body.decode()) == (409, True)
    read = await native(visitor, "admin", "GET", path)
    assert (read.json["owner"], read.json["totals"]) == ("API", {"equal": 0, "different": 0, "pending": 0})
    ended = await native(visitor, "admin", "DELETE", path)
    assert (ended.status, ended.json["endedDateTime"] is None, ended.json["deliveries"]) == (200, False, [])
    assert (await native(visitor, "admin", "DELETE", path)).status == 404


async def test_it_is_for_operators_and_for_another_door(visitor: Visitor, path: str) -> None:
    for who in ("brest", "depot"):
        assert (await native(visitor, who, "POST", path, json=WANTED)).status == 403
    refused = await native(visitor, "admin", "POST", path, json={"mode": "API", "hours": 24})
    assert (refused.status, faults(refused)) == (
        400,
        ["mode: API owns the subscription; the door of another mode rehearses"],
    )
    for body in ({"mode": "FAX", "hours": 1}, {"mode": "SFTP", "hours": 0}, {"mode": "SFTP"}):
        assert (await native(visitor, "admin", "POST", path, json=body)).status == 400
