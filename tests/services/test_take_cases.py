"""Answers and the case they mean: found by number, moved once for each, delivery and event with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.bridge.answers import carry_answer, carry_answers
from gateway.domain.identity import Mode
from gateway.domain.statuses import Status
from gateway.pec.returns import Answer as Reading
from gateway.services import take
from tests.pec.answers import answer_zip, retour_xml
from tests.services.people import BREST, DAY, DEPOSITOR, PDF, RENNES, VANNES
from tests.services.town import Town

FIRST = "A-1-EtatCivil-1.zip"


async def reasons(town: Town) -> list[str]:
    return [line.detail["reason"] for line in await town.lines("answer.refused")]


@pytest.mark.parametrize(
    ("code", "statuses", "state"),
    [
        (14, ["SI_RECEIVED"], "ACCEPTED"),
        (15, ["SI_INTG_ERROR"], "REJECTED"),
        (16, ["SI_RECEIVED", "IN_PROGRESS"], "ACCEPTED"),
        (17, ["SI_RECEIVED", "IN_PROGRESS"], "ACCEPTED"),
        (19, ["SI_RECEIVED", "DONE"], "ACCEPTED"),
        (20, ["SI_RECEIVED", "REFUSED"], "ACCEPTED"),
        (100, ["SI_RECEIVED", "DONE"], "ACCEPTED"),
    ],
)
async def test_an_answer_to_what_was_not_fetched_counts_and_is_flagged(
    town: Town, code: int, statuses: list[str], state: str
) -> None:
    view = await town.deposit()
    await town.answer("A-1", code)
    (delivery,) = await town.deliveries(view)
    assert (delivery.state, delivery.unread) == (state, state == "ACCEPTED")
    assert [one.new_status for one in await town.events(view)] == statuses
    assert await town.told() == statuses
    gesture = "refusal" if code == 15 else "answer"
    assert town.meter.seen["acknowledgements_total", "SFTP", gesture] == 1


async def test_the_mandatory_status_is_that_of_the_process(town: Town) -> None:
    view = await town.deposit(process="CERTDC")
    await town.fetch("A-1-CERTDC-1.zip")
    await town.answer("A-1", 100, process="CERTDC")
    assert [one.new_status for one in await town.events(view)] == ["SENT", "IN_PROGRESS", "DONE"]


async def test_two_publications_of_one_case_are_not_ambiguous(town: Town) -> None:
    view = await town.deposit()
    await town.say(DEPOSITOR, view, message="autre chose")
    await town.fetch("A-1-EtatCivil-2.zip")
    await town.answer("A-1", 14)
    assert await town.states(view) == ["READY", "ACCEPTED"]  # the fetched one
    await town.answer("A-1", 16, name="more.zip")
    assert await town.states(view) == ["ACCEPTED", "ACCEPTED"]  # none fetched: the oldest open one


async def test_a_number_of_several_cases_is_one_case_in_an_account_that_sees_one(town: Town) -> None:
    view = await town.deposit("A-1", to=(RENNES, VANNES))
    assert (await town.answer("A-1", 19, username="shared")).state == "REFUSED"
    assert await reasons(town) == ["ambiguous-number"]
    assert (await town.answer("A-1/2", 19, name="own.zip", username="shared")).state == "TAKEN"
    assert [await town.case_status(view, position) for position in (0, 1)] == ["HUBEE_NOTIFIED", "DONE"]
    assert (await town.events(view, 1))[-1].transmitter == VANNES
    assert (await town.answer("A-1", 19, name="mine.zip")).state == "TAKEN"


async def test_a_number_is_found_as_file_names_hold_it_or_in_the_other_field(town: Town) -> None:
    view = await town.deposit("D/É 7")
    number = (await town.listing())[0].removesuffix("-EtatCivil-1.zip")
    assert number != "D/É 7"
    assert (await town.answer("D/É 7", 14)).state == "TAKEN"
    assert (await town.answer(number, 16, name="two.zip")).state == "TAKEN"
    await town.put(retour_xml("unknown", 19, other_number="D/É 7"), "three.xml")
    await carry_answers(town.office)
    assert await town.case_status(view) is Status.DONE


async def test_a_number_with_blanks_is_found_as_the_message_is_called_too(town: Town) -> None:
    """Clients take the first token of MessageId for the number."""
    view, other = await town.deposit("A 9_É n 7"), await town.deposit("A_9")
    assert (await town.answer("A_9_É_n_7", 16)).state == "TAKEN"
    assert (await town.answer("A_9", 14, name="two.zip")).state == "TAKEN"
    assert await town.case_status(view) is Status.IN_PROGRESS
    assert await town.case_status(other) is Status.SI_RECEIVED
    await town.deposit("A 9 É n 7")
    assert (await town.answer("A_9_É_n_7", 19, name="three.zip")).state == "REFUSED"
    assert await reasons(town) == ["ambiguous-number"]


async def test_cases_of_others_and_of_folders_in_work_do_not_exist(town: Town) -> None:
    view = await town.deposit("A-1", to=(VANNES,))
    other = await town.deposit("A-2", to=(BREST,))
    waiting = await town.hand_in("A-3")
    for number in ("A-1", "A-2", "A-3"):
        assert (await town.answer(number, 19, name=f"{number}.zip")).state == "REFUSED"
    assert await reasons(town) == ["unknown-number"] * 3
    for one in (view, other, waiting):
        assert await town.events(one) == []


async def test_the_same_bytes_count_once_whichever_account_sends_them(town: Town) -> None:
    view = await town.deposit()
    await town.answer("A-1", 16)
    again = await town.answer("A-1", 16, username="rennes-2")
    assert (again.state, again.error, again.case_id) == ("DUPLICATE", None, view.cases[0].id)
    assert len(await town.events(view)) == 2
    assert len(await town.lines("answer.duplicate")) == 1


async def test_the_same_bytes_count_once_under_whichever_name(town: Town) -> None:
    view = await town.deposit()
    assert (await town.answer("A-1", 16, name="one.zip")).state == "TAKEN"
    assert (await town.answer("A-1", 16, name="two.zip")).state == "DUPLICATE"
    assert (await town.answer("A-1", 16, "Encore", name="one.zip")).state == "TAKEN"
    assert [one.message for one in await town.events(view)] == [None, None, "Encore"]


async def test_an_answer_to_a_case_that_its_depositor_closed_is_refused(town: Town) -> None:
    view = await town.deposit()
    await town.answer("A-1", 19)
    await town.say(DEPOSITOR, view, new_status="CLOSED")
    events = len(await town.events(view))
    assert (await town.answer("A-1", 16, name="late.zip")).state == "REFUSED"
    assert await reasons(town) == ["forbidden-change"]
    assert (await town.case_status(view), len(await town.events(view))) == (Status.CLOSED, events)


async def test_a_refused_answer_may_come_again_unchanged(town: Town) -> None:
    assert (await town.answer("A-1", 16)).state == "REFUSED"
    await town.deposit()
    assert (await town.answer("A-1", 16)).state == "TAKEN"


async def test_the_present_status_said_again_is_an_event_without_a_step(town: Town) -> None:
    view = await town.deposit()
    await town.answer("A-1", 19)
    await town.answer("A-1", 100, "encore", name="again.zip")
    last = (await town.events(view))[-1]
    assert (last.current_status, last.new_status, last.message) == ("DONE", "DONE", "encore")
    assert len(await town.lines("case.status")) == 2


async def test_after_a_switch_only_an_account_that_opened_the_archive_answers(town: Town) -> None:
    view = await town.deposit()
    await town.close(await town.find(FIRST), (0, 1))
    await town.switch(RENNES, Mode.API)
    assert (await town.answer("A-1", 16, username="rennes-2")).state == "REFUSED"
    assert (await reasons(town), await town.events(view)) == (["unknown-number"], [])
    assert (await town.answer("A-1", 16)).state == "TAKEN"
    assert (await town.states(view), await town.case_status(view)) == (["ACCEPTED"], Status.IN_PROGRESS)


async def test_a_pinned_delivery_is_answered_through_its_door(town: Town) -> None:
    view = await town.deposit()
    (delivery,) = await town.deliveries(view)
    await town.switch(RENNES, Mode.API)
    await town.pin(delivery, Mode.SFTP, town.clock() + DAY)
    assert (await town.answer("A-1", 16)).state == "TAKEN"
    assert await town.states(view) == ["ACCEPTED"]


@pytest.mark.parametrize(("code", "status"), [(16, "RECEIVED"), (15, "SENT")])
async def test_an_acceptance_receives_the_event_of_the_delivery_and_a_refusal_does_not(
    town: Town, code: int, status: str
) -> None:
    view = await town.deposit()
    await town.move(await town.fetch(FIRST))
    event = await town.attach(DEPOSITOR, view, notification=True)
    await town.answer("A-1", code)
    assert {one.id: one.status for one in await town.events(view)}[event.id] == status
    assert (event.id in {one.event_id for one in await town.inbox(DEPOSITOR)}) is (status == "RECEIVED")


async def test_an_answer_is_taken_in_once_whoever_carries_it(town: Town) -> None:
    view = await town.deposit()
    answer = await town.put(answer_zip("A-1", 16, None, {"acte.pdf": PDF, "dir/acte.pdf": PDF[::-1]}))
    await asyncio.gather(*(carry_answer(town.office, answer.id) for _ in range(3)))
    assert not await carry_answer(town.office, answer.id)
    assert [one.new_status for one in await town.events(view)] == ["SI_RECEIVED", "IN_PROGRESS"]
    await kept(town, view.cases[0].id, {"acte.pdf": PDF, "acte (2).pdf": PDF[::-1]})
    assert len(await town.keys()) == 5  # the folder's two, the answer and its files: no copy is left over


async def test_the_files_of_an_answer_outlive_a_stop_just_after_its_commit(town: Town) -> None:
    view = await town.deposit()
    answer = await town.put(answer_zip("A-1", 16, None, {"acte.pdf": PDF}))

    class Stopped:
        """A store whose caller is cancelled just after the commit."""

        read, glance, peek = town.store.read, town.store.glance, town.store.peek

        async def write(self, verb: Callable[..., Any]) -> Any:
            await town.store.write(verb)
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await carry_answer(replace(town.office, store=Stopped()), answer.id)
    await kept(town, view.cases[0].id, {"acte.pdf": PDF})


async def kept(town: Town, case: str, files: dict[str, bytes]) -> None:
    """The last event of the case has these files."""
    events = await town.store.read(lambda tx: tx.events.of_case(case))
    found = await town.store.read(lambda tx: tx.attachments.of_event(events[-1].id))
    assert {one.file_name: await town.download(DEPOSITOR, case, one.id, one.event_id) for one in found} == files


async def test_an_answer_that_is_gone_is_left_alone(town: Town) -> None:
    taken = await take.take(town.office, "no such id", Reading("A-1", None, 16, None, ()))
    assert (taken.state, taken.kept) == ("TAKEN", frozenset())
