"""Attachments that come in over several requests: what was told is durable, the whole is judged as a PUT."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar, cast

import pytest

from gateway.domain.blob import BlobBusy, BlobMissing
from gateway.domain.dossiers import AttachmentStatus
from gateway.domain.errors import InvalidRequestError, NotFoundError, UnavailableError
from gateway.services import uploads
from gateway.services.housekeeping import sweep_blobs
from gateway.services.ports import Store, Transaction
from gateway.services.uploads import ChecksumError, OffsetError
from tests.services.people import DEPOSITOR, PDF, chunks
from tests.services.scene import kept_blobs
from tests.services.test_attachments_checked import Antivirus
from tests.services.town import Town
from tests.services.uploading import (
    DIGEST,
    HALF,
    BrokenError,
    append,
    attachment_of,
    begun,
    broken,
    restarted,
    standing,
)

T = TypeVar("T")


@pytest.mark.parametrize("anew", [False, True])
async def test_bytes_in_several_requests_become_the_attachment(town: Town, anew: bool) -> None:
    upload = await begun(town, await town.hand_in())
    before = await attachment_of(town, upload)
    for offset in range(0, len(PDF), 100):
        office = restarted(town) if anew else town.office
        upload = await append(town, upload, offset, PDF[offset : offset + 100], office)
        assert upload.offset == min(offset + 100, len(PDF)) == await standing(town, upload)
    found = await attachment_of(town, upload)
    assert found.status is AttachmentStatus.RECEIVED
    assert found.blob is not None
    assert (found.blob.sha256, found.blob.size) == (DIGEST, len(PDF))
    assert before.blob is not None
    with pytest.raises(BlobMissing):  # it was replaced
        await town.blobs.reader(before.blob.key)
    assert (await append(town, upload, len(PDF), b"")).complete
    with pytest.raises(OffsetError) as told:
        await append(town, upload, len(PDF) - 1, PDF[-1:])
    assert told.value.offset == len(PDF)


async def test_a_connection_that_breaks_leaves_what_came(town: Town) -> None:
    upload = await begun(town, await town.hand_in())
    with pytest.raises(BrokenError):
        await uploads.append(town.office, DEPOSITOR, upload.id, 0, broken(PDF[:HALF]))
    assert await standing(town, upload) == HALF
    assert (await append(town, upload, HALF, PDF[HALF:], restarted(town))).complete


async def test_a_request_that_is_cancelled_leaves_what_came(town: Town) -> None:
    upload = await begun(town, await town.hand_in())
    waiting = asyncio.Event()

    async def silent() -> AsyncIterator[bytes]:
        yield PDF[:HALF]
        waiting.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(uploads.append(town.office, DEPOSITOR, upload.id, 0, silent()))
    await waiting.wait()
    with pytest.raises(BlobBusy):
        await append(town, upload, 0, PDF)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await standing(town, upload) == HALF


async def test_a_request_that_lost_the_race_for_the_file_cuts_nothing_off(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await begun(town, await town.hand_in())
    real = town.blobs.resume

    async def late(key: str, offset: int) -> object:
        monkeypatch.setattr(town.blobs, "resume", real)
        await append(town, upload, 0, PDF[:HALF])  # after the other has looked where the upload stands
        return await real(key, offset)

    monkeypatch.setattr(town.blobs, "resume", late)
    with pytest.raises(OffsetError) as told:
        await append(town, upload, 0, b"other bytes")
    assert told.value.offset == HALF == await standing(town, upload)
    assert (await append(town, upload, HALF, PDF[HALF:])).complete


async def test_long_requests_tell_how_far_they_are(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "CHECKPOINT", 64)
    upload = await begun(town, await town.hand_in())
    seen: list[int] = []

    async def watched() -> AsyncIterator[bytes]:
        async for chunk in chunks(PDF):
            seen.append(await standing(town, upload))
            yield chunk

    await uploads.append(town.office, DEPOSITOR, upload.id, 0, watched())
    assert seen[:3] == [0, 64, 128]


async def test_a_checksum_keeps_all_of_its_bytes_or_none(town: Town) -> None:
    upload = await begun(town, await town.hand_in())
    await append(town, upload, 0, PDF[:10])
    right, wrong = hashlib.sha256(PDF[10:]).digest(), b"w" * 32
    with pytest.raises(ChecksumError):
        await uploads.append(town.office, DEPOSITOR, upload.id, 10, chunks(PDF[10:]), sha256=wrong)
    assert await standing(town, upload) == 10
    with pytest.raises(BrokenError):
        await uploads.append(town.office, DEPOSITOR, upload.id, 10, broken(PDF[10:HALF]), sha256=right)
    assert await standing(town, upload) == 10
    assert (await uploads.append(town.office, DEPOSITOR, upload.id, 10, chunks(PDF[10:]), sha256=right)).complete


async def test_bytes_of_another_digest_end_the_upload(town: Town, tmp_path: Path) -> None:
    view = await town.hand_in()
    upload = await begun(town, view)
    before = await attachment_of(town, upload)
    files = kept_blobs(tmp_path)
    with pytest.raises(InvalidRequestError, match="Digest does not match"):
        await append(town, upload, 0, PDF[::-1])
    with pytest.raises(NotFoundError):
        await standing(town, upload)
    assert await attachment_of(town, upload) == before
    assert kept_blobs(tmp_path) == files


async def test_what_is_not_what_was_declared_is_rejected_as_after_a_put(town: Town) -> None:
    upload = await begun(town, await town.hand_in(), sha256=None)
    assert (await append(town, upload, 0, PDF[::-1])).complete
    assert (await attachment_of(town, upload)).status is AttachmentStatus.REJECTED


@pytest.mark.parametrize("anew", [False, True])
async def test_bytes_that_cannot_be_judged_now_stay_until_they_can(town: Town, anew: bool) -> None:
    upload = await begun(town, await town.hand_in())
    away = replace(town.office, scanner=Antivirus(UnavailableError("away", timedelta(seconds=1))))
    with pytest.raises(UnavailableError):
        await append(town, upload, 0, PDF, away)
    assert await standing(town, upload) == len(PDF) - 1
    with pytest.raises(UnavailableError):
        await append(town, upload, len(PDF) - 1, PDF[-1:], away)
    assert await sweep_blobs(town.office) == 0
    assert (await append(town, upload, len(PDF) - 1, PDF[-1:], restarted(town) if anew else None)).complete
    assert (await attachment_of(town, upload)).status is AttachmentStatus.RECEIVED


async def test_two_last_requests_at_once_make_one_attachment(town: Town) -> None:
    upload = await begun(town, await town.hand_in())
    away = replace(town.office, scanner=Antivirus(UnavailableError("away", timedelta(seconds=1))))
    with pytest.raises(UnavailableError):
        await append(town, upload, 0, PDF, away)
    last = [append(town, upload, len(PDF) - 1, PDF[-1:]) for _ in range(2)]
    ended = await asyncio.gather(*last, return_exceptions=True)
    complete = [one for one in ended if not isinstance(one, BaseException) and one.complete]
    late = [one for one in ended if isinstance(one, OffsetError)]  # it began when the other had ended
    assert (len(complete) >= 1, len(complete) + len(late)) == (True, 2)
    assert len(await town.lines("attachment.received")) == 3  # two of them by the folder's own PUTs
    blob = (await attachment_of(town, upload)).blob
    assert blob is not None
    assert (await town.blobs.committed(blob.key)).sha256 == DIGEST


@pytest.mark.parametrize("breaks", [False, True])
async def test_nobody_goes_on_before_it_is_noted_how_far_an_upload_came(town: Town, breaks: bool) -> None:
    upload = await begun(town, await town.hand_in())
    turned_away = []

    class Noting:
        """The store, as it is asked by the first request to note how far it came: then another one begins."""

        read = staticmethod(town.store.read)

        async def write(self, verb: Callable[[Transaction], T]) -> T:
            with pytest.raises(BlobBusy):
                await append(town, upload, 0, PDF[:50], restarted(town))
            turned_away.append(1)
            return await town.store.write(verb)

    office = replace(town.office, store=cast(Store, Noting()))
    if breaks:
        with pytest.raises(BrokenError):
            await uploads.append(office, DEPOSITOR, upload.id, 0, broken(PDF[:100]))
    else:
        await append(town, upload, 0, PDF[:100], office)
    assert turned_away == [1]
    assert await standing(town, upload) == 100
    assert (await append(town, upload, 100, PDF[100:])).complete
