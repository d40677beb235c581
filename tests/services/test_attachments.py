"""Bytes of attachments: taken in whole or not at all, and shown to those who may see them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.blob import BlobMissing
from gateway.domain.dossiers import Attachment, AttachmentStatus
from gateway.domain.errors import ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller
from gateway.domain.ids import new_id
from gateway.services import attachments, deposit, events
from gateway.services.deposit import FolderView
from gateway.services.office import Office
from tests.services.people import (
    BREST,
    BREST_API,
    DEPOSITOR,
    OPERATOR,
    OTHER_DEPOSITOR,
    PDF,
    RENNES,
    VANNES_API,
    XML,
    chunks,
)
from tests.services.town import Town

OTHER_PDF = b"%PDF-2.0 " * 30


async def put(town: Town, view: FolderView, data: bytes, sha256: bytes | None = None, **changes: Any) -> None:
    arguments: dict[str, Any] = {
        "office": town.office,
        "caller": DEPOSITOR,
        "attachment_id": view.attachments[1].id,
    } | changes
    arguments.setdefault("chunks", chunks(data))
    await attachments.receive(folder_id=view.folder.id, sha256=sha256, **arguments)


async def kept(town: Town, view: FolderView) -> Attachment:
    found = await town.store.read(lambda tx: tx.attachments.get(view.attachments[1].id))
    assert found is not None
    return found


async def test_bytes_that_were_received_are_kept_with_their_digest(town: Town) -> None:
    view = await town.hand_in()
    found = await kept(town, view)
    assert found.status is AttachmentStatus.RECEIVED
    assert found.blob is not None
    assert found.blob.sha256 == hashlib.sha256(PDF).digest()
    assert found.blob.size == len(PDF)
    line = (await town.lines("attachment.received"))[1]
    assert line.digest == hashlib.sha256(PDF).hexdigest()
    assert line.detail == {"attachment": found.id, "size": len(PDF)}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The body is empty"),
        (PDF[:-1], "Size does not match with attachment meta-data"),
        (PDF + b"1", "Size does not match with attachment meta-data"),
    ],
    ids=["empty", "short", "long"],
)
async def test_bytes_of_another_size_are_refused_and_leave_nothing(town: Town, data: bytes, message: str) -> None:
    view = await town.hand_in()
    before, keys = await kept(town, view), await town.keys()
    with pytest.raises(InvalidRequestError, match=message):
        await put(town, view, data)
    assert await kept(town, view) == before
    assert await town.keys() == keys


@pytest.mark.parametrize("announced", [len(PDF) - 1, len(PDF) + 1])
async def test_an_announced_size_that_is_wrong_is_refused_before_anything_is_read(town: Town, announced: int) -> None:
    view = await town.hand_in()

    async def unread() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    with pytest.raises(InvalidRequestError, match="Size does not match"):
        await put(town, view, PDF, chunks=unread(), announced=announced)
    await put(town, view, PDF, announced=len(PDF))


async def test_an_endless_body_is_cut_off_at_the_announced_size(town: Town) -> None:
    view = await town.hand_in()
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 100
            yield b"." * 100

    with pytest.raises(InvalidRequestError, match="Size does not match"):
        await attachments.receive(town.office, DEPOSITOR, view.folder.id, view.attachments[1].id, endless())
    assert taken <= len(PDF) + 100


async def test_a_digest_that_was_announced_has_to_match(town: Town) -> None:
    view = await town.hand_in()
    await put(town, view, PDF, hashlib.sha256(PDF).digest())
    before, keys = await kept(town, view), await town.keys()
    with pytest.raises(InvalidRequestError, match="Digest does not match"):
        await put(town, view, PDF, hashlib.sha256(XML).digest())
    assert await kept(town, view) == before
    assert await town.keys() == keys


async def test_a_put_may_be_repeated_until_the_completion_and_the_last_one_stands(town: Town) -> None:
    view = await town.hand_in()
    first = (await kept(town, view)).blob
    assert first is not None
    again = OTHER_PDF
    await put(town, view, again)
    second = (await kept(town, view)).blob
    assert second is not None
    assert second.sha256 == hashlib.sha256(again).digest()
    assert first.key not in await town.keys()
    await deposit.update_folder(town.office, DEPOSITOR, view.folder.id, "HUBEE_COMPLETED")
    with pytest.raises(InvalidRequestError, match="completed: its attachments cannot be put any more"):
        await put(town, view, PDF)
    assert (await kept(town, view)).blob == second
    assert len(await town.keys()) == 2


async def test_a_completion_during_an_upload_wins(town: Town) -> None:
    view = await town.hand_in()

    async def slow() -> AsyncIterator[bytes]:
        yield PDF[:10]
        await deposit.update_folder(town.office, DEPOSITOR, view.folder.id, "HUBEE_COMPLETED")
        yield PDF[10:]

    before = await kept(town, view)
    with pytest.raises(InvalidRequestError, match="cannot be put any more"):
        await attachments.receive(town.office, DEPOSITOR, view.folder.id, view.attachments[1].id, slow())
    assert await kept(town, view) == before
    assert len(await town.keys()) == 2


async def test_an_upload_that_is_cut_off_leaves_nothing(town: Town) -> None:
    view = await town.hand_in()
    before, keys = await kept(town, view), await town.keys()
    begun = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield PDF[:10]
        begun.set()
        await asyncio.Event().wait()

    upload = asyncio.create_task(
        attachments.receive(town.office, DEPOSITOR, view.folder.id, view.attachments[1].id, stuck())
    )
    await begun.wait()
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    assert await kept(town, view) == before
    assert await town.keys() == keys


async def test_an_upload_cancelled_during_its_commit_keeps_the_bytes_that_the_row_names(town: Town) -> None:
    view = await town.hand_in()

    class Cancelled:
        """A store whose caller is cancelled just after the commit."""

        read, glance, peek = town.store.read, town.store.glance, town.store.peek

        async def write(self, verb: Callable[..., Any]) -> Any:
            await town.store.write(verb)
            raise asyncio.CancelledError

    office: Office = replace(town.office, store=Cancelled())
    with pytest.raises(asyncio.CancelledError):
        await put(town, view, OTHER_PDF, office=office)
    blob = (await kept(town, view)).blob
    assert blob is not None
    reader = await town.blobs.reader(blob.key)
    assert await reader.read(0, len(PDF)) == OTHER_PDF
    await reader.close()


@pytest.mark.parametrize("caller", [OTHER_DEPOSITOR, BREST_API, replace(DEPOSITOR, process="CERTDC")], ids=str)
async def test_only_the_depositor_puts_attachments_of_a_folder(town: Town, caller: Caller) -> None:
    view = await town.hand_in(to=(BREST,))
    with pytest.raises(ForbiddenError):
        await put(town, view, PDF, caller=caller)


async def test_an_attachment_is_looked_for_in_its_folder(town: Town) -> None:
    view, other = await town.hand_in(), await town.hand_in("A-2")
    with pytest.raises(NotFoundError, match="Binary meta-data is not found"):
        await put(town, view, PDF, attachment_id=other.attachments[0].id)
    with pytest.raises(NotFoundError, match="Binary meta-data is not found"):
        await put(town, view, PDF, attachment_id=new_id())


async def test_files_of_an_event_are_put_by_its_author_until_it_is_sent(town: Town) -> None:
    view = await town.deposit(to=(BREST,))
    case = view.cases[0].id
    event = await town.attach(DEPOSITOR, view, send=False)
    (file,) = await town.store.read(lambda tx: tx.attachments.of_event(event.id))
    office = town.office

    def again(caller: Caller, attachment: str = file.id) -> Any:
        return attachments.receive_for_event(office, caller, case, event.id, attachment, chunks(PDF))

    await again(DEPOSITOR)
    with pytest.raises(ForbiddenError):
        await again(BREST_API)
    with pytest.raises(ForbiddenError):
        await again(OTHER_DEPOSITOR)
    with pytest.raises(NotFoundError, match="Binary meta-data"):
        await again(DEPOSITOR, view.attachments[0].id)
    with pytest.raises(NotFoundError, match="Event"):
        await attachments.receive_for_event(office, DEPOSITOR, case, new_id(), file.id, chunks(PDF))
    with pytest.raises(BlobMissing):  # not the other side's to see before it is sent
        await attachments.open_event_attachment(office, BREST_API, case, event.id, file.id)
    await town.download(DEPOSITOR, case, file.id, event.id)
    await town.attach(DEPOSITOR, view)
    await events.set_event_status(office, DEPOSITOR, case, event.id, "SENT")
    with pytest.raises(InvalidRequestError, match="sent: its attachments cannot be put any more"):
        await again(DEPOSITOR)
    assert await town.download(BREST_API, case, file.id, event.id) == PDF


@pytest.mark.parametrize("caller", [DEPOSITOR, BREST_API, OPERATOR], ids=lambda one: one.actor)
async def test_a_case_shows_its_attachments_to_its_two_sides_and_the_operator(town: Town, caller: Caller) -> None:
    view = await town.deposit(to=(BREST,))
    assert await town.download(caller, view.cases[0].id, view.attachments[0].id) == XML
    assert await town.download(caller, view.cases[0].id, view.attachments[1].id, None, (9, 18), (0, 9)) == PDF[:18]


async def test_a_case_shows_no_other_cases_attachments(town: Town) -> None:
    view, other = await town.deposit(to=(BREST,)), await town.deposit("A-2", to=(RENNES,))
    for attachment in (other.attachments[0].id, new_id()):
        with pytest.raises(NotFoundError, match="File is not found"):
            await town.download(BREST_API, view.cases[0].id, attachment)
    for caller in (VANNES_API, OTHER_DEPOSITOR, replace(BREST_API, process="CERTDC")):
        with pytest.raises(ForbiddenError):
            await town.download(caller, view.cases[0].id, view.attachments[0].id)
    with pytest.raises(NotFoundError, match="Case is not found"):
        await town.download(BREST_API, new_id(), view.attachments[0].id)


async def test_a_case_is_not_there_for_its_recipient_before_its_publication(town: Town) -> None:
    view = await town.hand_in(to=(BREST,))
    with pytest.raises(NotFoundError, match="Case is not found"):
        await town.download(BREST_API, view.cases[0].id, view.attachments[0].id)
    assert await town.download(DEPOSITOR, view.cases[0].id, view.attachments[0].id) == XML


async def test_what_was_rejected_or_purged_is_not_served(town: Town) -> None:
    view = await town.deposit(to=(BREST,))
    blob = (await kept(town, view)).blob
    assert blob is not None
    await town.blobs.delete(blob.key)
    with pytest.raises(BlobMissing):
        await town.download(BREST_API, view.cases[0].id, view.attachments[1].id)
    status = AttachmentStatus.REJECTED
    await town.store.write(lambda tx: tx.attachments.receive(view.attachments[0].id, status, None, town.clock()))
    with pytest.raises(BlobMissing):
        await town.download(BREST_API, view.cases[0].id, view.attachments[0].id)
