"""Processes over HTTP."""

from __future__ import annotations

from gateway.services.ports import Transaction
from tests.api.referential import ask, process_body
from tests.api.visitor import OSL, OTHER_OSL, Visitor

PROCESSES = "/processes"
NOW = "2026-03-02T09:00:00.123+00:00"
WHOLE = {
    "code": "PACS",
    "name": "Pacte civil de solidarité",
    "description": "« PACS »",
    "isActivated": False,
    "osl": OSL,
    "attachmentFormatsEnabled": ["application/pdf"],
    "siAttachmentFormatsEnabled": ["application/xml"],
    "attachmentTypesEnabled": ["flux-pacs", "an"],
    "attachmentMaxSizeEnabled": 2**31,
    "statusBeforeFileDeletion": "CLOSED",
    "timeBeforeFileDeletion": 90,
    "timeBeforeArchiving": 30,
    "timeBeforeFolderDeletion": 365,
    "messageToTransmitter": False,
    "messageWithStatus": False,
    "authorizedAwaiting": True,
    "subscriptionValidation": "Manual",
    "legalJustification": "Code civil",
}


async def test_one_is_declared_read_and_changed(visitor: Visitor) -> None:
    answer = await ask(visitor, "admin", "POST", PROCESSES, json=WHOLE)
    assert answer.status == 201
    assert answer.json == {**WHOLE, "createDateTime": NOW, "updateDateTime": None}
    assert (await ask(visitor, "depot", "GET", f"{PROCESSES}/PACS")).json == answer.json
    change = process_body(authorizedAwaiting=False, legalJustification=None)
    answer = await ask(visitor, "admin", "PUT", f"{PROCESSES}/PACS", json=change)
    assert answer.status == 200
    changed = {**WHOLE, "authorizedAwaiting": False, "legalJustification": None}
    assert answer.json == {**changed, "createDateTime": NOW, "updateDateTime": NOW}


async def test_a_change_keeps_what_the_hub_does_not_know(visitor: Visitor) -> None:
    before = await visitor.office.store.read(lambda tx: tx.processes.get("EtatCivil"))
    body = process_body(code="EtatCivil", name="État civil")
    assert (await ask(visitor, "admin", "PUT", f"{PROCESSES}/EtatCivil", json=body)).status == 200

    def kept(tx: Transaction) -> bool:
        found = tx.processes.get("EtatCivil")
        assert found is not None
        assert before is not None
        return (found.rules, found.recipient_formats, found.name) == (
            before.rules,
            before.recipient_formats,
            "État civil",
        )

    assert await visitor.office.store.read(kept)


async def test_faults_are_listed(visitor: Visitor) -> None:
    wrong = {**WHOLE, "code": "a b", "attachmentMaxSizeEnabled": 0, "subscriptionValidation": "auto", "isActivated": 1}
    answer = await ask(visitor, "admin", "POST", PROCESSES, json=wrong)
    assert sorted(message.split(":")[0] for message in answer.messages) == [
        "@body.attachmentMaxSizeEnabled",
        "@body.code",
        "@body.isActivated",
        "@body.subscriptionValidation",
    ]
    wrong = {**WHOLE, "code": "EtatCivil", "osl": "SI-21350238800019-35238", "statusBeforeFileDeletion": "ENDED"}
    answer = await ask(visitor, "admin", "POST", PROCESSES, json=wrong)
    assert answer.messages == [
        "Process EtatCivil already exists",
        "osl: must be an organization of type OSL",
        "statusBeforeFileDeletion: ENDED is not a status",
    ]


async def test_everybody_sees_what_concerns_it(visitor: Visitor) -> None:
    async def codes(who: str, query: str = "") -> list[str]:
        answer = await ask(visitor, who, "GET", f"{PROCESSES}?orderBy=asc(code){query}")
        assert answer.headers["Content-Range"].startswith("Processes 0-")
        return [one["code"] for one in answer.json]

    assert await codes("admin") == await codes("datapass") == await codes("depot") == ["CERTDC", "EtatCivil"]
    assert await codes("autre-depot") == ["CERTDC"]
    assert await codes("rennes-certdc") == ["CERTDC"]
    assert await codes("admin", f"&osl={OSL}") == ["EtatCivil"]
    assert await codes("admin", f"&osl={OTHER_OSL}") == []
    for who, code in (
        ("autre-depot", "EtatCivil"),
        ("rennes-certdc", "EtatCivil"),
        ("admin", "none"),
        ("admin", "%00"),
    ):
        answer = await ask(visitor, who, "GET", f"{PROCESSES}/{code}")
        assert answer.errors == [{"code": 404, "message": "Process is not found"}]
    answer = await ask(visitor, "admin", "PUT", f"{PROCESSES}/PACS", json=WHOLE)
    assert answer.errors == [{"code": 404, "message": "Process is not found"}]


async def test_only_operators_write(visitor: Visitor) -> None:
    for who in ("depot", "rennes", "datapass"):
        for method, path in (("POST", PROCESSES), ("PUT", f"{PROCESSES}/EtatCivil")):
            answer = await ask(visitor, who, method, path, json=WHOLE)
            assert answer.errors == [{"code": 403, "message": "Unauthorized user"}]


async def test_null_says_nothing_where_nothing_cannot_be(visitor: Visitor) -> None:
    await ask(visitor, "admin", "POST", PROCESSES, json=WHOLE)
    owner = {"type": "OSL", "companyRegister": OTHER_OSL.split("-")[1], "branchCode": "00000"}
    nulls = dict.fromkeys(("isActivated", "attachmentTypesEnabled", "authorizedAwaiting", "subscriptionValidation"))
    answer = await ask(visitor, "admin", "PUT", f"{PROCESSES}/PACS", json={**WHOLE, **nulls, "osl": owner})
    assert answer.json == {**WHOLE, "osl": OTHER_OSL, "createDateTime": NOW, "updateDateTime": NOW}
