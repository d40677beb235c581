"""All that speaks against an event, whatever part of it could be read."""

from __future__ import annotations

import pytest

from gateway.domain.dossiers import ActionType
from gateway.domain.errors import ForbiddenError
from gateway.services import events
from gateway.services.deposit_checks import AttachmentDraft
from gateway.services.event_checks import EventDraft
from tests.services.people import BREST, BREST_API, VANNES_API
from tests.services.town import Town

FILE = AttachmentDraft("any", 1, "image/png", None)


async def test_faults_of_message_status_and_files_come_together(town: Town) -> None:
    view = await town.deposit(to=(BREST,))
    await town.change_process("EtatCivil", message_to_transmitter=False)
    draft = EventDraft(ActionType.COM_ADD, "bonjour", "LOST", (FILE,))
    assert await events.check_event(town.office, BREST_API, view.cases[0].id, draft) == [
        "attachments[0].mimeType: image/png is not allowed by EtatCivil",
        "attachments: an event of type COM_ADD has no attachments; use ATTACH_DEPOSIT",
        "message: process EtatCivil takes no messages to the transmitter",
        "caseNewStatus: LOST is not a status that can be set",
    ]


@pytest.mark.parametrize("draft", [EventDraft(None, None, None, ()), EventDraft(ActionType.COM_ADD, None, None, None)])
async def test_nothing_is_said_of_what_was_not_understood(town: Town, draft: EventDraft) -> None:
    view = await town.deposit(to=(BREST,))
    assert await events.check_event(town.office, BREST_API, view.cases[0].id, draft) == []


async def test_files_belong_to_deposits(town: Town) -> None:
    view = await town.deposit(to=(BREST,))
    draft = EventDraft(ActionType.ATTACH_DEPOSIT, None, None, ())
    (fault,) = await events.check_event(town.office, BREST_API, view.cases[0].id, draft)
    assert fault == "attachments: an ATTACH_DEPOSIT event needs at least one attachment"


async def test_a_case_of_others_is_not_looked_at(town: Town) -> None:
    view = await town.deposit(to=(BREST,))
    with pytest.raises(ForbiddenError):
        await events.check_event(town.office, VANNES_API, view.cases[0].id, EventDraft(None, None, "LOST", ()))
