"""The one writer of statuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.errors import ConflictError
from gateway.domain.statuses import Status, Step
from gateway.services.office import Office
from gateway.services.progress import advance, speaker
from tests.journeys.offices import api_client, deposited, depositor, sftp_client
from tests.journeys.world import BREST, OSL
from tests.services.scene import NUMBER, case_now, entries, events_of, told

pytestmark = pytest.mark.usefixtures("declared")

WAY = (Step(Status.SI_RECEIVED, inserted=True), Step(Status.DONE))


async def test_status_events_notices_folder_and_journal_move_together(office: Office) -> None:
    view = await deposited(office, NUMBER, "brest")
    case = view.cases[0]
    now = office.clock()
    moved = await office.store.write(lambda tx: advance(tx, api_client("brest"), case, view.folder, WAY, now))
    assert moved.status == (await case_now(office, case.id)).status == "DONE"
    assert [(one.current_status, one.new_status, one.inserted) for one in await events_of(office, case.id)] == [
        ("HUBEE_NOTIFIED", "SI_RECEIVED", True),
        ("SI_RECEIVED", "DONE", False),
    ]
    assert await told(office) == [("SI_RECEIVED", None), ("DONE", None)]
    assert (await entries(office, view.folder.id))[-2:] == ["case.status"] * 2
    folder = await office.store.read(lambda tx: tx.folders.get(view.folder.id))
    assert folder is not None
    assert folder.status == "DONE"


async def test_who_comes_second_changes_nothing(office: Office) -> None:
    view = await deposited(office, NUMBER, "brest")
    stale = replace(view.cases[0], status=Status.SENT)
    with pytest.raises(ConflictError, match="read it again"):
        await office.store.write(lambda tx: advance(tx, api_client("brest"), stale, view.folder, WAY, office.clock()))
    assert await events_of(office, stale.id) == []


async def test_an_account_speaks_for_the_recipient(office: Office) -> None:
    case = (await deposited(office, NUMBER, "brest")).cases[0]
    assert speaker(sftp_client("rennes"), case) == BREST
    assert speaker(depositor(), case) == OSL
