"""Bytes that were checked and failed: kept aside, served to nobody, replaced by the next PUT."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.blob import BlobMissing
from gateway.domain.dossiers import Attachment, AttachmentStatus
from gateway.domain.errors import InvalidRequestError, UnavailableError
from gateway.services import attachments, deposit, events
from gateway.services.deposit import FolderView
from gateway.services.office import Office
from tests.services.people import BREST, BREST_API, DEPOSITOR, HOUR, PDF, XML, chunks
from tests.services.town import Town


class Antivirus:
    """Finds what it is told to find, or fails; `looked_at` is what it was shown."""

    def __init__(self, outcome: str | Exception | None) -> None:
        self._outcome = outcome
        self.looked_at: list[bytes] = []

    async def scan(self, size: int, pieces: AsyncIterator[bytes]) -> str | None:
        self.looked_at.append(b"".join([piece async for piece in pieces]))
        assert len(self.looked_at[-1]) == size
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


def guarded(town: Town, outcome: str | Exception | None, **policy: Any) -> Office:
    return replace(town.office, scanner=Antivirus(outcome), policy=replace(town.office.policy, **policy))


async def put(town: Town, view: FolderView, data: bytes, position: int = 1, office: Office | None = None) -> None:
    attachment = view.attachments[position].id
    await attachments.receive(office or town.office, DEPOSITOR, view.folder.id, attachment, chunks(data))


async def kept(town: Town, view: FolderView) -> Attachment:
    found = await town.store.read(lambda tx: tx.attachments.get(view.attachments[1].id))
    assert found is not None
    return found


async def test_what_is_not_what_was_declared_is_kept_and_not_served_until_it_is_put_again(town: Town) -> None:
    view = await town.hand_in()
    await put(town, view, PDF[::-1])
    rejected = await kept(town, view)
    assert rejected.status is AttachmentStatus.REJECTED
    assert rejected.blob is not None
    assert rejected.blob.key in await town.keys()
    (line,) = await town.lines("attachment.rejected")
    assert line.detail["declared"] == "application/pdf"
    assert line.detail["found"] == "text/plain"
    assert line.digest == rejected.blob.sha256.hex()
    assert town.meter.seen["attachments_total", "REJECTED"] == 1
    with pytest.raises(BlobMissing):
        await town.download(DEPOSITOR, view.cases[0].id, rejected.id)
    await put(town, view, PDF)
    assert (await kept(town, view)).status is AttachmentStatus.RECEIVED
    assert rejected.blob.key not in await town.keys()


async def test_a_rejected_attachment_is_in_no_archive_and_does_not_stand_alone(
    town: Town,
) -> None:
    view = await town.hand_in(to=(BREST,))
    await put(town, view, PDF[::-1])
    await deposit.update_folder(town.office, DEPOSITOR, view.folder.id, "HUBEE_COMPLETED")
    (delivery,) = await town.store.read(lambda tx: tx.deliveries.of_case(view.cases[0].id))
    assert await town.store.read(lambda tx: tx.archives.attachments(delivery.id)) == [view.attachments[0].id]
    with pytest.raises(BlobMissing):
        await town.download(BREST_API, view.cases[0].id, view.attachments[1].id)
    other = await town.hand_in("A-2")
    await put(town, other, PDF[::-1])
    await put(town, other, b"." * len(XML), 0)
    with pytest.raises(InvalidRequestError, match="no attachment that was received"):
        await deposit.update_folder(town.office, DEPOSITOR, other.folder.id, "HUBEE_COMPLETED")


async def test_a_file_of_an_event_that_was_rejected_is_put_again_before_the_event_is_sent(town: Town) -> None:
    view = await town.deposit(to=(BREST,))
    case = view.cases[0].id
    event = await town.attach(DEPOSITOR, view, send=False)
    (file,) = await town.store.read(lambda tx: tx.attachments.of_event(event.id))
    await attachments.receive_for_event(town.office, DEPOSITOR, case, event.id, file.id, chunks(PDF[::-1]))
    with pytest.raises(InvalidRequestError, match="is REJECTED: put its content"):
        await events.set_event_status(town.office, DEPOSITOR, case, event.id, "SENT")
    await attachments.receive_for_event(town.office, DEPOSITOR, case, event.id, file.id, chunks(PDF))
    await events.set_event_status(town.office, DEPOSITOR, case, event.id, "SENT")
    assert await town.download(BREST_API, case, file.id, event.id) == PDF


async def test_bytes_that_cannot_be_checked_now_leave_nothing(town: Town) -> None:
    view = await town.hand_in()
    before, keys = await kept(town, view), await town.keys()

    office = guarded(town, UnavailableError("away", HOUR))
    with pytest.raises(UnavailableError, match="away"):
        await put(town, view, PDF, office=office)
    assert await kept(town, view) == before
    assert await town.keys() == keys


async def test_what_the_antivirus_finds_is_kept_aside_and_served_to_nobody(town: Town) -> None:
    view = await town.hand_in(to=(BREST,))
    office = guarded(town, "Made.Up")
    await put(town, view, PDF, office=office)
    infected = await kept(town, view)
    assert isinstance(office.scanner, Antivirus)
    assert office.scanner.looked_at == [PDF]
    assert infected.status is AttachmentStatus.CORRUPTED
    assert infected.blob is not None
    assert infected.blob.key in await town.keys()
    (line,) = await town.lines("attachment.corrupted")
    assert line.detail == {"attachment": infected.id, "size": len(PDF), "signature": "Made.Up"}
    assert town.meter.seen["attachments_total", "CORRUPTED"] == 1
    await deposit.update_folder(town.office, DEPOSITOR, view.folder.id, "HUBEE_COMPLETED")
    (delivery,) = await town.store.read(lambda tx: tx.deliveries.of_case(view.cases[0].id))
    assert await town.store.read(lambda tx: tx.archives.attachments(delivery.id)) == [view.attachments[0].id]
    for caller in (DEPOSITOR, BREST_API):
        with pytest.raises(BlobMissing):
            await town.download(caller, view.cases[0].id, infected.id)


async def test_what_was_let_through_unseen_is_said_in_the_journal(town: Town) -> None:
    view = await town.hand_in()
    await put(town, view, PDF, office=guarded(town, UnavailableError("away", HOUR), accept_unscanned=True))
    assert (await kept(town, view)).status is AttachmentStatus.RECEIVED
    assert (await town.lines("attachment.received"))[-1].detail["unscanned"] == "the antivirus was away"


async def test_what_was_quarantined_is_not_swept(town: Town) -> None:
    view = await town.hand_in()
    await put(town, view, PDF, office=guarded(town, "Made.Up"))
    infected = await kept(town, view)
    assert infected.blob is not None
    key = infected.blob.key
    assert await town.store.read(lambda tx: tx.archives.referenced(key))
