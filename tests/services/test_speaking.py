"""Who may say something on a case."""

from __future__ import annotations

import pytest

from gateway.domain.errors import ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Mode
from gateway.domain.ids import new_id
from gateway.domain.statuses import Status
from gateway.domain.switches import InFlight, Switch
from gateway.services import inbox, switching
from gateway.services.office import Office, gateway_caller
from gateway.services.speaking import may_act, own_event
from tests.journeys.offices import api_client, deposited, depositor, sftp_client
from tests.journeys.world import RECIPIENTS, subscription_id
from tests.services.scene import DAY, NUMBER, case_now, created, post, read_over_api, switch

pytestmark = pytest.mark.usefixtures("declared")


async def test_the_recipient_speaks_through_the_door_that_owns(office: Office) -> None:
    case = (await deposited(office, NUMBER, "rennes")).cases[0]
    now = office.clock()
    published = await case_now(office, case.id)
    for caller in (depositor(), sftp_client("rennes")):
        await office.store.read(lambda tx, who=caller: may_act(tx, who, published, now))  # type: ignore[misc]  # mypy infers no default
    with pytest.raises(NotFoundError, match="Case is not found"):
        await office.store.read(lambda tx: may_act(tx, api_client("rennes"), published, now))


async def test_what_was_read_while_its_door_owned_it_may_be_answered_later(office: Office) -> None:
    case = (await deposited(office, NUMBER, "brest")).cases[0]
    await read_over_api(office, "brest", case.id)
    await switch(office, "brest", Mode.SFTP)
    published = await case_now(office, case.id)
    await office.store.read(lambda tx: may_act(tx, api_client("brest"), published, office.clock()))


async def test_what_a_drain_left_its_door_may_be_answered_there_once_it_is_accepted_too(office: Office) -> None:
    case = (await deposited(office, NUMBER, "brest")).cases[0]
    wanted = Switch(Mode.SFTP, in_flight=InFlight.DRAIN, drain_for=DAY)
    await switching.switch(office, gateway_caller(office, "operator"), subscription_id(RECIPIENTS["brest"]), wanted)
    (notice,) = await inbox.notifications(office, api_client("brest"), 25)
    await inbox.dismiss(office, api_client("brest"), notice.id)
    published, now = await case_now(office, case.id), office.clock()
    await office.store.read(lambda tx: may_act(tx, api_client("brest"), published, now))
    with pytest.raises(NotFoundError):
        await office.store.read(lambda tx: may_act(tx, api_client("brest"), published, now + DAY))


async def test_nothing_before_the_completion_and_nothing_once_archived(office: Office) -> None:
    waiting = (await created(office)).cases[0]
    with pytest.raises(InvalidRequestError, match="not completed yet"):
        await office.store.read(lambda tx: may_act(tx, depositor(), waiting, office.clock()))
    case = (await deposited(office, NUMBER, "brest")).cases[0]
    await office.store.write(
        lambda tx: tx.cases.change_status(case.id, Status.HUBEE_NOTIFIED, Status.ARCHIVED, office.clock())
    )
    archived = await case_now(office, case.id)
    with pytest.raises(InvalidRequestError, match="archived"):
        await office.store.read(lambda tx: may_act(tx, depositor(), archived, office.clock()))


async def test_an_event_is_its_authors(office: Office) -> None:
    case = (await deposited(office, NUMBER, "brest")).cases[0]
    event = (await post(office, depositor(), case.id)).event
    assert (await office.store.read(lambda tx: own_event(tx, depositor(), case, event.id))).id == event.id
    with pytest.raises(ForbiddenError):
        await office.store.read(lambda tx: own_event(tx, api_client("brest"), case, event.id))
    with pytest.raises(NotFoundError, match="Event is not found"):
        await office.store.read(lambda tx: own_event(tx, depositor(), case, new_id()))
