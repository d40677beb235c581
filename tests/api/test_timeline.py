"""What happened to a case, over HTTP."""

from __future__ import annotations

import pytest

from gateway.api.cursors import cursor
from tests.api.natives import native
from tests.api.visitor import NOWHERE, OSL, Visitor, organization

DONE = {"status": "DONE"}


async def path_of(visitor: Visitor) -> str:
    """The path of a case that its recipient has fetched."""
    folder = await visitor.deposit()
    case = f"/cases/{folder['cases'][0]['id']}"
    assert (await visitor.call("rennes", "PATCH", case, json=DONE)).status == 204
    return f"{case}/timeline"


async def test_both_sides_see_where_a_dossier_is(visitor: Visitor) -> None:
    path = await path_of(visitor)
    of_the_recipient = (await native(visitor, "rennes", "GET", path)).json
    entries = [one["entry"] for one in of_the_recipient["items"]]
    assert entries[0] == "delivery.published"
    assert "case.status" in entries
    assert of_the_recipient["items"][0] == {
        "dateTime": "2026-03-02T09:00:00.123+00:00",
        "entry": "delivery.published",
        "door": "API",
        "by": "depositor",
        "organization": organization(OSL),
        "actor": None,
        "deliveryId": of_the_recipient["items"][0]["deliveryId"],
        "detail": {"kind": "PUBLICATION"},
    }
    of_the_depositor = (await native(visitor, "depot", "GET", path)).json["items"]
    assert of_the_depositor[0]["entry"] == "folder.created"
    assert of_the_depositor[0]["actor"] == "depot"
    changed = next(one for one in of_the_depositor if one["detail"].get("to") == "DONE")
    assert (changed["by"], changed["actor"], changed["door"]) == ("recipient", None, "API")
    assert {one["actor"] for one in (await native(visitor, "admin", "GET", path)).json["items"]} >= {"depot", "rennes"}


async def test_pages_follow_each_other_and_have_tags(visitor: Visitor) -> None:
    path = await path_of(visitor)
    whole = await native(visitor, "depot", "GET", path)
    mark = {"If-None-Match": whole.headers["ETag"]}
    assert (await native(visitor, "depot", "GET", path, headers=mark)).status == 304
    found, following = [], ""
    while following is not None:
        page = (await native(visitor, "depot", "GET", f"{path}?limit=2" + (following and f"&cursor={following}"))).json
        assert len(page["items"]) <= 2
        found += page["items"]
        following = page["next"]
    assert found == whole.json["items"]


@pytest.mark.parametrize("query", ["cursor=x", f"cursor={cursor('x')}", f"cursor={cursor('1' * 19)}", "limit=0"])
async def test_a_wrong_query_is_refused(visitor: Visitor, query: str) -> None:
    assert (await native(visitor, "depot", "GET", f"{await path_of(visitor)}?{query}")).status == 400


async def test_nobody_else_learns_of_it(visitor: Visitor) -> None:
    path = await path_of(visitor)
    for who in ("autre-depot", "brest", "rennes-certdc"):
        found = await native(visitor, who, "GET", path)
        unknown = await native(visitor, who, "GET", f"/cases/{NOWHERE}/timeline")
        assert (found.status, found.body) == (404, unknown.body)
    assert (await native(visitor, "datapass", "GET", path)).status == 403
