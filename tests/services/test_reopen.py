"""Re-opened cases, and what depositors send after the publication: who gets what, and exactly once."""

from __future__ import annotations

import pytest

from gateway.domain.dossiers import ActionType
from gateway.domain.identity import Mode
from gateway.domain.referential import Complement
from gateway.services import cases, deposit, events, inbox
from gateway.services.office import Office
from tests.journeys.offices import api_client, deposited, depositor
from tests.services.scene import (
    COMPLEMENT,
    FETCHED,
    MESSAGE,
    NUMBER,
    PUBLICATION,
    READY,
    REOPENING,
    WITHDRAWN,
    case_now,
    change_subscription,
    complement,
    deliveries_of,
    events_of,
    fetched,
    file_names,
    listed,
    opened_at,
    post,
    states,
    switch,
)

pytestmark = pytest.mark.usefixtures("declared")

XML_AND_PDF = ["ActeEtatCivil-XML-1", "ActeEtatCivil-PDF-1"]


async def published(office: Office, name: str = "rennes", *, read: bool = True) -> str:
    """A case that its recipient has fetched."""
    case_id = (await deposited(office, NUMBER, name)).cases[0].id
    if read:
        (archive,) = await listed(office, name)
        await fetched(office, name, await opened_at(office, name, archive))
    return case_id


async def reopen(office: Office, case_id: str) -> None:
    await cases.set_status(office, depositor(), case_id, "HUBEE_NOTIFIED")


async def test_the_event_first_then_the_status_then_sent(office: Office) -> None:
    case_id = await published(office)
    view = await complement(office, case_id, sent=False)
    await reopen(office, case_id)
    assert await states(office, case_id) == [(PUBLICATION, FETCHED)]
    assert (await case_now(office, case_id)).reopening
    await events.set_event_status(office, depositor(), case_id, view.event.id, "SENT")
    assert await states(office, case_id) == [(PUBLICATION, FETCHED), (REOPENING, READY)]
    case = await case_now(office, case_id)
    await deposit.update_folder(office, depositor(), case.folder_id, "HUBEE_COMPLETED")
    assert len(await deliveries_of(office, case_id)) == 2
    last = (await deliveries_of(office, case_id))[-1]
    assert (last.event_id, last.publication, case.publication, case.reopening) == (view.event.id, 2, 2, False)
    assert await file_names(office, last) == [*XML_AND_PDF, "ActeEtatCivil-PDF-2"]


async def test_the_status_first_then_the_event(office: Office) -> None:
    case_id = await published(office)
    await reopen(office, case_id)
    assert await states(office, case_id) == [(PUBLICATION, FETCHED), (REOPENING, READY)]
    view = await complement(office, case_id, new_status="HUBEE_NOTIFIED", notification=True)
    assert await states(office, case_id) == [(PUBLICATION, FETCHED), (REOPENING, WITHDRAWN), (REOPENING, READY)]
    last = (await deliveries_of(office, case_id))[-1]
    assert (last.event_id, last.publication) == (view.event.id, 2)
    assert len(await listed(office, "rennes")) == 2  # the one fetched before, and one for the whole re-opening


async def test_an_event_that_carries_the_status_reopens_when_it_is_sent(office: Office) -> None:
    case_id = await published(office)
    view = await complement(office, case_id, sent=False, new_status="HUBEE_NOTIFIED")
    assert (await case_now(office, case_id)).status == "SENT"
    await events.set_event_status(office, depositor(), case_id, view.event.id, "SENT")
    assert (await case_now(office, case_id)).status == "HUBEE_NOTIFIED"
    assert await states(office, case_id) == [(PUBLICATION, FETCHED), (REOPENING, READY)]


async def test_what_nobody_fetched_is_withdrawn(office: Office) -> None:
    case_id = await published(office, read=False)
    await cases.set_status(office, depositor(), case_id, "IN_PROGRESS")
    await reopen(office, case_id)
    assert await states(office, case_id) == [(PUBLICATION, WITHDRAWN), (REOPENING, READY)]
    assert await listed(office, "rennes") == [f"{NUMBER}-EtatCivil-2.zip"]


async def test_a_message_that_reopens_is_one_delivery(office: Office) -> None:
    case_id = await published(office)
    await post(office, depositor(), case_id, new_status="HUBEE_NOTIFIED", message="Regardez encore")
    assert await states(office, case_id) == [(PUBLICATION, FETCHED), (REOPENING, READY)]
    last = (await deliveries_of(office, case_id))[-1]
    assert await file_names(office, last) == [*XML_AND_PDF, "Message-1"]


async def test_a_message_joins_a_reopening_that_nobody_has_fetched(office: Office) -> None:
    case_id = await published(office)
    await reopen(office, case_id)
    await post(office, depositor(), case_id, ActionType.SENDING_MESSAGE, message="Regardez encore")
    assert [state for _, state in await states(office, case_id)] == [FETCHED, WITHDRAWN, READY]
    assert (await deliveries_of(office, case_id))[-1].kind is REOPENING


async def test_after_the_fetch_a_message_is_a_delivery_of_its_own(office: Office) -> None:
    case_id = await published(office)
    await reopen(office, case_id)
    await fetched(office, "rennes", await opened_at(office, "rennes", f"{NUMBER}-EtatCivil-2.zip"))
    await post(office, depositor(), case_id, ActionType.SENDING_MESSAGE, message="Encore")
    assert await states(office, case_id) == [(PUBLICATION, FETCHED), (REOPENING, FETCHED), (MESSAGE, READY)]


async def test_every_event_of_a_reopening_is_in_its_archive(office: Office) -> None:
    case_id = await published(office)
    one = await complement(office, case_id, sent=False, message="un")
    two = await complement(office, case_id, sent=False, message="deux")
    await reopen(office, case_id)
    for view in (one, two):
        await events.set_event_status(office, depositor(), case_id, view.event.id, "SENT")
    ready = [each for each in await deliveries_of(office, case_id) if each.state is READY]
    assert [each.kind for each in ready] == [REOPENING]
    names = await file_names(office, ready[0])
    assert names == [*XML_AND_PDF, "ActeEtatCivil-PDF-2", "ActeEtatCivil-PDF-3", "Message-1", "Message-2"]


async def test_a_message_that_a_reopening_withdrew_is_in_its_archive_and_in_no_later_one(office: Office) -> None:
    case_id = await published(office)
    await post(office, depositor(), case_id, ActionType.SENDING_MESSAGE, message="Bonjour")
    await reopen(office, case_id)
    last = (await deliveries_of(office, case_id))[-1]
    assert await states(office, case_id) == [(PUBLICATION, FETCHED), (MESSAGE, WITHDRAWN), (REOPENING, READY)]
    assert await file_names(office, last) == [*XML_AND_PDF, "Message-1"]
    await fetched(office, "rennes", await opened_at(office, "rennes", last.archive_name))
    await cases.set_status(office, depositor(), case_id, "IN_PROGRESS")
    await reopen(office, case_id)
    assert await file_names(office, (await deliveries_of(office, case_id))[-1]) == XML_AND_PDF


async def test_an_awaited_event_that_is_deleted_keeps_nobody_waiting(office: Office) -> None:
    case_id = await published(office)
    view = await complement(office, case_id, sent=False)
    await reopen(office, case_id)
    await events.delete_event(office, depositor(), case_id, view.event.id)
    assert await states(office, case_id) == [(PUBLICATION, FETCHED), (REOPENING, READY)]
    last = (await deliveries_of(office, case_id))[-1]
    assert await file_names(office, last) == XML_AND_PDF
    assert not (await case_now(office, case_id)).reopening


async def test_complements_stand_beside_what_is_open(office: Office) -> None:
    case_id = await published(office, read=False)
    await complement(office, case_id)
    await post(office, depositor(), case_id, ActionType.SENDING_MESSAGE, message="Bonjour")
    assert await states(office, case_id) == [(PUBLICATION, READY), (COMPLEMENT, READY), (MESSAGE, READY)]
    assert await listed(office, "rennes") == [f"{NUMBER}-EtatCivil-{number}.zip" for number in (1, 2, 3)]
    assert {each.publication for each in await deliveries_of(office, case_id)} == {1}
    last = (await deliveries_of(office, case_id))[-1]
    assert await file_names(office, last) == [*XML_AND_PDF, "ActeEtatCivil-PDF-2", "Message-1"]


async def test_delta_sends_only_what_is_new(office: Office) -> None:
    await change_subscription(office, "rennes", complement=Complement.DELTA)
    case_id = await published(office)
    await complement(office, case_id)
    await post(office, depositor(), case_id, ActionType.SENDING_MESSAGE, message="Bonjour")
    first, second, third = await deliveries_of(office, case_id)
    assert await file_names(office, first) == XML_AND_PDF
    assert await file_names(office, second) == ["ActeEtatCivil-PDF-1"]
    assert await file_names(office, third) == ["Message-1"]


async def test_delta_loses_nothing_that_was_withdrawn(office: Office) -> None:
    await change_subscription(office, "rennes", complement=Complement.DELTA)
    case_id = await published(office, read=False)
    view = await complement(office, case_id, sent=False)
    await cases.set_status(office, depositor(), case_id, "IN_PROGRESS")
    await reopen(office, case_id)
    await events.set_event_status(office, depositor(), case_id, view.event.id, "SENT")
    assert await states(office, case_id) == [(PUBLICATION, WITHDRAWN), (REOPENING, READY)]
    last = (await deliveries_of(office, case_id))[-1]
    assert await file_names(office, last) == [*XML_AND_PDF, "ActeEtatCivil-PDF-2"]


@pytest.mark.parametrize("mode", [Mode.SFTP, Mode.API])
async def test_a_notice_makes_no_archive(office: Office, mode: Mode) -> None:
    case_id = await published(office)
    await switch(office, "rennes", mode)
    view = await post(office, depositor(), case_id, notification=True, new_status="IN_PROGRESS")
    assert await states(office, case_id) == [(PUBLICATION, FETCHED)]
    shown = await inbox.notifications(office, api_client("rennes"), 10)
    expected = [(None, None), (view.event.id, "STATUS_UPDATE")] if mode is Mode.API else []
    assert [(one.event_id, one.action) for one in shown] == expected


async def test_a_notice_within_a_reopening_is_no_second_notification(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    await cases.set_status(office, api_client("brest"), case_id, "DONE")
    await reopen(office, case_id)
    view = await post(office, depositor(), case_id, notification=True, new_status="HUBEE_NOTIFIED")
    carrying = [each for each in await deliveries_of(office, case_id) if each.event_id == view.event.id]
    assert [each.kind for each in carrying] == [REOPENING]
    shown = await inbox.notifications(office, api_client("brest"), 10)
    assert [one.event_id for one in shown if one.id == carrying[0].id] == [view.event.id]
    assert len(shown) == 2  # the first one stays until its client deletes it
    assert [event.action for event in await events_of(office, case_id)] == [ActionType.STATUS_UPDATE] * 3
