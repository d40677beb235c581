"""Taking in bodies."""

import asyncio
import gzip
import json

import pytest

from gateway.api import reading
from tests.api.serving import JSON_MAX_SIZE
from tests.api.visitor import Visitor, folder_body

JSON = {"Content-Type": "application/json"}
CHUNKED = ("Content-Type: application/json", "Transfer-Encoding: chunked")


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "application/merge-patch+json"]
)
async def test_json_is_told_by_its_content_type(visitor: Visitor, kind: str) -> None:
    raw = json.dumps(folder_body()).encode()
    assert (await visitor.call("depot", "POST", "/folders", data=raw, headers={"Content-Type": kind})).status == 201


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream", "json"]
)
async def test_what_is_not_said_to_be_json_is_refused(visitor: Visitor, kind: str) -> None:
    raw = json.dumps(folder_body()).encode()
    answer = await visitor.call("depot", "POST", "/folders", data=raw, headers={"Content-Type": kind})
    assert answer.errors == [{"code": 415, "message": "Content-Type must be application/json"}]


async def test_malformed_json_is_refused(visitor: Visitor) -> None:
    answer = await visitor.call("depot", "POST", "/folders", data=b'{"a": ', headers=JSON)
    assert answer.status == 400
    assert answer.messages[0].startswith("@body: Malformed JSON")
    assert (await visitor.call("depot", "POST", "/folders", data=b"", headers=JSON)).status == 400


async def test_a_body_that_is_too_large_is_refused_however_it_comes(visitor: Visitor) -> None:
    raw = b" " * (JSON_MAX_SIZE + 1)
    assert (await visitor.call("depot", "POST", "/folders", data=raw, headers=JSON)).errors[0]["code"] == 413
    reader, writer = await visitor.connect()
    writer.write(await visitor.head("depot", "POST", "/folders", *CHUNKED))
    writer.write(f"{len(raw):x}\r\n".encode() + raw + b"\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    writer.close()
    await writer.wait_closed()


async def test_the_largest_body_is_taken(visitor: Visitor) -> None:
    raw = json.dumps(folder_body()).encode().ljust(JSON_MAX_SIZE)
    assert (await visitor.call("depot", "POST", "/folders", data=raw, headers=JSON)).status == 201


async def test_an_encoded_body_is_refused_not_unpacked(visitor: Visitor) -> None:
    raw = gzip.compress(json.dumps(folder_body()).encode())
    headers = {**JSON, "Content-Encoding": "gzip"}
    assert (await visitor.call("depot", "POST", "/folders", data=raw, headers=headers)).errors[0]["code"] == 415


async def test_an_unknown_expectation_is_refused(visitor: Visitor) -> None:
    answer = await visitor.call("depot", "POST", "/folders", json=folder_body(), headers={"Expect": "the-impossible"})
    assert answer.errors[0]["code"] == 417


async def test_a_broken_chunk_is_refused(visitor: Visitor) -> None:
    reader, writer = await visitor.connect()
    writer.write(await visitor.head("depot", "POST", "/folders", *CHUNKED) + b"2\r\n{}\r\nzz\r\n")
    assert b" 400 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_a_silent_client_is_not_waited_for_ever(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.reading.PATIENCE", 0.0)
    reader, writer = await visitor.connect()
    head = await visitor.head("depot", "POST", "/folders", "Content-Type: application/json", "Content-Length: 9")
    writer.write(head + b"{")
    assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
    writer.close()
    await writer.wait_closed()


async def test_a_body_that_drips_is_given_up(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = ("Content-Type: application/json", "Content-Length: 99")
    head = await visitor.head("depot", "POST", "/folders", *kind)
    monkeypatch.setattr(reading, "RATE_WINDOW", 0.0)  # every wait is judged
    monkeypatch.setattr(reading, "LEAST_RATE", 1e12)
    reader, writer = await visitor.connect()
    writer.write(head + b"{")
    async with asyncio.timeout(20):
        assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
    writer.close()
    await writer.wait_closed()
