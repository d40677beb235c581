"""A dossier as one zip: the bytes that the SFTP inbox serves, and what reading them counts for."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from gateway.domain.deliveries import DeliveryState
from gateway.pec.archive import Archive, Layout
from tests.api.natives import native
from tests.api.visitor import PDF, XML, Visitor


async def laid_out(visitor: Visitor, case_id: str, sequence: int = 1) -> tuple[str, bytes]:
    """Name and bytes of an archive as the SFTP door computes them, piece by piece."""
    store, blobs = visitor.office.store, visitor.office.blobs
    found = await store.read(lambda tx: tx.deliveries.of_case(case_id))
    (delivery,) = (one for one in found if one.sequence == sequence)
    content = await store.read(lambda tx: tx.archives.content(delivery.id))
    assert content is not None
    whole = b""
    for piece in Layout(Archive.load(content)).pieces(0, delivery.archive_size):
        if isinstance(piece, bytes):
            whole += piece
        else:
            reader = await blobs.reader(piece.blob)
            whole += await reader.read(piece.offset, piece.length)
            await reader.close()
    assert len(whole) == delivery.archive_size
    return delivery.archive_name, whole


async def states(visitor: Visitor, case_id: str) -> list[DeliveryState]:
    await visitor.raw("GET", "/health/live")  # on the same connection: the download before has ended at the door too
    found = await visitor.office.store.read(lambda tx: tx.deliveries.of_case(case_id))
    return [one.state for one in sorted(found, key=lambda one: one.sequence)]


async def case_of(visitor: Visitor) -> str:
    found: str = (await visitor.deposit())["cases"][0]["id"]
    return found


@pytest.mark.parametrize("who", ["rennes", "rennes-ec", "depot", "admin"])
async def test_it_is_what_the_sftp_inbox_serves(visitor: Visitor, who: str) -> None:
    case_id = await case_of(visitor)
    name, whole = await laid_out(visitor, case_id)
    answer = await native(visitor, who, "GET", f"/cases/{case_id}/archive")
    assert (answer.status, answer.body) == (200, whole)
    assert answer.headers["Content-Type"] == "application/zip"
    assert f'filename="{name}"' in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.body)) as opened:
        assert opened.testzip() is None
        assert {PDF, XML} <= {opened.read(each) for each in opened.namelist()}
    fetched = DeliveryState.FETCHED if who.startswith("rennes") else DeliveryState.READY
    assert await states(visitor, case_id) == [fetched]


async def test_a_head_tells_its_size_and_counts_for_nothing(visitor: Visitor) -> None:
    case_id = await case_of(visitor)
    _, whole = await laid_out(visitor, case_id)
    answer = await native(visitor, "rennes", "HEAD", f"/cases/{case_id}/archive")
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", str(len(whole)))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert await states(visitor, case_id) == [DeliveryState.READY]


async def test_a_download_goes_on_where_it_stopped_and_then_counts(visitor: Visitor) -> None:
    case_id = await case_of(visitor)
    _, whole = await laid_out(visitor, case_id)
    path, half = f"/cases/{case_id}/archive", len(whole) // 2
    first = await native(visitor, "rennes", "GET", path, headers={"Range": f"bytes=0-{half}"})
    assert (first.status, first.headers["Content-Range"]) == (206, f"bytes 0-{half}/{len(whole)}")
    assert await states(visitor, case_id) == [DeliveryState.READY]
    go_on = {"Range": f"bytes={half + 1}-", "If-Range": first.headers["ETag"]}
    second = await native(visitor, "rennes", "GET", path, headers=go_on)
    assert first.body + second.body == whole
    assert await states(visitor, case_id) == [DeliveryState.FETCHED]
    other = await native(visitor, "rennes", "GET", path, headers={**go_on, "If-Range": '"another"'})
    assert (other.status, other.body) == (200, whole)
    known = await native(visitor, "rennes", "GET", path, headers={"If-None-Match": first.headers["ETag"]})
    assert known.status == 304
    beyond = await native(visitor, "rennes", "GET", path, headers={"Range": f"bytes={len(whole)}-"})
    assert beyond.status == 416


async def complemented(visitor: Visitor) -> str:
    case_id = await case_of(visitor)
    event = {"actionType": "SENDING_MESSAGE", "message": "made up", "notification": True}
    assert (await visitor.call("depot", "POST", f"/cases/{case_id}/events", json=event)).status == 201
    return case_id


async def test_the_latest_is_served_unless_another_is_named(visitor: Visitor) -> None:
    case_id = await complemented(visitor)
    path = f"/cases/{case_id}/archive"
    first, second = [(await laid_out(visitor, case_id, number))[1] for number in (1, 2)]
    assert first != second
    for query, expected in (("", second), ("?sequence=2", second), ("?sequence=1", first)):
        assert (await native(visitor, "depot", "GET", path + query)).body == expected
    assert (await native(visitor, "depot", "GET", path + "?sequence=3")).status == 404
    for wrong in ("0", "x", "-1", "1" * 10):
        assert (await native(visitor, "depot", "GET", f"{path}?sequence={wrong}")).status == 400


async def test_the_latest_holds_what_the_earlier_ones_do(visitor: Visitor) -> None:
    case_id = await complemented(visitor)
    await native(visitor, "rennes", "GET", f"/cases/{case_id}/archive")
    assert await states(visitor, case_id) == [DeliveryState.FETCHED] * 2


@pytest.mark.parametrize("who", ["brest", "autre-depot", "rennes-certdc"])
async def test_nobody_else_learns_of_it(visitor: Visitor, who: str) -> None:
    case_id = await case_of(visitor)
    answer = await native(visitor, who, "GET", f"/cases/{case_id}/archive")
    nowhere = await native(visitor, who, "GET", "/cases/0190a0a0-0000-7000-8000-000000000000/archive")
    assert (answer.status, answer.body) == (404, nowhere.body)


async def test_what_is_not_published_or_was_purged_is_not_there(visitor: Visitor) -> None:
    waiting: Any = await visitor.create(externalId="EC-2")
    assert (await native(visitor, "depot", "GET", f"/cases/{waiting['cases'][0]['id']}/archive")).status == 404
    case_id = await case_of(visitor)
    case = await visitor.office.store.read(lambda tx: tx.attachments.of_case(case_id))
    assert case[0].blob is not None
    await visitor.office.blobs.delete(case[0].blob.key)
    assert (await native(visitor, "rennes", "GET", f"/cases/{case_id}/archive")).status == 404
