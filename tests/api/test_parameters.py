"""Parameters of path, query and headers."""

import base64
import hashlib
import json
from collections.abc import Mapping

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from gateway.api import parameters
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Partner
from tests.api.visitor import Visitor, folder_body

ID = "0190A0A0-0000-7000-8000-00000000000A"


def asked(
    path: str = "/", headers: Mapping[str, str] | None = None, match: Mapping[str, str] | None = None
) -> web.Request:
    return make_mocked_request("GET", path, headers=headers, match_info=dict(match or {}))


def test_ids_are_canonical_and_all_wrong_ones_are_named() -> None:
    request = asked(match={"caseId": ID, "eventId": "x" * 100, "attachmentId": "1"})
    assert parameters.path_ids(request, "caseId") == (ID.lower(),)
    with pytest.raises(InvalidRequestError) as caught:
        parameters.path_ids(request, "caseId", "eventId", "attachmentId")
    assert [fault.partition(":")[0] for fault in caught.value.faults] == ["@path.eventId", "@path.attachmentId"]
    assert "x" * 61 not in caught.value.faults[0]


@pytest.mark.parametrize(
    ("query", "found"), [("", 25), ("maxResult=1", 1), ("maxResult=007", 7), ("maxResult=999999", 1000)]
)
def test_a_number_of_results_has_a_default_and_a_ceiling(query: str, found: int) -> None:
    assert parameters.most(asked(f"/?{query}")) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ()),
        ("p=A", ("A",)),
        ("p=A&p=B", ("A", "B")),
        ("p=A,B", ("A", "B")),
        ("p=A,%20B&p=C,A", ("A", "B", "C")),
        ("p=,,&p=", ()),
    ],
)
def test_codes_come_repeated_or_joined(query: str, found: tuple[str, ...]) -> None:
    assert parameters.process_codes(asked(f"/?{query}"), "p") == found


@pytest.mark.parametrize("query", ["p=" + "x" * 31, "p=a%00", "p=a%0Ab"])
def test_what_is_no_code_is_refused(query: str) -> None:
    with pytest.raises(InvalidRequestError):
        parameters.process_codes(asked(f"/?{query}"), "p")


@pytest.mark.parametrize(
    ("query", "found"), [("", False), ("lite=true", True), ("lite=TRUE", True), ("lite=1", False), ("lite=", False)]
)
def test_a_switch_is_on_when_it_says_true(query: str, found: bool) -> None:
    assert parameters.flag(asked(f"/?{query}"), "lite") is found


def test_client_software_names_itself() -> None:
    assert parameters.partner(asked()) == (None, ())
    assert parameters.partner(asked(headers={"EDITORNAME": "E"})) == (Partner("E"), ())
    found, faults = parameters.partner(asked(headers={"editorName": "e" * 51, "softwareVersion": "1"}))
    assert found is None
    assert len(faults) == 1


async def test_a_name_in_latin_1_is_understood(visitor: Visitor) -> None:
    body = json.dumps(folder_body()).encode()
    length = f"Content-Length: {len(body)}"
    headers = ("Content-Type: application/json", length, "Connection: close", "editorName: Éditeur")
    reader, writer = await visitor.connect()
    writer.write(await visitor.head("depot", "POST", "/folders", *headers) + body)
    answer = json.loads((await reader.read()).partition(b"\r\n\r\n")[2])
    assert answer["partnerInfo"]["editorName"] == "Éditeur"
    writer.close()
    await writer.wait_closed()


def test_a_digest_is_bare_base64() -> None:
    value = hashlib.sha256(b"x").digest()
    text = base64.b64encode(value).decode()
    assert parameters.digest(asked()) is None
    assert parameters.digest(asked(headers={"digest": text})) == value
    assert parameters.digest(asked(headers={"Digest": f"SHA-256={text}"})) == value


@pytest.mark.parametrize("text", ["", "x", "é", base64.b64encode(b"short").decode(), hashlib.sha256(b"x").hexdigest()])
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        parameters.digest(asked(headers={"digest": text}))


@pytest.mark.parametrize("key", ["", "k" * 256, "with space", "é"])
def test_a_key_is_visible_ascii(key: str) -> None:
    assert parameters.idempotency_key(asked()) is None
    assert parameters.idempotency_key(asked(headers={"Idempotency-Key": "k" * 255})) == "k" * 255
    with pytest.raises(InvalidRequestError):
        parameters.idempotency_key(asked(headers={"Idempotency-Key": key}))


async def test_faults_of_path_query_and_headers_come_together(visitor: Visitor) -> None:
    headers = {"editorName": "e" * 51, "softwareVersion": "s" * 51}
    answer = await visitor.call("rennes", "GET", "/cases/x/events/y/attachments/z", headers=headers)
    assert answer.status == 400
    assert [message.partition(":")[0] for message in answer.messages] == [
        "@path.caseId",
        "@path.eventId",
        "@path.attachmentId",
        "@header.editorName",
        "@header.softwareVersion",
    ]
    query = f"/notifications?maxResult=0&processCode={'p' * 31}&eventDetails={'t' * 15}"
    for sent in ({}, headers):
        answer = await visitor.call("rennes", "GET", query, headers=sent)
        assert [message.partition(":")[0] for message in answer.messages] == [
            "@query.maxResult",
            "@query.processCode",
            "@query.eventDetails",
            *(f"@header.{name}" for name in sent),
        ]
    answer = await visitor.call("depot", "PUT", "/folders/x/attachments/y", data=b"1", headers={"digest": "no"})
    assert [message.partition(":")[0] for message in answer.messages] == [
        "@path.folderId",
        "@path.attachmentId",
        "@header.digest",
    ]
    sent = {"Idempotency-Key": "k" * 256, "If-Match": "no tag"}
    answer = await visitor.call("rennes", "PATCH", "/cases/x", json={"status": "DONE"}, headers=sent)
    assert [message.partition(":")[0] for message in answer.messages] == [
        "@path.caseId",
        "@header.Idempotency-Key",
        "@header.If-Match",
    ]
