"""What portals are told to delete, and tell of, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.visitor import BREST, NOWHERE, Visitor, folder_body, organization

DUE, PURGED = "/attachmentsIdsForPurge", "/idsPurged"


async def done(visitor: Visitor, who: str = "rennes", **changes: Any) -> list[dict[str, str]]:
    """The pairs of a folder whose case is DONE."""
    folder = await visitor.deposit(**changes)
    (case,) = folder["cases"]
    answer = await visitor.call(who, "PATCH", f"/cases/{case['id']}", json={"status": "DONE"})
    assert answer.status == 204
    return [{"folder_attachment_id": one["id"], "case_id": case["id"]} for one in folder["attachments"]]


async def test_a_portal_deletes_and_says_so(visitor: Visitor) -> None:
    await visitor.deposit()  # still open
    pairs = await done(visitor)
    for who in ("rennes", "rennes-ec", "depot", "admin"):
        answer = await visitor.call(who, "GET", DUE)
        assert (answer.status, answer.json) == (200, pairs)
    for who in ("brest", "rennes-certdc", "autre-depot"):
        assert (await visitor.call(who, "GET", DUE)).json == []
    for _ in range(2):
        answer = await visitor.call("rennes-ec", "PUT", PURGED, json=pairs[:1])
        assert (answer.status, answer.body) == (204, b"")
    assert (await visitor.call("rennes", "GET", DUE)).json == pairs[1:]
    assert (await visitor.call("rennes", "PUT", PURGED, json=[])).status == 204


async def test_the_gateways_own_bytes_stay(visitor: Visitor) -> None:
    pairs = await done(visitor)
    assert (await visitor.call("rennes", "PUT", PURGED, json=pairs)).status == 204
    path = f"/cases/{pairs[0]['case_id']}/attachments/{pairs[0]['folder_attachment_id']}"
    assert (await visitor.call("rennes", "GET", path)).status == 200


async def test_each_pair_that_is_not_the_callers_is_named_and_none_is_noted(visitor: Visitor) -> None:
    ours = await done(visitor)
    body = folder_body()
    body["cases"][0]["recipient"] = organization(BREST)
    theirs = await done(visitor, "brest", cases=body["cases"])
    unknown = {"folder_attachment_id": NOWHERE, "case_id": ours[0]["case_id"]}
    crossed = {"folder_attachment_id": theirs[0]["folder_attachment_id"], "case_id": ours[0]["case_id"]}
    answer = await visitor.call("rennes", "PUT", PURGED, json=[ours[0], theirs[0], unknown, crossed])
    assert answer.status == 400
    assert [message.partition(":")[0] for message in answer.messages] == ["@body[1]", "@body[2]", "@body[3]"]
    assert (await visitor.call("rennes", "GET", DUE)).json == ours
    assert (await visitor.call("rennes-certdc", "PUT", PURGED, json=ours)).status == 400
    assert (await visitor.call("depot", "PUT", PURGED, json=[*ours, *theirs])).status == 204


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({}, ["@body"]),
        ([{"case_id": "x"}, 7], ["@body[0]", "@body[0].case_id", "@body[1]"]),
        ([{"case_id": NOWHERE, "folder_attachment_id": NOWHERE}] * 1001, ["@body"]),
        ([{"caseId": NOWHERE, "folderAttachmentId": NOWHERE}], ["@body[0]", "@body[0]"]),
    ],
)
async def test_every_fault_of_the_list_is_named(visitor: Visitor, body: Any, places: list[str]) -> None:
    answer = await visitor.call("admin", "PUT", PURGED, json=body)
    assert answer.status in (400, 413)
    if answer.status == 400:
        assert sorted(message.partition(":")[0] for message in answer.messages) == places
