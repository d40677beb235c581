"""The API inbox: notices and open deliveries in one list."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.errors import ForbiddenError, NotFoundError
from gateway.domain.ids import new_id
from gateway.services import cases, inbox
from gateway.services.office import Office
from tests.journeys.offices import Clock, api_client, deposited, depositor
from tests.journeys.world import BREST, OSL, PROCESS
from tests.services.scene import (
    ACCEPTED,
    COMPLEMENT,
    HOUR,
    NUMBER,
    PUBLICATION,
    READY,
    STRANGER,
    complement,
    deliveries_of,
    notices,
    states,
)

pytestmark = pytest.mark.usefixtures("declared")


async def test_a_new_case_has_no_event_and_a_complement_shows_its_own(office: Office, clock: Clock) -> None:
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    clock.pass_by(HOUR)
    view = await complement(office, case_id, notification=True)
    first, second = await inbox.notifications(office, api_client("brest"), 25)
    assert (first.recipient, first.transmitter, first.process, first.case_id) == (BREST, OSL, PROCESS, case_id)
    assert (first.event_id, first.action, first.event_status) == (None, None, None)
    assert (second.event_id, second.action, second.event_status) == (view.event.id, "ATTACH_DEPOSIT", "SENT")
    assert second.created_at == clock.now


@pytest.mark.parametrize("asked", [None, False])
async def test_a_complement_that_asks_for_no_notification_is_listed_too(office: Office, asked: bool | None) -> None:
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    view = await complement(office, case_id, notification=asked)
    found = await inbox.notifications(office, api_client("brest"), 25)
    assert [one.event_id for one in found] == [None, view.event.id]
    await inbox.dismiss(office, api_client("brest"), found[1].id)
    assert await states(office, case_id) == [(PUBLICATION, READY), (COMPLEMENT, ACCEPTED)]


async def test_at_most_so_many_oldest_first(office: Office, clock: Clock) -> None:
    for number in range(3):
        await deposited(office, f"A-{number}", "brest")
        clock.pass_by(HOUR)
    assert await inbox.notifications(office, api_client("brest"), 0) == []
    two = await inbox.notifications(office, api_client("brest"), 2)
    assert two == (await inbox.notifications(office, api_client("brest"), 25))[:2]
    assert [one.created_at for one in two] == sorted(one.created_at for one in two)


async def test_processes_narrow_and_priorities_come_first(office: Office) -> None:
    await deposited(office, NUMBER, "brest")
    brest = api_client("brest")
    assert len(await inbox.notifications(office, brest, 25, processes=[PROCESS])) == 1
    assert await inbox.notifications(office, brest, 25, processes=["CERTDC"]) == []
    assert len(await inbox.notifications(office, brest, 25, priorities=["CERTDC", PROCESS])) == 1
    of_other = replace(brest, process="CERTDC")
    assert await inbox.notifications(office, of_other, 25) == []
    assert await inbox.notifications(office, of_other, 25, processes=[PROCESS]) == []


async def test_the_inbox_of_a_subscription_that_sftp_owns_is_empty(office: Office) -> None:
    await deposited(office, NUMBER, "rennes")
    assert await inbox.notifications(office, api_client("rennes"), 25) == []


async def test_a_dismissal_accepts_and_may_be_repeated(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    (shown,) = await inbox.notifications(office, api_client("brest"), 25)
    for _ in range(2):
        await inbox.dismiss(office, api_client("brest"), shown.id)
    assert await states(office, case_id) == [(PUBLICATION, ACCEPTED)]
    assert await inbox.notifications(office, api_client("brest"), 25) == []
    assert (await cases.read_case(office, depositor(), case_id)).case.status == "HUBEE_NOTIFIED"


async def test_a_notification_stays_after_a_status_until_its_client_deletes_it(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    (shown,) = await inbox.notifications(office, api_client("brest"), 25)
    await cases.set_status(office, api_client("brest"), case_id, "DONE")
    assert await states(office, case_id) == [(PUBLICATION, ACCEPTED)]
    assert [one.id for one in await inbox.notifications(office, api_client("brest"), 25)] == [shown.id]
    await inbox.dismiss(office, api_client("brest"), shown.id)
    assert await inbox.notifications(office, api_client("brest"), 25) == []


async def test_a_notice_is_deleted_by_its_recipient_alone_and_once(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "rennes", "brest")).cases[1].id
    await cases.set_status(office, api_client("brest"), case_id, "DONE")
    assert await notices(office) == []  # a status that is patched tells nobody
    await complement(office, case_id, notification=True)
    (delivery,) = [one for one in await deliveries_of(office, case_id) if one.state is READY]
    for caller in (api_client("nantes"), STRANGER, depositor(), replace(api_client("brest"), process="CERTDC")):
        with pytest.raises(ForbiddenError, match="Unauthorized user"):
            await inbox.dismiss(office, caller, delivery.id)
    with pytest.raises(NotFoundError, match="Notification is not found"):
        await inbox.dismiss(office, api_client("brest"), new_id())
