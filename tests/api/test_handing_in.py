"""A folder with its files in one request."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import aiohttp
import pytest

from tests.api.natives import faults, native
from tests.api.serving import ATTACHMENT_MAX_SIZE, JSON_MAX_SIZE
from tests.api.visitor import PDF, XML, Answer, Visitor, folder_body

Files = Sequence[tuple[str, bytes]]
FILES: Files = (("acte.pdf", PDF), ("acte.xml", XML))


def without_sizes(**changes: Any) -> dict[str, Any]:
    body = folder_body(**changes)
    for each in body["attachments"]:
        del each["size"]
    return body


def as_form(folder: Any, files: Files = FILES) -> dict[str, Any]:
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("folder", json.dumps(folder), content_type="application/json")
    for name, content in files:
        form.add_field("file", content, filename=name, content_type="application/octet-stream")
    return {"data": form}


def as_zip(folder: Any, files: Files = FILES, how: int = zipfile.ZIP_DEFLATED) -> dict[str, Any]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", how) as made:
        made.writestr("folder.json", json.dumps(folder))
        for name, content in files:
            made.writestr(name, content)
    return {"data": packed.getvalue(), "headers": {"Content-Type": "application/zip"}}


async def hand_in(visitor: Visitor, how: dict[str, Any], who: str = "depot", **headers: str) -> Answer:
    how = {**how, "headers": {**how.get("headers", {}), **headers}}
    return await native(visitor, who, "POST", "/folders", **how)


async def waiting(visitor: Visitor) -> list[Any]:
    found: list[Any] = (await visitor.call("rennes", "GET", "/notifications")).json
    return found


def kept(visitor: Visitor) -> list[str]:
    root = visitor.office.blobs._root  # type: ignore[attr-defined]  # the port does not tell where it keeps them
    return [path.name for path in root.rglob("*") if path.is_file()]


async def nothing_stays(visitor: Visitor) -> None:
    assert await waiting(visitor) == []
    assert kept(visitor) == []


@pytest.mark.parametrize("how", [as_form, as_zip, lambda folder: as_zip(folder, how=zipfile.ZIP_STORED)])
@pytest.mark.parametrize("body", [folder_body(), without_sizes()])
async def test_one_request_is_a_whole_deposit(visitor: Visitor, how: Callable[..., Any], body: Any) -> None:
    answer = await hand_in(visitor, how(body))
    assert answer.status == 201, answer.body
    assert answer.json["globalStatus"] == "HUBEE_NOTIFIED"
    assert answer.json == (await visitor.call("depot", "GET", f"/folders/{answer.json['id']}")).json
    assert [each["size"] for each in answer.json["attachments"]] == [len(PDF), len(XML)]
    (notification,) = await waiting(visitor)
    for attachment, content in zip(answer.json["attachments"], (PDF, XML), strict=True):
        path = f"/cases/{notification['caseId']}/attachments/{attachment['id']}"
        assert (await visitor.call("rennes", "GET", path)).body == content


async def test_files_may_be_named_by_their_position(visitor: Visitor) -> None:
    body = without_sizes()
    for each in body["attachments"]:
        each["fileName"] = "acte"
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("attachments[1]", XML, filename="x", content_type="application/xml")
    form.add_field("folder", json.dumps(body))
    form.add_field("attachments[0]", PDF, filename="x", content_type="application/pdf")
    answer = await hand_in(visitor, {"data": form})
    assert answer.status == 201, answer.body
    assert [each["size"] for each in answer.json["attachments"]] == [len(PDF), len(XML)]
    same = await hand_in(visitor, as_form(body, [("acte", PDF), ("acte", XML)]))
    assert (same.status, len(faults(same))) == (400, 4)


@pytest.mark.parametrize("how", [as_form, as_zip])
async def test_every_fault_is_told_and_nothing_stays(visitor: Visitor, how: Callable[..., Any]) -> None:
    body = folder_body(externalId="", processCode="Unknown")
    body["attachments"][0]["size"] += 1
    answer = await hand_in(visitor, how(body, [("acte.pdf", PDF), ("other.xml", XML)]))
    told = faults(answer)
    assert answer.status == 400
    for part in ("attachments[0].size", "attachments[1]: no files", "'other.xml'", "externalId", "Unknown"):
        assert any(part in one for one in told), (part, told)
    await nothing_stays(visitor)


@pytest.mark.parametrize("how", [as_form, as_zip])
async def test_a_file_that_is_not_accepted_takes_the_whole_back(visitor: Visitor, how: Callable[..., Any]) -> None:
    answer = await hand_in(visitor, how(without_sizes(), [("acte.pdf", b"MZ" + bytes(400)), ("acte.xml", XML)]))
    assert (answer.status, "attachments[0]" in faults(answer)[0]) == (400, True)
    await nothing_stays(visitor)


@pytest.mark.parametrize(
    ("name", "fault"), [("../acte.xml", "forbidden name"), ("acte.pdf", "same name"), ("/etc/x", "no files are called")]
)
async def test_a_zip_with_tricks_is_refused(visitor: Visitor, name: str, fault: str) -> None:
    with pytest.warns(UserWarning, match="Duplicate name") if name == "acte.pdf" else contextlib.nullcontext():
        how = as_zip(without_sizes(), [("acte.pdf", PDF), (name, XML)])
    answer = await hand_in(visitor, how)
    assert (answer.status, fault in faults(answer)[0]) == (400, True), answer.body
    await nothing_stays(visitor)


async def test_what_a_zip_unpacks_to_is_bounded(visitor: Visitor) -> None:
    bomb = await hand_in(visitor, as_zip(without_sizes(), [("acte.pdf", bytes(4_000_000)), ("acte.xml", XML)]))
    assert bomb.status == 400
    packed = as_zip(without_sizes())
    cut = packed["data"][:-30]
    assert (await hand_in(visitor, {**packed, "data": cut})).status == 400
    at = packed["data"].index(b"acte.pdf") + 12
    broken = packed["data"][:at] + bytes([packed["data"][at] ^ 0xFF]) + packed["data"][at + 1 :]
    assert (await hand_in(visitor, {**packed, "data": broken})).status == 400
    await nothing_stays(visitor)


async def test_a_body_has_a_largest_size_and_a_known_type(visitor: Visitor) -> None:
    whole = bytes(ATTACHMENT_MAX_SIZE + JSON_MAX_SIZE + 1)
    kind = {"Content-Type": "application/zip"}
    assert (await hand_in(visitor, {"data": io.BytesIO(whole), "headers": kind})).status == 413
    assert (await hand_in(visitor, {"data": b"{}", "headers": {"Content-Type": "application/json"}})).status == 415
    assert (await hand_in(visitor, as_form("x" * JSON_MAX_SIZE))).status == 400
    assert (await hand_in(visitor, as_zip([]))).status == 400
    assert (await hand_in(visitor, as_zip(without_sizes()), who="rennes")).status == 403


async def test_a_repeated_request_gets_its_first_answer(visitor: Visitor) -> None:
    first = await hand_in(visitor, as_form(without_sizes()), **{"Idempotency-Key": "once"})
    again = await hand_in(visitor, as_form(without_sizes()), **{"Idempotency-Key": "once"})
    assert (again.status, again.body, again.headers["Idempotency-Replayed"]) == (201, first.body, "true")
    assert len(await waiting(visitor)) == 1
    other = await hand_in(visitor, as_form(without_sizes(externalId="EC-2")), **{"Idempotency-Key": "once"})
    assert other.status == 409
    assert len(await waiting(visitor)) == 1
