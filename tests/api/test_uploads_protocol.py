"""Resumable uploads as clients of tus 1.0.0 speak of them."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from gateway.api.problems import NATIVE_BASE
from tests.api.natives import faults, native
from tests.api.serving import ATTACHMENT_MAX_SIZE, Clock
from tests.api.tus import (
    begin,
    large_file,
    metadata,
    patch,
    standing,
    tus,
)
from tests.api.visitor import NOWHERE, PDF, XML, Visitor, digest


@pytest.fixture
async def path(visitor: Visitor) -> str:
    """An upload of a PDF that was begun."""
    return await begin(visitor, await visitor.create(**large_file(PDF)), PDF)


async def test_what_the_door_speaks_is_told(visitor: Visitor) -> None:
    answer = await native(visitor, "depot", "OPTIONS", "/uploads")
    assert answer.status == 204
    told = {name: answer.headers[name] for name in answer.headers if name.startswith("Tus-")}
    assert told == {
        "Tus-Resumable": "1.0.0",
        "Tus-Version": "1.0.0",
        "Tus-Extension": "creation,expiration,termination,checksum",
        "Tus-Checksum-Algorithm": "sha256",
        "Tus-Max-Size": str(ATTACHMENT_MAX_SIZE),
    }


@pytest.mark.parametrize("version", [None, "0.2.2", "1.0.1"])
async def test_another_version_is_refused(visitor: Visitor, path: str, version: str | None) -> None:
    headers = {} if version is None else {"Tus-Resumable": version}
    for method, where in (("POST", "/uploads"), ("HEAD", path), ("PATCH", path), ("DELETE", path)):
        answer = await native(visitor, "depot", method, where, headers=headers)
        assert (answer.status, answer.headers["Tus-Version"]) == (412, "1.0.0")
    assert await standing(visitor, path) == 0


async def test_a_wrong_offset_is_told_the_right_one(visitor: Visitor, path: str) -> None:
    assert (await patch(visitor, path, 0, PDF[:200])).headers["Upload-Offset"] == "200"
    answer = await patch(visitor, path, 100, PDF[100:])
    assert (answer.status, answer.headers["Upload-Offset"]) == (409, "200")
    assert b'"state":{"offset":"200"}' in answer.body
    assert (await patch(visitor, path, 200, PDF[200:])).status == 204
    repeated = await patch(visitor, path, 200, PDF[200:])
    assert (repeated.status, repeated.headers["Upload-Offset"]) == (409, str(len(PDF)))
    assert (await patch(visitor, path, len(PDF), b"")).status == 204


async def test_a_wrong_checksum_keeps_nothing(visitor: Visitor, path: str) -> None:
    answer = await patch(visitor, path, 0, PDF[:100], **{"Upload-Checksum": f"sha256 {digest(XML)}"})
    assert answer.status == 460
    assert await standing(visitor, path) == 0
    right = {"Upload-Checksum": f"sha256 {digest(PDF)}"}
    assert (await patch(visitor, path, 0, PDF, **right)).status == 204


async def test_a_wrong_digest_of_the_whole_is_told_with_the_last_byte(visitor: Visitor) -> None:
    folder = await visitor.create(**large_file(PDF))
    path = await begin(visitor, folder, PDF, digest=digest(XML))
    answer = await patch(visitor, path, 0, PDF)
    assert answer.status == 400
    assert "Digest does not match" in faults(answer)[0]
    assert (await tus(visitor, "HEAD", path)).status == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/octet-stream"}, 415),
        ({"Upload-Offset": "-1"}, 400),
        ({"Upload-Checksum": "md5 abc"}, 400),
        ({"Upload-Checksum": "sha256 abc"}, 400),
    ],
)
async def test_a_request_that_is_none_of_the_protocol_changes_nothing(
    visitor: Visitor, path: str, headers: dict[str, str], status: int
) -> None:
    assert (await patch(visitor, path, 0, PDF, **headers)).status == status
    assert await standing(visitor, path) == 0


async def test_more_bytes_than_there_are_is_refused_unread(visitor: Visitor, path: str) -> None:
    assert (await patch(visitor, path, 0, PDF + b"x")).status == 400
    assert await standing(visitor, path) == 0


@pytest.mark.parametrize(
    ("length", "given", "status", "said"),
    [
        ("", {}, 400, "Upload-Length"),
        ("5", {}, 400, "Size does not match"),
        (str(ATTACHMENT_MAX_SIZE + 1), {}, 413, "too large"),
        (str(len(PDF)), {"digest": "x"}, 400, "digest"),
        (str(len(PDF)), {"attachmentId": "é"}, 400, "attachmentId"),
        (str(len(PDF)), {"attachmentId": NOWHERE}, 404, "no such object"),
        (str(len(PDF)), {"caseId": NOWHERE}, 400, "not both"),
    ],
)
async def test_an_upload_that_cannot_be_is_not_begun(
    visitor: Visitor, length: str, given: dict[str, str], status: int, said: str
) -> None:
    folder = await visitor.create(**large_file(PDF))
    names = {"folderId": folder["id"], "attachmentId": folder["attachments"][0]["id"], **given}
    headers = {"Upload-Length": length, "Upload-Metadata": metadata(**names)}
    answer = await tus(visitor, "POST", "/uploads", headers=headers)
    assert answer.status == status
    assert said in faults(answer)[0]


async def test_every_fault_of_the_metadata_is_told(visitor: Visitor) -> None:
    answer = await tus(visitor, "POST", "/uploads", headers={"Upload-Length": "1", "Upload-Metadata": "digest !"})
    assert [fault.split()[1] for fault in faults(answer)] == ["attachmentId", "caseId", "eventId", "digest"]


async def test_a_beginning_repeated_under_its_key_is_the_same_upload(visitor: Visitor) -> None:
    folder = await visitor.create(**large_file(PDF))
    names = metadata(folderId=folder["id"], attachmentId=folder["attachments"][0]["id"])
    headers = {"Upload-Length": str(len(PDF)), "Upload-Metadata": names, "Idempotency-Key": "k-1"}
    first, again = [await tus(visitor, "POST", "/uploads", headers=headers) for _ in range(2)]
    assert first.headers["Location"] == again.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await tus(visitor, "POST", "/uploads", headers=headers | {"Upload-Length": "1"})
    assert other.status == 409


async def test_a_file_of_an_event_is_uploaded_by_its_author(visitor: Visitor) -> None:
    folder = await visitor.deposit()
    case = folder["cases"][0]["id"]
    file = {"fileName": "r.pdf", "type": "reponse", "size": len(PDF), "mimeType": "application/pdf"}
    body = {"actionType": "ATTACH_DEPOSIT", "attachments": [file]}
    event = (await visitor.call("rennes", "POST", f"/cases/{case}/events", json=body)).json
    names = metadata(caseId=case, eventId=event["id"], attachmentId=event["attachments"][0]["id"])
    headers = {"Upload-Length": str(len(PDF)), "Upload-Metadata": names}
    answer = await tus(visitor, "POST", "/uploads", "rennes", headers=headers)
    path = answer.headers["Location"].removeprefix(NATIVE_BASE)
    kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    assert (await tus(visitor, "PATCH", path, "depot", headers=kind, data=PDF)).status == 404
    assert (await tus(visitor, "PATCH", path, "rennes", headers=kind, data=PDF)).status == 204
    where = f"/cases/{case}/events/{event['id']}"
    assert (await visitor.call("rennes", "PATCH", where, json={"status": "SENT"})).status == 204
    download = await visitor.call("depot", "GET", f"{where}/attachments/{event['attachments'][0]['id']}")
    assert download.body == PDF


async def test_an_upload_that_is_given_up_or_expires_is_gone(visitor: Visitor, path: str, clock: Clock) -> None:
    answer = await patch(visitor, path, 0, PDF[:100])
    assert parsedate_to_datetime(answer.headers["Upload-Expires"]) == (clock() + timedelta(days=1)).replace(
        microsecond=0
    )
    assert (await tus(visitor, "DELETE", path)).status == 204
    for method in ("HEAD", "DELETE"):
        assert (await tus(visitor, method, path)).status == 404
    path = await begin(visitor, await visitor.create(**large_file(PDF)), PDF)
    clock.pass_by(timedelta(minutes=59))
    assert await standing(visitor, path) == 0
    clock.pass_by(timedelta(days=1))
    visitor.tokens.clear()
    unknown = await tus(visitor, "DELETE", f"/uploads/{NOWHERE}")
    gone = await tus(visitor, "DELETE", path)
    assert (gone.status, gone.body) == (404, unknown.body)


async def test_nobody_else_learns_of_an_upload(visitor: Visitor, path: str) -> None:
    for who in ("autre-depot", "rennes", "admin"):
        for method in ("HEAD", "DELETE", "PATCH"):
            kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
            found, unknown = [
                await tus(visitor, method, where, who, headers=kind) for where in (path, f"/uploads/{NOWHERE}")
            ]
            assert (found.status, found.body) == (unknown.status, unknown.body) == (404, unknown.body)
    assert await standing(visitor, path) == 0


async def test_who_can_only_post_says_what_is_meant(visitor: Visitor, path: str) -> None:
    kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    answer = await tus(visitor, "POST", path, data=PDF[:9], headers=kind | {"X-HTTP-Method-Override": "PATCH"})
    assert (answer.status, answer.headers["Upload-Offset"]) == (204, "9")
    answer = await tus(visitor, "POST", path, headers={"X-HTTP-Method-Override": "head"})
    assert (answer.status, answer.headers["Upload-Offset"], answer.headers["Upload-Length"]) == (
        200,
        "9",
        str(len(PDF)),
    )
    for headers in ({}, {"X-HTTP-Method-Override": "PUT"}):
        answer = await tus(visitor, "POST", path, headers=headers)
        assert (answer.status, answer.headers["Allow"]) == (405, "DELETE, HEAD, PATCH, POST")
    answer = await tus(visitor, "PATCH", path, headers={"X-HTTP-Method-Override": "DELETE"})
    assert answer.status == 204
    assert (await tus(visitor, "HEAD", path)).status == 404


async def test_whatever_refuses_a_request_says_the_version_too(visitor: Visitor, path: str) -> None:
    for method, where in (("POST", "/uploads"), ("PATCH", path), ("HEAD", path), ("GET", path)):
        answer = await visitor.raw(method, NATIVE_BASE + where)
        assert (answer.status, answer.headers["Tus-Resumable"]) == (405 if method == "GET" else 401, "1.0.0")
    assert (await tus(visitor, "POST", "/uploads", "datapass")).status == 403
    for where in ("/uploadsx", "/clients"):
        assert "Tus-Resumable" not in (await visitor.raw("GET", NATIVE_BASE + where)).headers
