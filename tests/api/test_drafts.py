"""What is understood of bodies that are wrong somewhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.api import drafts
from gateway.services.deposit_checks import AttachmentDraft, CaseDraft, FolderDraft
from gateway.services.event_checks import EventDraft
from tests.api.visitor import RENNES, Visitor, folder_body, organization


def raw(body: Any) -> bytes:
    return json.dumps(body).encode()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'"x"', b"\xff", b"null", b"[" * 10_000])
def test_of_what_is_no_object_nothing_is_understood(body: bytes) -> None:
    assert drafts.folder(body) == FolderDraft(None, None, None)
    assert drafts.event(body) == EventDraft(None, None, None, ())


def test_each_part_of_a_folder_is_understood_by_itself() -> None:
    body = {
        "processCode": "EtatCivil",
        "cases": [{"externalId": 7, "recipient": organization(RENNES)}, {"externalId": "b", "recipient": {}}, None],
        "attachments": [{"type": "T", "size": True, "mimeType": "a/b", "recipients": ["b", 7]}, []],
    }
    found = drafts.folder(raw(body))
    assert found.process == "EtatCivil"
    assert found.cases is not None
    assert [(one.external_id, str(one.recipient)) for one in found.cases] == [
        (None, RENNES),
        ("b", "None"),
        (None, "None"),
    ]
    assert found.cases[2] == CaseDraft(None, None)
    assert found.attachments == (
        AttachmentDraft("T", None, "a/b", ("b", None)),
        AttachmentDraft(None, None, None, None),
    )


def test_each_part_of_an_event_is_understood_by_itself() -> None:
    body = {"actionType": "NONE", "message": "m", "caseNewStatus": "DONE", "attachments": [{"size": 3}]}
    assert drafts.event(raw(body)) == EventDraft(None, "m", "DONE", (AttachmentDraft(None, 3, None, None),))
    assert drafts.event(raw({"attachments": "all"})).attachments is None


async def test_faults_of_shape_and_of_sense_come_together(visitor: Visitor) -> None:
    body = folder_body(processCode="NONE", externalId="x" * 31)
    body["cases"][0]["recipient"]["companyRegister"] = "00000000000001"
    body["attachments"][0] |= {"fileName": "", "size": 2**40, "recipients": ["other"]}
    answer = await visitor.call("depot", "POST", "/folders", json=body)
    assert answer.status == 400
    assert [message.partition(":")[0] for message in answer.messages] == [
        "@body.externalId",
        "@body.attachments[0].fileName",
        "Process NONE does not exist",
        f"Case recipient SI-00000000000001-{RENNES.rpartition('-')[2]} does not exist",
        "attachments[0].recipients",
        "attachments[0].size",
    ]


async def test_of_a_known_process_the_rules_are_said_too(visitor: Visitor) -> None:
    body = folder_body(externalId=7)
    body["attachments"][0]["type"] = "Photo"
    answer = await visitor.call("depot", "POST", "/folders", json=body)
    assert [message.partition(":")[0] for message in answer.messages] == ["@body.externalId", "attachments[0].type"]
    answer = await visitor.call("autre-depot", "POST", "/folders", json=body)
    assert answer.errors == [{"code": 403, "message": "Unauthorized user"}]


async def test_events_likewise(visitor: Visitor) -> None:
    folder = await visitor.deposit()
    body = {
        "actionType": "SENDING_MESSAGE",
        "author": 7,
        "caseNewStatus": "LOST",
        "attachments": [{"fileName": "a", "type": "T", "size": 0, "mimeType": "image/png"}],
    }
    answer = await visitor.call("rennes", "POST", f"/cases/{folder['cases'][0]['id']}/events", json=body)
    assert answer.status == 400
    assert [message.partition(":")[0] for message in answer.messages] == [
        "@body.author",
        "@body.attachments[0].size",
        "attachments[0].mimeType",
        "attachments",
        "caseNewStatus",
    ]
