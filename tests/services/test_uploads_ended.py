"""Uploads that are refused, given up or expire, and whose they are."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.domain.dossiers import ActionType, AttachmentStatus
from gateway.domain.errors import ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller
from gateway.domain.ids import new_id
from gateway.domain.uploads import Upload
from gateway.services import deposit, events, uploads
from gateway.services.cases import EventView
from gateway.services.housekeeping import forget, sweep_blobs
from gateway.services.once import Once, Replay
from gateway.services.uploads import NewUpload
from tests.services.people import DEPOSITOR, OTHER_DEPOSITOR, PDF, RENNES_API, START, chunks
from tests.services.scene import kept_blobs
from tests.services.town import Town
from tests.services.uploading import (
    DIGEST,
    HALF,
    append,
    attachment_of,
    begun,
    standing,
)


async def test_too_many_bytes_are_refused(town: Town) -> None:
    upload = await begun(town, await town.hand_in())
    with pytest.raises(InvalidRequestError, match="Size does not match"):
        await append(town, upload, 0, PDF + b"x")
    assert await standing(town, upload) == 0
    with pytest.raises(InvalidRequestError, match="Size does not match"):
        await uploads.append(town.office, DEPOSITOR, upload.id, 0, chunks(PDF + b"xx", 100))
    assert await standing(town, upload) == len(PDF) // 100 * 100


async def test_a_folder_that_was_completed_meanwhile_ends_it(town: Town) -> None:
    view = await town.hand_in()
    upload = await begun(town, view)
    await append(town, upload, 0, PDF[:HALF])
    await deposit.update_folder(town.office, DEPOSITOR, view.folder.id, "HUBEE_COMPLETED")
    with pytest.raises(InvalidRequestError, match="completed"):
        await append(town, upload, HALF, PDF[HALF:])


async def test_an_upload_of_another_size_is_not_begun(town: Town) -> None:
    view = await town.hand_in()
    with pytest.raises(InvalidRequestError, match="Size does not match"):
        await uploads.begin(town.office, DEPOSITOR, NewUpload(3, view.attachments[1].id, view.folder.id))


async def test_an_upload_begun_twice_under_one_key_is_one(town: Town) -> None:
    view = await town.hand_in()
    new = NewUpload(len(PDF), view.attachments[1].id, view.folder.id)
    once = Once("key", b"r" * 32, lambda upload: upload.id)
    first = await uploads.begin(town.office, DEPOSITOR, new, once)
    assert isinstance(first, Upload)
    assert await uploads.begin(town.office, DEPOSITOR, new, once) == Replay(first.id)
    assert await standing(town, first) == 0


async def test_a_new_upload_takes_the_place_of_the_one_before(town: Town, tmp_path: Path) -> None:
    view = await town.hand_in()
    first = await begun(town, view)
    await append(town, first, 0, PDF[:HALF])
    second = await begun(town, view)
    with pytest.raises(NotFoundError):
        await standing(town, first)
    assert first.blob_key not in kept_blobs(tmp_path)
    assert (await append(town, second, 0, PDF)).complete


async def test_an_upload_that_is_given_up_leaves_nothing_and_a_complete_one_its_bytes(
    town: Town, tmp_path: Path
) -> None:
    view = await town.hand_in()
    upload = await begun(town, view)
    await append(town, upload, 0, PDF[:HALF])
    await uploads.terminate(town.office, DEPOSITOR, upload.id)
    assert upload.blob_key not in kept_blobs(tmp_path)
    with pytest.raises(NotFoundError):
        await append(town, upload, HALF, PDF[HALF:])
    upload = await begun(town, view)
    await append(town, upload, 0, PDF)
    await uploads.terminate(town.office, DEPOSITOR, upload.id)
    blob = (await attachment_of(town, upload)).blob
    assert blob is not None
    assert (await town.blobs.committed(blob.key)).sha256 == DIGEST


async def test_an_upload_given_up_while_it_is_written_ends_there(town: Town) -> None:
    upload = await begun(town, await town.hand_in())

    async def given_up() -> AsyncIterator[bytes]:
        yield PDF[:HALF]
        await uploads.terminate(town.office, DEPOSITOR, upload.id)
        yield PDF[HALF:]

    with pytest.raises(NotFoundError):
        await uploads.append(town.office, DEPOSITOR, upload.id, 0, given_up())


async def test_bytes_of_an_upload_are_swept_once_it_has_expired(town: Town, tmp_path: Path) -> None:
    upload = await begun(town, await town.hand_in())
    town.clock.pass_by(timedelta(hours=23))
    await append(town, upload, 0, PDF[:HALF])
    path = tmp_path / "blobs" / "tmp" / upload.blob_key
    os.utime(path, ((START - timedelta(days=9)).timestamp(),) * 2)
    town.clock.pass_by(timedelta(hours=23))
    await forget(town.office)
    assert (await sweep_blobs(town.office), await standing(town, upload)) == (0, HALF)
    town.clock.pass_by(timedelta(hours=1))
    for act in (standing(town, upload), append(town, upload, HALF, PDF[HALF:])):
        with pytest.raises(NotFoundError):
            await act
    assert await forget(town.office) == 1
    assert await sweep_blobs(town.office) == 1
    assert upload.blob_key not in kept_blobs(tmp_path)


@pytest.mark.parametrize("who", [OTHER_DEPOSITOR, RENNES_API, replace(DEPOSITOR, process="CERTDC")])
async def test_nobody_else_sees_it(town: Town, who: Caller) -> None:
    view = await town.hand_in()
    upload = await begun(town, view)
    for act in (
        uploads.describe(town.office, who, upload.id),
        uploads.terminate(town.office, who, upload.id),
        uploads.append(town.office, who, upload.id, 0, chunks(PDF)),
        uploads.begin(town.office, who, NewUpload(len(PDF), view.attachments[1].id, view.folder.id)),
        uploads.describe(town.office, who, new_id()),
    ):
        with pytest.raises((NotFoundError, ForbiddenError)):
            await act
    assert await standing(town, upload) == 0


async def test_a_file_of_an_event_comes_in_likewise(town: Town) -> None:
    view = await town.deposit()
    case = view.cases[0].id
    file = deposit.NewAttachment("suite.pdf", "ActeEtatCivil-PDF", len(PDF), "application/pdf")
    new = events.NewEvent(ActionType.ATTACH_DEPOSIT, attachments=(file,))
    posted = await events.post_event(town.office, DEPOSITOR, case, new)
    assert isinstance(posted, EventView)
    wanted = NewUpload(len(PDF), posted.attachments[0].id, case_id=case, event_id=posted.event.id, sha256=DIGEST)
    upload = await uploads.begin(town.office, DEPOSITOR, wanted)
    assert isinstance(upload, Upload)
    await append(town, upload, 0, PDF[:HALF])
    for stranger in (RENNES_API, OTHER_DEPOSITOR):
        with pytest.raises((NotFoundError, ForbiddenError)):
            await uploads.append(town.office, stranger, upload.id, HALF, chunks(PDF[HALF:]))
    assert (await append(town, upload, HALF, PDF[HALF:])).complete
    assert (await attachment_of(town, upload)).status is AttachmentStatus.RECEIVED
