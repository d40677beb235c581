"""A folder by one call: whole, or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from gateway.domain.errors import ConflictError, InvalidRequestError
from gateway.services import attachments, deposit, handing_in
from gateway.services.deposit import FolderView
from gateway.services.housekeeping import sweep_blobs
from gateway.services.office import Office
from gateway.services.once import Once, Replay
from tests.journeys.offices import PDF, START, XML, depositor, stream
from tests.services.scene import DAY, asked, kept_blobs, listed

pytestmark = pytest.mark.usefixtures("declared")
WHOLE = (partial(stream, XML), partial(stream, PDF))
ONCE = Once("key", b"request", lambda view: view.folder.id)


async def folders(office: Office) -> set[str]:
    lines = await office.store.read(lambda tx: tx.journal.after(0))
    gone = {line.folder_id for line in lines if line.entry == "folder.deleted"}
    return {line.folder_id for line in lines if line.folder_id is not None} - gone


async def test_it_is_published_when_it_is_answered(office: Office) -> None:
    view = await handing_in.hand_in(office, depositor(), asked(), WHOLE)
    assert isinstance(view, FolderView)
    assert view == await deposit.read_folder(office, depositor(), view.folder.id)
    assert view.folder.status == "HUBEE_NOTIFIED"
    assert len(await listed(office, "rennes")) == 1


async def test_faults_of_all_files_come_together_and_nothing_stays(office: Office, tmp_path: Path) -> None:
    short = (partial(stream, XML[1:]), partial(stream, b""))
    with pytest.raises(InvalidRequestError) as caught:
        await handing_in.hand_in(office, depositor(), asked(), short)
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["attachments[0]", "attachments[1]"]
    assert await folders(office) == set()
    assert kept_blobs(tmp_path / "blobs") == set()


async def test_nothing_stays_of_a_body_that_breaks_off(office: Office, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield PDF[:5]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await handing_in.hand_in(office, depositor(), asked(), (WHOLE[0], broken))
    assert await folders(office) == set()
    assert kept_blobs(tmp_path / "blobs") == set()


async def test_nothing_is_there_before_all_of_it_is(office: Office, tmp_path: Path) -> None:
    seen: list[set[str]] = []

    async def looked() -> AsyncIterator[bytes]:
        seen.append(await folders(office))
        yield PDF

    await handing_in.hand_in(office, depositor(), asked(), (WHOLE[0], looked))
    assert seen == [set()]
    assert len(kept_blobs(tmp_path / "blobs")) == 2
    entries = [line.entry for line in await office.store.read(lambda tx: tx.journal.after(0))]
    assert entries == [
        "folder.created",
        "attachment.received",
        "attachment.received",
        "folder.completed",
        "delivery.published",
    ]


async def test_what_a_death_in_the_middle_leaves_is_swept(office: Office, tmp_path: Path) -> None:
    """The last moment at which a death leaves most: the files are durable, their rows are not there yet."""
    view = await handing_in.hand_in(office, depositor(), asked(), WHOLE)
    assert isinstance(view, FolderView)
    for content, kind in ((XML, "application/xml"), (PDF, "application/pdf")):
        await attachments.take_in(office, len(content), kind, stream(content))
    left = kept_blobs(tmp_path / "blobs")
    for path in (tmp_path / "blobs").rglob("*"):
        if path.is_file():
            os.utime(path, ((START - DAY).timestamp() - 1,) * 2)
    assert await sweep_blobs(office) == 2
    assert len(left) - len(kept_blobs(tmp_path / "blobs")) == 2
    assert await folders(office) == {view.folder.id}


async def test_a_request_that_is_cancelled_leaves_nothing(office: Office, tmp_path: Path) -> None:
    async def cancelled() -> AsyncIterator[bytes]:
        yield PDF[:5]
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await handing_in.hand_in(office, depositor(), asked(), (WHOLE[0], cancelled))
    assert await folders(office) == set()
    assert kept_blobs(tmp_path / "blobs") == set()


async def test_what_was_found_in_a_refused_file_is_told_by_the_journal(office: Office) -> None:
    program = b"MZ" + bytes(len(PDF) - 2)
    with pytest.raises(InvalidRequestError) as refused:
        await handing_in.hand_in(office, depositor(), asked(), (WHOLE[0], partial(stream, program)))
    assert refused.value.faults == (
        "attachments[1]: the content is not accepted, it was found REJECTED: another type than declared "
        "(declared application/pdf, found application/x-executable)",
    )
    (line,) = await office.store.read(lambda tx: tx.journal.after(0))
    assert (line.entry, line.folder_id) == ("attachment.rejected", None)
    assert line.digest == hashlib.sha256(program).hexdigest()


async def test_a_folder_that_cannot_be_is_refused_before_its_files_are_read(office: Office) -> None:
    def unread() -> AsyncIterator[bytes]:
        raise AssertionError("it was read")

    with pytest.raises(InvalidRequestError, match="does not exist"):
        await handing_in.hand_in(office, depositor(), replace(asked(), process="Unknown"), (unread, unread))


async def test_a_key_is_used_once_and_freed_by_a_failure(office: Office) -> None:
    with pytest.raises(InvalidRequestError):
        await handing_in.hand_in(office, depositor(), asked(), (WHOLE[0], partial(stream, b"")), ONCE)
    first = await handing_in.hand_in(office, depositor(), asked(), WHOLE, ONCE)
    assert isinstance(first, FolderView)
    assert await handing_in.hand_in(office, depositor(), asked(), WHOLE, ONCE) == Replay(first.folder.id)
    with pytest.raises(ConflictError):
        await handing_in.hand_in(office, depositor(), asked(), WHOLE, Once("key", b"other", ONCE.render))
    assert await folders(office) == {first.folder.id}


async def test_the_slower_of_two_equal_requests_gets_the_answer_of_the_faster(office: Office) -> None:
    faster: list[FolderView | Replay] = []

    async def overtaken() -> AsyncIterator[bytes]:
        faster.append(await handing_in.hand_in(office, depositor(), asked(), WHOLE, ONCE))
        yield PDF

    slower = await handing_in.hand_in(office, depositor(), asked(), (WHOLE[0], overtaken), ONCE)
    assert isinstance(faster[0], FolderView)
    assert slower == Replay(faster[0].folder.id)
    assert await folders(office) == {faster[0].folder.id}
