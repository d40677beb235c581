"""Cases as each side reads them, and the statuses that each side sets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.errors import ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller
from gateway.domain.ids import new_id
from gateway.services import cases
from gateway.services.office import Office
from tests.journeys.offices import api_client, deposited, depositor
from tests.services.scene import (
    ACCEPTED,
    ADMIN,
    NUMBER,
    PUBLICATION,
    READY,
    REJECTED,
    STRANGER,
    case_now,
    change_process,
    complement,
    entries,
    events_of,
    notices,
    states,
)

pytestmark = pytest.mark.usefixtures("declared")

BREST = api_client("brest")


async def published(office: Office) -> str:
    return (await deposited(office, NUMBER, "brest")).cases[0].id


async def test_both_sides_and_the_operator_read_the_case(office: Office) -> None:
    case_id = await published(office)
    for caller in (depositor(), BREST, ADMIN):
        view = await cases.read_case(office, caller, case_id)
        assert [one.file_name for one in view.attachments] == ["acte.xml", "acte.pdf"]
        assert (await cases.read_case(office, caller, case_id, lite=True)).attachments == ()


async def test_events_come_oldest_first_and_those_in_progress_to_their_author_alone(office: Office) -> None:
    case_id = await published(office)
    await cases.set_status(office, BREST, case_id, "SENT")
    waiting = await complement(office, case_id, sent=False)
    of_depositor = (await cases.read_case(office, depositor(), case_id)).events
    assert [one.event.id for one in of_depositor][-1] == waiting.event.id
    assert [len(one.attachments) for one in of_depositor] == [0, 1]
    assert len((await cases.read_case(office, BREST, case_id)).events) == 1


@pytest.mark.parametrize("caller", [STRANGER, api_client("nantes"), replace(BREST, process="CERTDC")])
async def test_nobody_else_has_a_right_on_it(office: Office, caller: Caller) -> None:
    case_id = await published(office)
    with pytest.raises(ForbiddenError, match="Unauthorized user"):
        await cases.read_case(office, caller, case_id)
    with pytest.raises(ForbiddenError):
        await cases.set_status(office, caller, case_id, "DONE")
    with pytest.raises(NotFoundError, match="Case is not found"):
        await cases.read_case(office, caller, new_id())


async def test_in_open_mode_any_known_status_is_stored_whatever_the_path(office: Office) -> None:
    case_id = await published(office)
    for status in ("DONE", "IN_PROGRESS", "SENT", "REFUSED"):
        await cases.set_status(office, BREST, case_id, status)
        assert (await case_now(office, case_id)).status == status
    await cases.set_status(office, depositor(), case_id, "CLOSED")
    assert [one.new_status for one in await events_of(office, case_id)][-1] == "CLOSED"
    assert await notices(office) == []  # a PATCH writes its event without notification
    for status in ("LOST", "ARCHIVED"):
        with pytest.raises(InvalidRequestError, match="not a status that can be set"):
            await cases.set_status(office, BREST, case_id, status)


async def test_the_present_status_is_accepted_silently(office: Office) -> None:
    view = await deposited(office, NUMBER, "brest")
    before = await entries(office, view.folder.id)
    await cases.set_status(office, BREST, view.cases[0].id, "HUBEE_NOTIFIED")
    assert await entries(office, view.folder.id) == before
    assert await events_of(office, view.cases[0].id) == []


@pytest.mark.parametrize(
    ("status", "state"), [("SENT", READY), ("SI_RECEIVED", ACCEPTED), ("DONE", ACCEPTED), ("SI_INTG_ERROR", REJECTED)]
)
async def test_the_first_status_beyond_sent_settles_the_delivery(office: Office, status: str, state: object) -> None:
    case_id = await published(office)
    await cases.set_status(office, BREST, case_id, status)
    assert await states(office, case_id) == [(PUBLICATION, state)]


async def test_strict_inserts_what_is_mandatory_and_names_what_is_allowed(office: Office) -> None:
    await change_process(office, rules={"strict": True})
    case_id = await published(office)
    await cases.set_status(office, BREST, case_id, "REFUSED")
    found = [(one.new_status, one.inserted) for one in await events_of(office, case_id)]
    assert found == [("SI_RECEIVED", True), ("REFUSED", False)]
    with pytest.raises(InvalidRequestError, match="allowed: "):
        await cases.set_status(office, BREST, case_id, "IN_PROGRESS")
    assert (await case_now(office, case_id)).status == "REFUSED"


async def test_closing_is_the_depositors_alone(office: Office) -> None:
    case_id = await published(office)
    with pytest.raises(InvalidRequestError, match="depositor's alone"):
        await cases.set_status(office, BREST, case_id, "CLOSED")
