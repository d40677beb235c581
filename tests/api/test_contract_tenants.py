"""No operation gives or takes anything of another organization, whichever of its ids stands in whichever position.

Generated from the contract: a new operation is tried without anybody thinking of it.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from gateway.api.contract import document
from gateway.api.problems import NATIVE_BASE
from gateway.api.reference import operations, resolved
from gateway.domain.referential import Subscription
from gateway.services.ports import Transaction
from tests.api.lasting import MESSAGE, Ids, LastingDoor, dossier
from tests.api.visitor import BREST, NOWHERE, PDF, RENNES, Answer

STRANGERS = {"OSL": "autre-depot", "SI": "brest"}
# The ids that the contract's examples show, by the parameter they stand for: in bodies they are replaced too.
SHOWN = {
    "01920f2e-7a01-7000-8000-0000000000f1": "folderId",
    "01920f2e-7a01-7000-8000-0000000000c1": "caseId",
    "01920f2e-7a01-7000-8000-0000000000e1": "eventId",
    "01920f2e-7a01-7000-8000-0000000000a1": "attachmentId",
    "01920f2e-7a01-7000-8000-0000000000b1": "notificationId",
    "01920f2e-7a01-7000-8000-0000000000d1": "subscriptionId",
    "01920f2e-7a01-7000-8000-0000000000ca": "callId",
    "01920f2e-7a01-7000-8000-0000000000aa": "uploadId",
}
NOWHERES = dict.fromkeys(SHOWN.values(), NOWHERE)


@dataclass(frozen=True)
class Worlds:
    """The ids of what belongs to others, and of what belongs to those who try."""

    theirs: Ids
    own: Ids


def _subscription(name: str, tx: Transaction) -> Subscription:
    found = tx.subscriptions.find(name, "EtatCivil")
    assert found is not None
    return found


async def call(door: LastingDoor, client: str, subscription_id: str) -> str:
    """The id of a call of the subscription's webhook."""
    headers = {"Authorization": f"Bearer {await door.visitor.token(client)}"}
    path = f"{NATIVE_BASE}/subscriptions/{subscription_id}/webhook"
    target = {"url": "https://hook.example.org/"}
    assert (await door.visitor.raw("PUT", path, json=target, headers=headers)).status == 200
    found: str = (await door.visitor.raw("POST", path + "/test", headers=headers)).json["id"]
    return found


async def upload(door: LastingDoor, client: str, ids: Ids) -> str:
    """The id of an upload of the file of the dossier's event."""
    event = f"/cases/{ids['caseId']}/events/{ids['eventId']}"
    (file,) = (await door.visitor.call(client, "GET", event)).json["attachments"]
    names = {"caseId": ids["caseId"], "eventId": ids["eventId"], "attachmentId": file["id"]}
    given = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in names.items())
    headers = {"Authorization": f"Bearer {await door.visitor.token(client)}", "Tus-Resumable": "1.0.0"}
    headers |= {"Upload-Length": str(len(PDF)), "Upload-Metadata": given}
    answer = await door.visitor.raw("POST", f"{NATIVE_BASE}/uploads", headers=headers)
    assert answer.status == 201
    found: str = answer.headers["Location"].rpartition("/")[2]
    return found


@pytest.fixture(scope="session")
def worlds(lasting_door: LastingDoor) -> Worlds:
    visitor = lasting_door.visitor
    theirs = lasting_door.run(dossier(visitor, "depot", RENNES, "rennes"))
    own = lasting_door.run(dossier(visitor, "autre-depot", BREST, "brest"))
    for ids, name, client in ((theirs, RENNES, "rennes"), (own, BREST, "brest")):
        found = lasting_door.run(visitor.office.store.read(partial(_subscription, name)))
        ids["subscriptionId"] = found.id
        ids["callId"] = lasting_door.run(call(lasting_door, client, found.id))
    for ids, client in ((theirs, "depot"), (own, "autre-depot")):
        ids["uploadId"] = lasting_door.run(upload(lasting_door, client, ids))
    return Worlds(theirs, own)


def attempts() -> Iterator[Any]:
    """Every operation with ids, every role that may ask it, every way to mix own and others' ids in its path."""
    for method, path, operation in operations(document()):
        names = [name for name in NOWHERES if f"{{{name}}}" in path]
        known = all(step.strip("{}") in NOWHERES for step in path.split("/") if step.startswith("{"))
        scopes = {scope for each in operation.get("security", []) for scope in each["oauth2"]}
        if not names or not known:
            continue
        for role, client in STRANGERS.items():
            for foreign in itertools.product([True, False], repeat=len(names)):
                if role in scopes and any(foreign):
                    positions = tuple(itertools.compress(names, foreign))
                    label = f"{method} {path} {role} {'+'.join(positions)}"
                    yield pytest.param(method, path, operation, client, positions, id=label)


async def ask(door: LastingDoor, client: str, method: str, path: str, operation: dict[str, Any], ids: Ids) -> Answer:
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", value)
    options: dict[str, Any] = {"headers": {"Authorization": f"Bearer {await door.visitor.token(client)}"}}
    for parameter in (resolved(document(), each) for each in operation.get("parameters", [])):
        if parameter["in"] == "header" and parameter.get("required"):
            values = parameter["schema"].get("enum") or [parameter.get("example", "1")]
            options["headers"][parameter["name"]] = values[0]
    contents = resolved(document(), operation["requestBody"])["content"] if "requestBody" in operation else {}
    if "application/json" in contents:
        text = json.dumps(contents["application/json"]["example"])
        for shown, name in SHOWN.items():
            text = text.replace(shown, ids.get(name, shown))
        options["data"], options["headers"]["Content-Type"] = text.encode(), "application/json"
    elif contents:
        options["data"], options["headers"]["Content-Type"] = PDF, next(iter(contents))
    return await door.visitor.raw(method.upper(), path, **options)


async def state_of(door: LastingDoor, ids: Ids) -> Any:
    """What the owners of the dossier see of it."""
    visitor = door.visitor
    folder = (await visitor.call("depot", "GET", f"/folders/{ids['folderId']}")).json
    case = (await visitor.call("depot", "GET", f"/cases/{ids['caseId']}")).json
    inbox = (await visitor.call("rennes", "GET", "/notifications", params={"maxResult": "1000"})).json
    return folder, case, [each["id"] for each in inbox]


@pytest.mark.parametrize(("method", "path", "operation", "client", "positions"), list(attempts()))
def test_what_is_another_ones_is_out_of_reach(
    lasting_door: LastingDoor,
    worlds: Worlds,
    method: str,
    path: str,
    operation: dict[str, Any],
    client: str,
    positions: tuple[str, ...],
) -> None:
    async def tried() -> None:
        before = await state_of(lasting_door, worlds.theirs)
        ids = worlds.own | {name: worlds.theirs[name] for name in positions}
        answer = await ask(lasting_door, client, method, path, operation, ids)
        assert answer.status in (403, 404), answer.body
        for secret in (PDF[:20], MESSAGE.encode(), "Ångström".encode(), RENNES.split("-")[1].encode()):
            assert secret not in answer.body
        if path.startswith(NATIVE_BASE):
            nowhere = worlds.own | dict.fromkeys(positions, NOWHERE)
            unknown = await ask(lasting_door, client, method, path, operation, nowhere)
            assert (answer.status, answer.body) == (unknown.status, unknown.body)
        assert await state_of(lasting_door, worlds.theirs) == before

    lasting_door.run(tried())


def test_every_operation_with_an_id_is_tried() -> None:
    tried = {(param.values[0], param.values[1]) for param in attempts()}
    with_ids = {
        (method, path)
        for method, path, operation in operations(document())
        if any(f"{{{name}}}" in path for name in NOWHERES)
        and any({"OSL", "SI"} & set(each["oauth2"]) for each in operation.get("security", []))
    }
    assert with_ids - tried == set()
