from __future__ import annotations

import base64
import hashlib
from typing import Any, cast

from gateway.cli.demo import documents
from gateway.cli.demo.people import ApiSubscriber, Depositor, Part, identifier
from tests.cli.demo.players import Answers, folder

FILES = documents.death_certificate("N")


async def test_a_deposit_declares_uploads_and_completes() -> None:
    rest = Answers(POST_folders=folder("N", "HUBEE_RECEIVED", attachments=3), GET_folders={"id": "folder"})
    one, two = "SI-21990000100011-99001", "SI-21990000200019-99002"
    parts = (Part("N-1", one, FILES), Part("N-2", two, FILES[1:]))
    assert await Depositor(cast(Any, rest)).deposit("CERTDC", "N", parts) == {"id": "folder"}
    create, *uploads, complete, _ = rest.asked
    assert [each["recipients"] for each in create[2]["attachments"]] == [["N-1"], ["N-1", "N-2"], ["N-1", "N-2"]]
    assert create[2]["cases"][1] == {"externalId": "N-2", "recipient": identifier(two)}
    assert [path for _, path, _ in uploads] == [f"/folders/folder/attachments/N-{n}" for n in range(3)]
    content, headers = uploads[0][2]
    assert headers == {"digest": base64.b64encode(hashlib.sha256(content).digest()).decode()}
    assert complete == ("PATCH", "/folders/folder", {"globalStatus": "HUBEE_COMPLETED"})


async def test_what_notifications_told_is_put_in_order_and_dismissed() -> None:
    rest = Answers(
        GET_notifications=[
            {"id": "n1", "caseId": "c", "eventId": "e"},
            {"id": "n2", "caseId": "other", "eventId": "e"},
            {"id": "n3", "caseId": "c", "eventId": None},
        ],
        GET_events={"createDateTime": "2026", "id": "e", "caseNewStatus": "SENT"},
    )
    assert await Depositor(cast(Any, rest)).told("c") == ["SENT"]
    assert [path for method, path, _ in rest.asked if method == "DELETE"] == ["/notifications/n1"]


async def test_bytes_are_held_against_their_header() -> None:
    content = b"bytes"
    right = base64.b64encode(hashlib.sha256(content).digest()).decode()
    case = {"attachments": [{"id": "a", "type": "T", "fileName": "f"}]}
    for digest, expected in ((right, hashlib.sha256(content).hexdigest()), ("wrong", "digest header 'wrong'")):
        rest = Answers(GET_cases=case, BYTES_attachments=(content, {"digest": digest}))
        assert (await ApiSubscriber(cast(Any, rest)).fetch("c"))[1] == {"T/f": expected}
