"""Deliveries that nobody fetched in time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.domain.deliveries import Place
from gateway.domain.errors import ConflictError, NotFoundError
from gateway.domain.ids import new_id
from gateway.services import acknowledge, cases, inbox
from gateway.services.expire import expire_due, undo_expiry
from gateway.services.office import Office, gateway_caller
from tests.journeys.offices import (
    Clock,
    Tally,
    api_client,
    deposited,
    depositor,
    only_archive,
    sftp_account,
    sftp_client,
)
from tests.journeys.world import GATEWAY
from tests.services.scene import (
    ACCEPTED,
    COMPLEMENT,
    DAY,
    EXPIRED,
    MOMENT,
    NUMBER,
    PUBLICATION,
    READY,
    REJECTED,
    REOPENING,
    case_now,
    change_process,
    complement,
    deliveries_of,
    entries,
    events_of,
    fetched,
    listed,
    opened_at,
    states,
    told,
)

pytestmark = pytest.mark.usefixtures("declared")


async def expired(office: Office, clock: Clock, name: str = "rennes", after: timedelta = 60 * DAY) -> str:
    """A case whose one delivery has expired."""
    case_id = (await deposited(office, NUMBER, name)).cases[0].id
    clock.pass_by(after)
    assert await expire_due(office) == 1
    return case_id


async def test_nothing_expires_before_its_time_and_everything_once(office: Office, clock: Clock) -> None:
    view = await deposited(office, NUMBER, "rennes", "brest")
    clock.pass_by(60 * DAY - MOMENT)
    assert await expire_due(office) == 0
    clock.pass_by(MOMENT)
    assert await expire_due(office) == 2
    assert await expire_due(office) == 0
    for case in view.cases:
        assert await states(office, case.id) == [(PUBLICATION, EXPIRED)]
        assert (await case_now(office, case.id)).status == "HUBEE_NOTIFIED"
    assert await listed(office, "rennes") == []
    assert await inbox.notifications(office, api_client("brest"), 10) == []
    assert isinstance(office.meter, Tally)
    assert office.meter.counts["expired_total"] == 2
    assert (await entries(office, view.folder.id)).count("delivery.expired") == 2


async def test_the_depositor_is_told_in_two_languages(office: Office, clock: Clock) -> None:
    case_id = await expired(office, clock)
    ((status, message),) = await told(office)
    assert status is None
    assert message is not None
    assert "02/03/2026" in message
    assert "2026-03-02" in message
    (event,) = await events_of(office, case_id)
    assert (event.transmitter, event.status) == (GATEWAY, "SENT")


async def test_the_process_says_when(office: Office, clock: Clock) -> None:
    await change_process(office, expire_after=DAY)
    case_id = await expired(office, clock, after=DAY)
    assert await states(office, case_id) == [(PUBLICATION, EXPIRED)]


async def test_a_fetched_one_expires_too_and_an_accepted_one_never(office: Office, clock: Clock) -> None:
    case_id = (await deposited(office, NUMBER, "rennes")).cases[0].id
    await fetched(office, "rennes", await only_archive(office, "rennes"))
    done = (await deposited(office, "B-1", "brest")).cases[0].id
    await cases.set_status(office, api_client("brest"), done, "DONE")
    clock.pass_by(61 * DAY)
    assert await expire_due(office) == 1
    assert await states(office, case_id) == [(PUBLICATION, EXPIRED)]
    assert await states(office, done) == [(PUBLICATION, ACCEPTED)]


async def test_an_undone_expiry_publishes_again_once(office: Office, clock: Clock) -> None:
    case_id = await expired(office, clock)
    (delivery,) = await deliveries_of(office, case_id)
    caller = gateway_caller(office, "undo")
    again = await undo_expiry(office, caller, delivery.id)
    assert await states(office, case_id) == [(PUBLICATION, EXPIRED), (PUBLICATION, READY)]
    assert (await deliveries_of(office, case_id))[-1].id == again
    assert await listed(office, "rennes") == [f"{NUMBER}-EtatCivil-2.zip"]
    with pytest.raises(ConflictError, match="published again since"):
        await undo_expiry(office, caller, delivery.id)
    with pytest.raises(ConflictError, match="only an expired one"):
        await undo_expiry(office, caller, again)
    with pytest.raises(NotFoundError, match="Delivery is not found"):
        await undo_expiry(office, caller, new_id())


async def test_the_undone_expiry_of_a_complement_carries_its_event(office: Office, clock: Clock) -> None:
    case_id = (await deposited(office, NUMBER, "rennes")).cases[0].id
    view = await complement(office, case_id)
    await fetched(office, "rennes", await opened_at(office, "rennes", f"{NUMBER}-EtatCivil-1.zip"))
    clock.pass_by(61 * DAY)
    assert await expire_due(office) == 2
    delivery = (await deliveries_of(office, case_id))[1]
    await undo_expiry(office, gateway_caller(office, "undo"), delivery.id)
    last = (await deliveries_of(office, case_id))[-1]
    assert (last.kind, last.state, last.event_id) == (COMPLEMENT, READY, view.event.id)


@pytest.mark.parametrize(("place", "state"), [(Place.DONE, ACCEPTED), (Place.FAILED, REJECTED)])
async def test_a_late_acknowledgement_counts(office: Office, clock: Clock, place: Place, state: object) -> None:
    case_id = (await deposited(office, NUMBER, "rennes")).cases[0].id
    opened = await only_archive(office, "rennes")
    await fetched(office, "rennes", opened)
    clock.pass_by(60 * DAY)
    await expire_due(office)
    found = await opened_at(office, "rennes", opened.name)
    await acknowledge.move(office, sftp_client("rennes"), sftp_account("rennes"), found, place, found.name)
    assert await states(office, case_id) == [(PUBLICATION, state)]


async def test_a_late_status_over_the_api_counts(office: Office, clock: Clock) -> None:
    case_id = await expired(office, clock, "brest")
    await cases.set_status(office, api_client("brest"), case_id, "IN_PROGRESS")
    assert await states(office, case_id) == [(PUBLICATION, ACCEPTED)]


async def test_a_late_acknowledgement_does_not_count_once_published_again(office: Office, clock: Clock) -> None:
    case_id = (await deposited(office, NUMBER, "rennes")).cases[0].id
    opened = await only_archive(office, "rennes")
    await fetched(office, "rennes", opened)
    clock.pass_by(60 * DAY)
    await expire_due(office)
    await cases.set_status(office, depositor(), case_id, "HUBEE_NOTIFIED")
    await acknowledge.remove(office, sftp_client("rennes"), sftp_account("rennes"), opened)
    assert await states(office, case_id) == [(PUBLICATION, EXPIRED), (REOPENING, READY)]
