"""Bytes of attachments over HTTP."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.deliveries import DeliveryState
from tests.api.serving import ATTACHMENT_MAX_SIZE
from tests.api.visitor import NOWHERE, PDF, XML, Visitor, digest

LARGE = b"%PDF-1.7" + bytes(range(256)) * 4096 * 3  # 3 MiB: more than one piece


def kept(root: Path) -> list[Path]:
    """Every file of the blob store, those being written too."""
    return [path for path in (root / "blobs").rglob("*") if path.is_file()]


async def deposited(visitor: Visitor) -> tuple[dict[str, Any], str]:
    """A folder handed in, and the path of its PDF for the recipient."""
    folder = await visitor.deposit()
    return folder, f"/cases/{folder['cases'][0]['id']}/attachments/{folder['attachments'][0]['id']}"


async def until(true: Callable[[], bool]) -> None:
    """Lets the door work until something is true of the disk, which tells nobody by itself."""
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 (there is no event to wait for)
            await asyncio.sleep(0)


async def statuses(visitor: Visitor, folder: dict[str, Any]) -> list[str]:
    found = (await visitor.call("depot", "GET", f"/folders/{folder['id']}")).json
    return [one["status"] for one in found["attachments"]]


async def put_head(visitor: Visitor, folder: dict[str, Any], *headers: str, who: str = "depot") -> bytes:
    path = f"/folders/{folder['id']}/attachments/{folder['attachments'][0]['id']}"
    return await visitor.head(who, "PUT", path, *headers)


async def test_a_download_carries_the_bytes_and_their_description(visitor: Visitor) -> None:
    _, path = await deposited(visitor)
    answer = await visitor.call("rennes-ec", "GET", path)
    assert (answer.status, answer.body) == (200, PDF)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Length"] == str(len(PDF))
    assert answer.headers["digest"] == digest(PDF)
    assert answer.headers["Content-Disposition"] == "attachment; filename=\"acte.pdf\"; filename*=UTF-8''acte.pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Accept-Ranges"] == "bytes"


@pytest.fixture
async def path(visitor: Visitor) -> str:
    return (await deposited(visitor))[1]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.integers(0, len(PDF) + 20), length=st.integers(1, len(PDF)), form=st.sampled_from(["a-b", "a-", "-n"]))
async def test_any_range_is_exact(visitor: Visitor, path: str, first: int, length: int, form: str) -> None:
    size = len(PDF)
    header = {"a-b": f"bytes={first}-{first + length - 1}", "a-": f"bytes={first}-", "-n": f"bytes=-{length}"}
    asked = {"a-b": (first, min(first + length, size)), "a-": (first, size), "-n": (size - length, size)}
    start, end = asked[form]
    answer = await visitor.call("rennes-ec", "GET", path, headers={"Range": header[form]})
    if start >= size:
        assert answer.errors[0]["code"] == 416
        assert answer.headers["Content-Range"] == f"bytes */{size}"
    else:
        assert (answer.status, answer.body) == (206, PDF[start:end])
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
        assert "digest" not in answer.headers


async def test_a_range_of_other_bytes_is_answered_with_the_whole(visitor: Visitor, path: str) -> None:
    etag = (await visitor.call("rennes-ec", "GET", path)).headers["ETag"]
    headers = {"Range": "bytes=1-2", "If-Range": etag}
    assert (await visitor.call("rennes-ec", "GET", path, headers=headers)).status == 206
    headers["If-Range"] = '"other"'
    answer = await visitor.call("rennes-ec", "GET", path, headers=headers)
    assert (answer.status, answer.body) == (200, PDF)


async def test_a_recipient_that_read_everything_has_fetched(visitor: Visitor) -> None:
    folder, path = await deposited(visitor)
    case = folder["cases"][0]["id"]

    async def state() -> DeliveryState:
        await visitor.raw("GET", "/health/live")  # on the same connection: what went before has ended
        (delivery,) = await visitor.office.store.read(lambda tx: tx.deliveries.of_case(case))
        return delivery.state

    await visitor.call("rennes-ec", "GET", f"/cases/{case}")
    await visitor.call("rennes-ec", "GET", f"/cases/{case}/attachments/{folder['attachments'][1]['id']}")
    await visitor.call("rennes-ec", "GET", path, headers={"Range": f"bytes=0-{len(PDF) - 2}"})
    assert await state() is DeliveryState.READY
    await visitor.call("rennes-ec", "GET", path, headers={"Range": "bytes=-1"})
    assert await state() is DeliveryState.FETCHED


async def test_a_large_file_goes_through_in_pieces(visitor: Visitor) -> None:
    folder = await visitor.create(
        attachments=[
            {
                "fileName": "grand.pdf",
                "type": "ActeEtatCivil-PDF",
                "size": len(LARGE),
                "mimeType": "application/pdf",
                "recipients": ["EC-0001-01"],
            }
        ]
    )
    assert (await visitor.put(folder, 0, io.BytesIO(LARGE), headers={"digest": digest(LARGE)})).status == 204
    await visitor.call("depot", "PATCH", f"/folders/{folder['id']}", json={"globalStatus": "HUBEE_COMPLETED"})
    path = f"/cases/{folder['cases'][0]['id']}/attachments/{folder['attachments'][0]['id']}"
    assert (await visitor.call("rennes", "GET", path)).body == LARGE
    answer = await visitor.call("rennes", "GET", path, headers={"Range": "bytes=1000-2000000"})
    assert answer.body == LARGE[1000:2_000_001]


@pytest.mark.parametrize(
    ("content", "headers", "said"),
    [
        (PDF[:-1], {}, "Size does not match with attachment meta-data"),
        (PDF + b"x", {}, "Size does not match with attachment meta-data"),
        (b"", {}, "empty"),
        (PDF, {"digest": digest(XML)}, "Digest does not match"),
        (PDF, {"digest": "not base64"}, "@header.digest"),
    ],
)
async def test_bytes_that_are_not_what_was_announced_leave_nothing(
    visitor: Visitor, tmp_path: Path, content: bytes, headers: dict[str, str], said: str
) -> None:
    folder = await visitor.create()
    answer = await visitor.put(folder, 0, content, headers=headers)
    assert answer.status == 400
    assert said in answer.messages[0]
    assert await statuses(visitor, folder) == ["PENDING", "PENDING"]
    assert kept(tmp_path) == []


async def test_a_put_may_be_repeated_until_completion(visitor: Visitor, tmp_path: Path) -> None:
    folder = await visitor.create()
    for _ in range(2):
        assert (await visitor.put(folder, 0, PDF, headers={"digest": digest(PDF)})).status == 204
    assert len(kept(tmp_path)) == 1
    completed = await visitor.deposit()
    assert (await visitor.put(completed, 0, PDF)).status == 400


async def test_a_body_of_unknown_length_is_taken_too(visitor: Visitor) -> None:
    folder = await visitor.create()

    async def pieces() -> AsyncIterator[bytes]:
        yield PDF[:100]
        yield PDF[100:]

    path = f"/folders/{folder['id']}/attachments/{folder['attachments'][0]['id']}"
    assert (await visitor.call("depot", "PUT", path, data=pieces())).status == 204


async def test_a_connection_cut_in_mid_upload_leaves_nothing(visitor: Visitor, tmp_path: Path) -> None:
    folder = await visitor.create()
    _, writer = await visitor.connect()
    writer.write(await put_head(visitor, folder, f"Content-Length: {len(PDF)}") + PDF[:-1])
    await writer.drain()
    await until(lambda: bool(kept(tmp_path)))  # the door has begun to write
    writer.close()
    await writer.wait_closed()
    await until(lambda: not kept(tmp_path))
    assert await statuses(visitor, folder) == ["PENDING", "PENDING"]


async def test_a_client_that_asks_first_is_refused_before_it_sends(visitor: Visitor) -> None:
    folder = await visitor.create()
    expecting = ("Expect: 100-continue", f"Content-Length: {len(PDF)}")
    reader, writer = await visitor.connect()
    writer.write(await put_head(visitor, folder, *expecting, who="autre-depot"))
    assert (await reader.readline()).startswith(b"HTTP/1.1 403 ")
    writer.close()
    await writer.wait_closed()


async def test_a_client_that_asks_first_is_invited_once_its_body_is_wanted(visitor: Visitor) -> None:
    folder = await visitor.create()
    reader, writer = await visitor.connect()
    writer.write(await put_head(visitor, folder, "Expect: 100-continue", f"Content-Length: {len(PDF)}"))
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(PDF)
    assert (await reader.readline()).startswith(b"HTTP/1.1 204 ")
    writer.close()
    await writer.wait_closed()
    assert await statuses(visitor, folder) == ["RECEIVED", "PENDING"]


async def test_what_is_larger_than_the_door_takes_is_refused_unread(visitor: Visitor) -> None:
    folder = await visitor.create()
    reader, writer = await visitor.connect()
    writer.write(await put_head(visitor, folder, f"Content-Length: {ATTACHMENT_MAX_SIZE + 1}"))
    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("announced", [len(PDF) - 1, len(PDF) + 1])
async def test_another_size_than_the_metadata_say_is_refused_unread(visitor: Visitor, announced: int) -> None:
    folder = await visitor.create()
    reader, writer = await visitor.connect()
    writer.write(await put_head(visitor, folder, f"Content-Length: {announced}"))
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"Size does not match with attachment meta-data" in await reader.readuntil(b"]}")
    writer.close()
    await writer.wait_closed()


async def test_a_wrong_size_of_a_file_of_an_event_is_refused_likewise(visitor: Visitor) -> None:
    folder, _ = await deposited(visitor)
    events = f"/cases/{folder['cases'][0]['id']}/events"
    file = {"fileName": "suite.pdf", "type": "ActeEtatCivil-PDF", "size": len(PDF), "mimeType": "application/pdf"}
    body = {"actionType": "ATTACH_DEPOSIT", "attachments": [file]}
    event = (await visitor.call("depot", "POST", events, json=body)).json
    path = f"{events}/{event['id']}/attachments/{event['attachments'][0]['id']}"
    reader, writer = await visitor.connect()
    writer.write(await visitor.head("depot", "PUT", path, f"Content-Length: {len(PDF) + 1}"))
    assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")
    writer.close()
    await writer.wait_closed()


async def test_a_form_is_not_mistaken_for_the_file(visitor: Visitor) -> None:
    folder = await visitor.create()
    answer = await visitor.put(folder, 0, PDF, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.errors[0]["code"] == 415


async def test_nobody_else_gets_a_byte(visitor: Visitor) -> None:
    folder, path = await deposited(visitor)
    for who in ("brest", "rennes-certdc", "autre-depot"):
        answer = await visitor.call(who, "GET", path)
        assert answer.errors == [{"code": 403, "message": "Unauthorized user"}]
    unknown = f"/cases/{folder['cases'][0]['id']}/attachments/{NOWHERE}"
    assert (await visitor.call("rennes", "GET", unknown)).messages == ["File is not found"]
    nowhere = f"/cases/{NOWHERE}/attachments/{folder['attachments'][0]['id']}"
    assert (await visitor.call("rennes", "GET", nowhere)).messages == ["Case is not found"]


async def test_only_the_depositor_puts(visitor: Visitor) -> None:
    folder = await visitor.create()
    path = f"/folders/{folder['id']}/attachments/{folder['attachments'][0]['id']}"
    for who in ("autre-depot", "rennes"):
        assert (await visitor.call(who, "PUT", path, data=PDF)).status == 403
    unknown = f"/folders/{folder['id']}/attachments/{NOWHERE}"
    answer = await visitor.call("depot", "PUT", unknown, data=PDF)
    assert answer.errors == [{"code": 404, "message": "Binary meta-data is not found"}]


async def test_a_file_of_an_event_is_put_and_fetched(visitor: Visitor) -> None:
    folder, _ = await deposited(visitor)
    events = f"/cases/{folder['cases'][0]['id']}/events"
    attachment = {"fileName": "réponse.pdf", "type": "reponse", "size": len(PDF), "mimeType": "application/pdf"}
    body = {"actionType": "ATTACH_DEPOSIT", "notification": True, "attachments": [attachment]}
    event = (await visitor.call("rennes", "POST", events, json=body)).json
    path = f"{events}/{event['id']}/attachments/{event['attachments'][0]['id']}"
    assert (await visitor.call("brest", "PUT", path, data=PDF)).status == 403
    assert (await visitor.call("rennes", "PUT", path, data=PDF, headers={"digest": digest(PDF)})).status == 204
    assert (await visitor.call("rennes", "PATCH", f"{events}/{event['id']}", json={"status": "SENT"})).status == 204
    answer = await visitor.call("depot", "GET", path)
    assert (answer.status, answer.body) == (200, PDF)
    assert "filename*=UTF-8''r%C3%A9ponse.pdf" in answer.headers["Content-Disposition"]
    assert (await visitor.call("autre-depot", "GET", path)).status == 403
