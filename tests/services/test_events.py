"""Events: posted, sent, acknowledged, deleted; what each side sees of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.dossiers import ActionType
from gateway.domain.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller
from gateway.domain.ids import new_id
from gateway.services import attachments, cases, deposit, events, inbox
from gateway.services.office import Office
from gateway.services.once import Once, Replay
from tests.journeys.offices import PDF, api_client, deposited, depositor, stream
from tests.journeys.world import PDF_TYPE
from tests.services.scene import (
    ACCEPTED,
    COMPLEMENT,
    NUMBER,
    PUBLICATION,
    READY,
    STRANGER,
    case_now,
    change_process,
    complement,
    notices,
    post,
    states,
    told,
)

pytestmark = pytest.mark.usefixtures("declared")

BREST = api_client("brest")
FILE = deposit.NewAttachment("acte.pdf", PDF_TYPE, len(PDF), "application/pdf")


async def published(office: Office) -> str:
    return (await deposited(office, NUMBER, "brest")).cases[0].id


async def test_an_event_changes_the_case_and_tells_the_other_side_if_it_asks(office: Office) -> None:
    case_id = await published(office)
    view = await post(office, BREST, case_id, new_status="DONE", message="Fait", notification=True)
    assert view.event.status == "SENT"
    assert (await case_now(office, case_id)).status == "DONE"
    assert await told(office) == [("DONE", "Fait")]
    assert await states(office, case_id) == [(PUBLICATION, ACCEPTED)]
    await post(office, BREST, case_id, new_status="DONE", current_status="SENT")  # posted: it exists, whatever it says
    assert len(await notices(office)) == 1
    assert len((await cases.read_case(office, depositor(), case_id)).events) == 2


async def test_a_comment_is_for_the_recipients_own_people(office: Office) -> None:
    case_id = await published(office)
    view = await post(office, BREST, case_id, ActionType.COM_ADD, comment="entre nous", message="à vous")
    assert view.event.comment == "entre nous"
    seen = await events.read_event(office, depositor(), case_id, view.event.id)
    assert (seen.event.comment, seen.event.message) == (None, "à vous")
    (listed,) = (await cases.read_case(office, depositor(), case_id)).events
    assert listed.event.comment is None
    assert (await events.read_event(office, BREST, case_id, view.event.id)).event.comment == "entre nous"


async def test_every_fault_is_listed(office: Office) -> None:
    await change_process(office, message_to_transmitter=False)
    case_id = await published(office)
    with pytest.raises(InvalidRequestError) as caught:
        await post(office, BREST, case_id, new_status="LOST", message="no", attachments=(replace(FILE, size=0),))
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "attachments[0].size",
        "attachments",
        "message",
        "caseNewStatus",
    ]
    with pytest.raises(InvalidRequestError, match="at least one attachment"):
        await post(office, BREST, case_id, ActionType.ATTACH_DEPOSIT)
    file = replace(FILE, mime_type="application/zip")
    with pytest.raises(InvalidRequestError, match="mimeType"):
        await post(office, BREST, case_id, ActionType.ATTACH_DEPOSIT, attachments=(file,))


async def test_files_are_put_then_sent_then_received(office: Office) -> None:
    case_id = await published(office)
    view = await post(
        office, BREST, case_id, ActionType.ATTACH_DEPOSIT, attachments=(FILE,), new_status="DONE", notification=True
    )
    event, file = view.event.id, view.attachments[0].id
    with pytest.raises(NotFoundError, match="Event is not found"):
        await events.read_event(office, depositor(), case_id, event)
    with pytest.raises(InvalidRequestError, match="put its content"):
        await events.set_event_status(office, BREST, case_id, event, "SENT")
    await attachments.receive_for_event(office, BREST, case_id, event, file, stream(PDF))
    assert (await case_now(office, case_id)).status == "HUBEE_NOTIFIED"
    for _ in range(2):
        await events.set_event_status(office, BREST, case_id, event, "SENT")
    assert (await case_now(office, case_id)).status == "DONE"
    assert await told(office) == [("DONE", None)]
    with pytest.raises(InvalidRequestError, match="other side"):
        await events.set_event_status(office, BREST, case_id, event, "RECEIVED")
    for _ in range(2):
        await events.set_event_status(office, depositor(), case_id, event, "RECEIVED")
    with pytest.raises(InvalidRequestError, match="cannot become SENT"):
        await events.set_event_status(office, BREST, case_id, event, "SENT")
    (own,) = [one for one in await inbox.notifications(office, BREST, 25) if one.event_id == event]
    assert own.event_status == "RECEIVED"


async def test_the_recipients_received_accepts_the_delivery_and_the_inbox_shows_it_live(office: Office) -> None:
    case_id = await published(office)
    view = await complement(office, case_id, notification=True)
    await events.set_event_status(office, BREST, case_id, view.event.id, "RECEIVED")
    assert await states(office, case_id) == [(PUBLICATION, READY), (COMPLEMENT, ACCEPTED)]
    shown = {one.event_id: one.event_status for one in await inbox.notifications(office, BREST, 25)}
    assert shown == {None: None, view.event.id: "RECEIVED"}
    assert [one.event_id for one in await notices(office)] == [view.event.id]


async def test_only_an_own_event_in_progress_is_deleted(office: Office) -> None:
    case_id = await published(office)
    waiting = await complement(office, case_id, sent=False)
    with pytest.raises(ForbiddenError):
        await events.delete_event(office, BREST, case_id, waiting.event.id)
    await events.delete_event(office, depositor(), case_id, waiting.event.id)
    with pytest.raises(NotFoundError, match="Event is not found"):
        await events.delete_event(office, depositor(), case_id, waiting.event.id)
    sent = await complement(office, case_id)
    with pytest.raises(InvalidRequestError, match="IN_PROGRESS"):
        await events.delete_event(office, depositor(), case_id, sent.event.id)


async def test_a_repeated_key_gets_the_first_answer(office: Office) -> None:
    case_id = await published(office)
    once = Once("key", b"r" * 32, lambda view: str(view.event.id))
    new = events.NewEvent(ActionType.STATUS_UPDATE)
    first = await events.post_event(office, BREST, case_id, new, once)
    assert not isinstance(first, Replay)
    assert await events.post_event(office, BREST, case_id, new, once) == Replay(first.event.id)
    with pytest.raises(ConflictError):
        await events.post_event(office, BREST, case_id, new, replace(once, request=b"x" * 32))


@pytest.mark.parametrize("caller", [STRANGER, api_client("nantes"), replace(BREST, process="CERTDC")])
async def test_nobody_else_has_a_right_on_events(office: Office, caller: Caller) -> None:
    case_id = await published(office)
    view = await post(office, BREST, case_id)
    for verb in (events.read_event, events.delete_event):
        with pytest.raises(ForbiddenError):
            await verb(office, caller, case_id, view.event.id)
    with pytest.raises(NotFoundError, match="Case is not found"):
        await events.read_event(office, BREST, new_id(), view.event.id)
