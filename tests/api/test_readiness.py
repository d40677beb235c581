"""Readiness of a subscription, over HTTP."""

from __future__ import annotations

import pytest

from tests.api.natives import faults, native
from tests.api.visitor import NOWHERE, RENNES, Visitor


async def path_of(visitor: Visitor) -> str:
    """The path of the readiness of the subscription of Rennes to EtatCivil."""
    found = await visitor.office.store.read(lambda tx: tx.subscriptions.find(RENNES, "EtatCivil"))
    assert found is not None
    return f"/subscriptions/{found.id}/readiness"


async def test_operators_read_every_point(visitor: Visitor) -> None:
    path = await path_of(visitor)
    answer = await native(visitor, "admin", "GET", f"{path}?to=SFTP&transport=push")
    assert answer.status == 200
    found = answer.json
    assert (found["to"], found["transport"], found["go"]) == ("SFTP", "push", False)
    points = {one["name"]: one for one in found["points"]}
    assert points["subscription"]["go"] is True
    assert points["credentials"] == {
        "name": "credentials",
        "go": False,
        "reason": "no server is declared to which archives could be pushed",
    }
    assert points["undelivered"]["go"] is None
    mark = {"If-None-Match": answer.headers["ETag"]}
    assert (await native(visitor, "admin", "GET", f"{path}?to=SFTP&transport=push", headers=mark)).status == 304


async def test_a_client_that_asks_for_a_token_has_used_its_credential(visitor: Visitor) -> None:
    path = f"{await path_of(visitor)}?to=API"
    await visitor.token("rennes")
    found = (await native(visitor, "admin", "GET", path)).json
    used = next(one for one in found["points"] if one["name"] == "present")
    assert used["reason"].startswith("rennes was last seen 0 min ago")
    assert found["transport"] is None
    assert "in mode API already" in found["points"][0]["reason"]


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("", "@query.to: must be one of SFTP, API, PORTAIL"),
        ("?to=PIGEON", "@query.to: must be one of SFTP, API, PORTAIL"),
        ("?to=API&transport=cart", "@query.transport: must be one of pull, push"),
        ("?to=API&from=SFTP", "@query.from: "),
    ],
)
async def test_a_wrong_query_is_refused(visitor: Visitor, query: str, fault: str) -> None:
    answer = await native(visitor, "admin", "GET", f"/subscriptions/{NOWHERE}/readiness{query}")
    assert answer.status == 400
    assert faults(answer)[0].startswith(fault)


async def test_nobody_else_may_ask(visitor: Visitor) -> None:
    path = f"{await path_of(visitor)}?to=API"
    for who in ("depot", "rennes", "datapass"):
        assert (await native(visitor, who, "GET", path)).status == 403
    assert (await native(visitor, "admin", "GET", f"/subscriptions/{NOWHERE}/readiness?to=API")).status == 404
