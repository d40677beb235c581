"""A folder by one call: whole, or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from gateway.domain.errors import ConflictError, InvalidRequestError
from gateway.services import deposit, handing_in
from gateway.services.deposit import FolderView
from gateway.services.office import Office
from gateway.services.once import Once, Replay
from tests.journeys.offices import PDF, XML, depositor, stream
from tests.services.scene import asked, kept_blobs, listed

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


async def test_a_folder_that_is_deleted_meanwhile_is_a_conflict(office: Office) -> None:
    async def meddled() -> AsyncIterator[bytes]:
        (folder_id,) = await folders(office)
        await deposit.delete_folder(office, depositor(), folder_id)
        yield PDF

    with pytest.raises(ConflictError) as caught:
        await handing_in.hand_in(office, depositor(), asked(), (WHOLE[0], meddled))
    assert caught.value.state == {"globalStatus": None}


async def test_a_second_completion_is_a_conflict(office: Office) -> None:
    view = await handing_in.hand_in(office, depositor(), asked(), WHOLE)
    assert isinstance(view, FolderView)
    with pytest.raises(ConflictError) as caught:
        await deposit.complete_folder(office, depositor(), view.folder.id)
    assert caught.value.state == {"globalStatus": "HUBEE_NOTIFIED"}


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
