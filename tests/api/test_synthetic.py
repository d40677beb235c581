"""Made-up dossiers over HTTP."""

from __future__ import annotations

from tests.api.natives import faults, native
from tests.api.visitor import NOWHERE, RENNES, Visitor


async def path_of(visitor: Visitor) -> str:
    found = await visitor.office.store.read(lambda tx: tx.subscriptions.find(RENNES, "EtatCivil"))
    assert found is not None
    return f"/subscriptions/{found.id}/synthetic"


async def inbox(visitor: Visitor) -> list[str]:
    answer = await visitor.call("rennes", "GET", "/notifications")
    return [one["caseId"] for one in answer.json]


async def test_a_subscriber_is_tried_and_cleaned_up_after(visitor: Visitor) -> None:
    path = await path_of(visitor)
    sent = await native(visitor, "admin", "POST", path, json={"count": 2})
    assert (sent.status, len(sent.json["items"])) == (201, 2)
    assert path.startswith(f"/subscriptions/{sent.json['subscriptionId']}/")
    (case, _) = await inbox(visitor)
    shown = await visitor.call("rennes", "GET", f"/cases/{case}")
    assert shown.json["externalId"].removesuffix("-1") in [one["externalId"] for one in sent.json["items"]]
    assert len((await native(visitor, "admin", "POST", path)).json["items"]) == 1
    cleaned = await native(visitor, "admin", "DELETE", path)
    assert (cleaned.status, cleaned.json["cleaned"]) == (200, 3)
    assert await inbox(visitor) == []
    assert (await native(visitor, "admin", "DELETE", path)).json["cleaned"] == 0


async def test_each_dossier_is_in_the_journal(visitor: Visitor) -> None:
    path = await path_of(visitor)
    folder = (await native(visitor, "admin", "POST", path)).json["items"][0]["folderId"]
    await native(visitor, "admin", "DELETE", path)
    lines = [
        one for one in await visitor.office.store.read(lambda tx: tx.journal.after(0, 100)) if one.folder_id == folder
    ]
    told = {one.entry: one.actor for one in lines}
    assert (told["folder.created"], told["folder.deleted"]) == ("admin", "admin")


async def test_what_is_wrong_is_said(visitor: Visitor) -> None:
    path = await path_of(visitor)
    assert (await native(visitor, "admin", "POST", path, json={"count": 0})).status == 400
    assert "count" in faults(await native(visitor, "admin", "POST", path, json={"count": 101}))[0]
    for method in ("POST", "DELETE"):
        assert (await native(visitor, "admin", method, f"/subscriptions/{NOWHERE}/synthetic")).status == 404
        for who in ("depot", "rennes", "datapass"):
            assert (await native(visitor, who, method, path)).status == 403
