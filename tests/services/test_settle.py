"""One counted acknowledgement for each delivery, whatever the door and the mode of the moment."""

from __future__ import annotations

import asyncio

import pytest

from gateway.domain.deliveries import Place
from gateway.domain.errors import DomainError, NotFoundError
from gateway.domain.identity import Mode
from gateway.services import acknowledge, cases, inbox
from gateway.services.office import Office
from tests.journeys.offices import Clock, Tally, api_client, deposited, only_archive, sftp_account, sftp_client
from tests.services.scene import (
    ACCEPTED,
    DAY,
    FETCHED,
    NUMBER,
    PUBLICATION,
    READY,
    REJECTED,
    case_now,
    complement,
    deliveries_of,
    entries,
    events_of,
    fetched,
    lines_of,
    listed,
    opened_at,
    read_over_api,
    states,
    switch,
    told,
)

pytestmark = pytest.mark.usefixtures("declared")


async def test_the_way_of_an_archive(office: Office) -> None:
    view = await deposited(office, NUMBER, "rennes")
    case_id = view.cases[0].id
    opened = await only_archive(office, "rennes")
    await fetched(office, "rennes", opened)
    assert await states(office, case_id) == [(PUBLICATION, FETCHED)]
    await acknowledge.move(office, sftp_client("rennes"), sftp_account("rennes"), opened, Place.DONE, opened.name)
    assert await states(office, case_id) == [(PUBLICATION, ACCEPTED)]
    assert await told(office) == [("SENT", None), ("SI_RECEIVED", None)]
    assert (await entries(office, view.folder.id))[-4:] == [
        "delivery.fetched",
        "case.status",
        "delivery.accepted",
        "case.status",
    ]
    assert isinstance(office.meter, Tally)
    assert office.meter.counts["acknowledgements_total"] == 1


async def test_gestures_at_once_count_once(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    (delivery,) = await deliveries_of(office, case_id)
    await asyncio.gather(*(inbox.dismiss(office, api_client("brest"), delivery.id) for _ in range(4)))
    assert await states(office, case_id) == [(PUBLICATION, ACCEPTED)]
    assert isinstance(office.meter, Tally)
    assert office.meter.counts["acknowledgements_total"] == 1


async def test_repetitions_share_one_line_a_day(office: Office, clock: Clock) -> None:
    view = await deposited(office, NUMBER, "rennes")
    opened = await only_archive(office, "rennes")
    await fetched(office, "rennes", opened)
    for _ in range(3):
        await acknowledge.remove(office, sftp_client("rennes"), sftp_account("rennes"), opened)
    assert (await entries(office, view.folder.id)).count("delivery.repeated") == 1
    clock.pass_by(DAY)
    await acknowledge.remove(office, sftp_client("rennes"), sftp_account("rennes"), opened)
    assert (await entries(office, view.folder.id)).count("delivery.repeated") == 2
    assert (await entries(office, view.folder.id)).count("delivery.accepted") == 1


async def test_after_a_switch_sftp_still_acknowledges_what_it_had_opened(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "rennes")).cases[0].id
    opened = await only_archive(office, "rennes")
    await switch(office, "rennes", Mode.API)
    await fetched(office, "rennes", opened)
    assert await states(office, case_id) == [(PUBLICATION, FETCHED)]
    assert await listed(office, "rennes") == []
    (shown,) = await inbox.notifications(office, api_client("rennes"), 10)
    assert shown.fetched
    again = await opened_at(office, "rennes", opened.name)
    assert not again.owned
    await acknowledge.remove(office, sftp_client("rennes"), sftp_account("rennes"), again)
    assert await states(office, case_id) == [(PUBLICATION, ACCEPTED)]
    assert await inbox.notifications(office, api_client("rennes"), 10) == []
    await inbox.dismiss(office, api_client("rennes"), shown.id)  # gone already: answered as done


async def test_after_a_switch_the_api_still_acknowledges_what_it_had_read(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    await read_over_api(office, "brest", case_id)
    await switch(office, "brest", Mode.SFTP)
    assert await listed(office, "brest") == [f"{NUMBER}-EtatCivil-1.zip"]
    await cases.set_status(office, api_client("brest"), case_id, "DONE")
    assert await states(office, case_id) == [(PUBLICATION, ACCEPTED)]
    assert await listed(office, "brest") == []


async def test_what_does_not_count_is_answered_as_absent(office: Office) -> None:
    view = await deposited(office, NUMBER, "rennes")
    case_id = view.cases[0].id
    (delivery,) = await deliveries_of(office, case_id)
    with pytest.raises(NotFoundError, match="Notification is not found"):
        await inbox.dismiss(office, api_client("rennes"), delivery.id)
    with pytest.raises(NotFoundError, match="Case is not found"):
        await cases.set_status(office, api_client("rennes"), case_id, "DONE")
    await switch(office, "rennes", Mode.API)
    with pytest.raises(NotFoundError, match="File is not found"):
        await opened_at(office, "rennes", delivery.archive_name)
    assert await states(office, case_id) == [(PUBLICATION, READY)]
    assert (await entries(office, view.folder.id)).count("delivery.refused") == 1


async def test_the_first_one_counts_whichever_door_it_comes_through(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "rennes")).cases[0].id
    opened = await only_archive(office, "rennes")
    await fetched(office, "rennes", opened)
    await switch(office, "rennes", Mode.API)
    await cases.set_status(office, api_client("rennes"), case_id, "DONE")
    await acknowledge.move(office, sftp_client("rennes"), sftp_account("rennes"), opened, Place.FAILED, opened.name)
    assert await states(office, case_id) == [(PUBLICATION, ACCEPTED)]
    assert (await case_now(office, case_id)).status == "DONE"


async def test_an_api_status_settles_the_fetched_or_the_oldest(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    await complement(office, case_id)
    await cases.set_status(office, api_client("brest"), case_id, "SENT")
    assert [state for _, state in await states(office, case_id)] == [READY, READY]
    await cases.set_status(office, api_client("brest"), case_id, "IN_PROGRESS")
    assert [state for _, state in await states(office, case_id)] == [ACCEPTED, READY]
    await cases.set_status(office, api_client("brest"), case_id, "SI_INTG_ERROR")
    assert [state for _, state in await states(office, case_id)] == [ACCEPTED, REJECTED]


async def test_acceptance_over_sftp_receives_the_event_and_tells_its_author(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "rennes")).cases[0].id
    view = await complement(office, case_id, notification=True, message="Voici")
    opened = await opened_at(office, "rennes", f"{NUMBER}-EtatCivil-2.zip")
    await fetched(office, "rennes", opened)
    await acknowledge.remove(office, sftp_client("rennes"), sftp_account("rennes"), opened)
    (event,) = [one for one in await events_of(office, case_id) if one.id == view.event.id]
    assert event.status == "RECEIVED"
    assert (None, "Voici") in await told(office)


async def test_a_gesture_writes_no_status_that_the_table_forbids(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    await complement(office, case_id)
    await cases.set_status(office, api_client("brest"), case_id, "DONE")
    await switch(office, "brest", Mode.SFTP)
    opened = await only_archive(office, "brest")
    await fetched(office, "brest", opened)
    await acknowledge.remove(office, sftp_client("brest"), sftp_account("brest"), opened)
    assert [state for _, state in await states(office, case_id)] == [ACCEPTED, ACCEPTED]
    assert (await case_now(office, case_id)).status == "DONE"


async def test_lines_tell_door_and_epoch(office: Office) -> None:
    view = await deposited(office, NUMBER, "brest")
    await switch(office, "brest", Mode.SFTP)
    opened = await only_archive(office, "brest")
    await fetched(office, "brest", opened)
    (line,) = [one for one in await lines_of(office, view.folder.id) if one.entry == "delivery.fetched"]
    assert (line.door, line.epoch, line.actor, line.detail) == ("SFTP", 2, "brest", {"gesture": "read"})


async def test_a_status_and_a_deletion_at_once_make_one_acceptance(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    (delivery,) = await deliveries_of(office, case_id)
    found = await asyncio.gather(
        inbox.dismiss(office, api_client("brest"), delivery.id),
        cases.set_status(office, api_client("brest"), case_id, "IN_PROGRESS"),
        return_exceptions=True,
    )
    assert [one for one in found if isinstance(one, Exception) and not isinstance(one, DomainError)] == []
    assert isinstance(office.meter, Tally)
    assert office.meter.counts["acknowledgements_total"] == 1
