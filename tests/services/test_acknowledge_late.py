"""Whose gesture counts after a switch, and under a pin."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.deliveries import Place
from gateway.domain.errors import NotFoundError
from gateway.domain.identity import Mode
from gateway.domain.statuses import Status
from tests.services.people import DAY, RENNES, RENNES_API
from tests.services.town import Town

FIRST = "A-1-EtatCivil-1.zip"


async def test_after_a_switch_the_late_gesture_of_an_archive_that_was_read_here_counts(town: Town) -> None:
    view = await town.deposit()
    await town.fetch(FIRST)
    await town.switch(RENNES, Mode.API)
    (shown,) = await town.inbox(RENNES_API)
    assert shown.fetched
    await town.move(await town.find(FIRST))
    assert (await town.states(view), await town.case_status(view)) == (["ACCEPTED"], Status.SI_RECEIVED)
    (line,) = await town.lines("delivery.accepted")
    assert line.epoch == 2
    assert await town.inbox(RENNES_API) == []


async def test_after_a_switch_an_open_handle_reads_on_and_its_gesture_counts(town: Town) -> None:
    view = await town.deposit()
    opened = await town.find(FIRST)
    await town.switch(RENNES, Mode.API)
    await town.close(opened, (0, opened.size))
    assert await town.states(view) == ["FETCHED"]
    await town.move(opened)
    assert await town.states(view) == ["ACCEPTED"]


async def test_what_another_door_owned_all_the_time_is_answered_as_if_it_were_not_there(town: Town) -> None:
    view = await town.deposit()
    opened = await town.find(FIRST)
    await town.switch(RENNES, Mode.API)
    foreign = replace(opened, owned=False)
    with pytest.raises(NotFoundError, match="File is not found"):
        await town.move(foreign)
    with pytest.raises(NotFoundError, match="File is not found"):
        await town.remove(foreign)
    assert await town.states(view) == ["READY"]
    assert await town.placed(Place.DONE) == []
    assert [line.detail["gesture"] for line in await town.lines("delivery.refused")] == ["rename", "delete"]


async def test_a_pin_decides_whose_gesture_counts(town: Town) -> None:
    view = await town.deposit()
    (delivery,) = await town.deliveries(view)
    await town.switch(RENNES, Mode.API)
    await town.pin(delivery, Mode.SFTP, town.clock() + DAY)
    assert await town.inbox(RENNES_API) == []
    await town.move(await town.fetch(FIRST))
    assert await town.states(view) == ["ACCEPTED"]


async def test_once_the_other_door_has_accepted_a_late_gesture_is_a_repetition(town: Town) -> None:
    view = await town.deposit()
    opened = await town.fetch(FIRST)
    await town.switch(RENNES, Mode.API)
    await town.dismissed(RENNES_API)
    assert await town.states(view) == ["ACCEPTED"]
    await town.move(opened)
    assert (await town.states(view), await town.case_status(view)) == (["ACCEPTED"], Status.SENT)
    assert len(await town.lines("delivery.accepted")) == 1
    assert len(await town.lines("delivery.repeated")) == 1


async def test_a_switch_back_opens_nothing_again(town: Town) -> None:
    view = await town.deposit()
    await town.switch(RENNES, Mode.API)
    await town.dismissed(RENNES_API)
    await town.switch(RENNES, Mode.SFTP)
    assert (await town.listing(), await town.states(view)) == ([], ["ACCEPTED"])


async def test_a_client_that_is_back_before_its_lost_connection_was_noticed_has_read_it_all(town: Town) -> None:
    view = await town.deposit()
    lost = await town.find("A-1-EtatCivil-1.zip")
    half = lost.size // 2
    town.clock.pass_by(timedelta(seconds=1))
    resumed = await town.find("A-1-EtatCivil-1.zip")
    town.clock.pass_by(timedelta(seconds=1))
    await town.close(resumed, (half, lost.size))
    await town.close(lost, (0, half), clean=False)
    assert await town.states(view) == ["FETCHED"]
    await town.move(lost)
    assert await town.states(view) == ["ACCEPTED"]


async def test_a_lost_connection_is_no_end_though_an_earlier_handle_was_closed(town: Town) -> None:
    view = await town.deposit()
    first = await town.find("A-1-EtatCivil-1.zip")
    half = first.size // 2
    await town.close(first, (0, half))
    town.clock.pass_by(timedelta(seconds=1))
    second = await town.find("A-1-EtatCivil-1.zip")
    await town.close(second, (half, first.size), clean=False)
    assert await town.states(view) == ["READY"]
