"""Answers of legacy servers become statuses, events and notices, or are refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.bridge.answers import carry_answers
from gateway.domain.answers import Answer, AnswerState
from gateway.domain.deliveries import Gesture
from gateway.domain.identity import Mode
from gateway.domain.statuses import FINAL, Status
from gateway.services import cases, returns, take
from gateway.services.office import Office
from tests.journeys.offices import Clock, deposited, depositor, only_archive, sftp_client
from tests.journeys.world import PROCESS
from tests.pec.answers import answer_zip, retour_xml
from tests.services.scene import (
    ACCEPTED,
    MOMENT,
    NUMBER,
    PUBLICATION,
    READY,
    REJECTED,
    case_now,
    change_account,
    change_process,
    events_of,
    fetched,
    hand_in,
    kept_blobs,
    lines_of,
    states,
    switch,
    told,
    uploads,
)

pytestmark = pytest.mark.usefixtures("declared")


async def answered(office: Office, content: bytes, name: str = "retour.xml", who: str = "rennes") -> Answer:
    """The answer as it is after the bridge has taken it in."""
    put = await hand_in(office, content, name, who)
    await carry_answers(office)
    found = await office.store.read(lambda tx: tx.answers.get(put.id))
    assert found is not None
    return found


async def published(office: Office) -> str:
    return (await deposited(office, NUMBER, "rennes")).cases[0].id


@pytest.mark.parametrize(
    ("code", "status", "state"),
    [
        (14, "SI_RECEIVED", ACCEPTED),
        (15, "SI_INTG_ERROR", REJECTED),
        (16, "IN_PROGRESS", ACCEPTED),
        (17, "IN_PROGRESS", ACCEPTED),
        (19, "DONE", ACCEPTED),
        (20, "REFUSED", ACCEPTED),
        (100, "DONE", ACCEPTED),
    ],
)
async def test_every_code_has_its_status(office: Office, code: int, status: str, state: object) -> None:
    case_id = await published(office)
    await fetched(office, "rennes", await only_archive(office, "rennes"))
    assert (await answered(office, retour_xml(NUMBER, code, "Voilà"))).state is AnswerState.TAKEN
    assert (await case_now(office, case_id)).status == status
    assert await states(office, case_id) == [(PUBLICATION, state)]
    assert (await told(office))[-1] == (status, "Voilà")


async def test_where_complements_may_be_asked_for_17_asks(office: Office) -> None:
    await change_process(office, rules={"awaiting": True})
    case_id = await published(office)
    await answered(office, retour_xml(NUMBER, 17, "Une pièce manque"))
    assert (await case_now(office, case_id)).status == "ADD_AWAITING"


async def test_a_mandatory_status_that_was_skipped_is_inserted(office: Office) -> None:
    case_id = await published(office)
    await answered(office, retour_xml(NUMBER, 100))
    found = await events_of(office, case_id)
    assert [(one.new_status, one.inserted) for one in found] == [("SI_RECEIVED", True), ("DONE", False)]
    assert found[-1].current_status == "SI_RECEIVED"


async def test_an_end_that_the_process_does_not_have_is_refused_with_what_is_allowed(office: Office) -> None:
    await change_process(office, rules={"final": FINAL - {Status.REFUSED}})
    case_id = await published(office)
    answer = await answered(office, retour_xml(NUMBER, 20))
    assert answer.state is AnswerState.REFUSED
    assert "IN_PROGRESS" in (answer.error or "")
    assert (await case_now(office, case_id)).status == "HUBEE_NOTIFIED"
    assert await states(office, case_id) == [(PUBLICATION, READY)]
    assert await uploads(office, "FAILED") == ["retour.xml", "retour.xml.error.txt"]


@pytest.mark.parametrize("who", ["rennes", "nantes"])
async def test_only_an_own_number_is_known(office: Office, who: str) -> None:
    case_id = (await deposited(office, NUMBER, "rennes")).cases[0].id
    number = NUMBER if who == "nantes" else "A-9-2"
    answer = await answered(office, retour_xml(number, 100), who=who)
    assert answer.state is AnswerState.REFUSED
    assert number in (answer.error or "")
    assert (await case_now(office, case_id)).status == "HUBEE_NOTIFIED"


async def test_a_number_of_two_cases_is_ambiguous_and_the_cases_own_is_not(office: Office) -> None:
    first = (await deposited(office, NUMBER, "rennes")).cases[0]
    second = (await deposited(office, NUMBER, "rennes")).cases[0]
    answer = await answered(office, retour_xml(NUMBER, 100))
    assert answer.state is AnswerState.REFUSED
    assert "plusieurs dossiers" in (answer.error or "")
    assert {(await case_now(office, one.id)).status for one in (first, second)} == {Status.HUBEE_NOTIFIED}
    alone = (await deposited(office, "B-1", "rennes", "nantes")).cases[0]
    assert (await answered(office, retour_xml("B-1-rennes", 16), "b.xml")).state is AnswerState.TAKEN
    assert (await case_now(office, alone.id)).status == "IN_PROGRESS"


async def test_the_same_bytes_count_once_for_each_publication(office: Office, clock: Clock) -> None:
    case_id = await published(office)
    content = retour_xml(NUMBER, 100)
    assert (await answered(office, content)).state is AnswerState.TAKEN
    assert (await answered(office, content, "again.xml")).state is AnswerState.DUPLICATE
    assert len(await told(office)) == 2
    clock.pass_by(MOMENT)
    await cases.set_status(office, depositor(), case_id, "HUBEE_NOTIFIED")
    assert (await answered(office, content, "third.xml")).state is AnswerState.TAKEN
    assert (await case_now(office, case_id)).status == "DONE"


async def test_another_answer_still_moves_the_case_after_acceptance(office: Office) -> None:
    case_id = await published(office)
    await answered(office, retour_xml(NUMBER, 16))
    await answered(office, retour_xml(NUMBER, 20), "two.xml")
    assert (await case_now(office, case_id)).status == "REFUSED"
    assert await states(office, case_id) == [(PUBLICATION, ACCEPTED)]


async def test_files_that_the_process_takes_reach_the_depositor_and_others_are_named(
    office: Office, tmp_path: Path
) -> None:
    case_id = await published(office)
    before = kept_blobs(tmp_path / "blobs")
    files = {"acte.pdf": b"%PDF-1.4 made up", "macro.docm": b"made up"}
    answer = await answered(office, answer_zip(NUMBER, 19, "Voici", files), "retour.zip")
    assert answer.state is AnswerState.TAKEN
    assert "macro.docm" in (answer.error or "")
    assert "acte.pdf" not in (answer.error or "")
    view = await cases.read_case(office, depositor(), case_id)
    (shown,) = [one for one in view.events if one.attachments]
    assert (shown.event.action, shown.event.message) == ("ATTACH_DEPOSIT", "Voici")
    assert [one.file_name for one in shown.attachments] == ["acte.pdf"]
    assert len(kept_blobs(tmp_path / "blobs") - before) == 2  # the answer itself, and its one file


async def test_a_process_without_messages_withholds_the_comment(office: Office) -> None:
    await change_process(office, message_to_transmitter=False)
    case_id = await published(office)
    answer = await answered(office, retour_xml(NUMBER, 19, "Bonjour"))
    assert "commentaire" in (answer.error or "")
    assert (await events_of(office, case_id))[-1].message is None


async def test_an_account_that_does_not_acknowledge_by_answers_moves_the_case_alone(office: Office) -> None:
    await change_account(office, "rennes", acknowledge_on=frozenset({Gesture.RENAME}))
    case_id = await published(office)
    await answered(office, retour_xml(NUMBER, 100))
    assert (await case_now(office, case_id)).status == "DONE"
    assert await states(office, case_id) == [(PUBLICATION, READY)]


@pytest.mark.parametrize("read", [True, False])
async def test_a_late_answer_through_the_old_door(office: Office, read: bool) -> None:
    case_id = await published(office)
    if read:
        await fetched(office, "rennes", await only_archive(office, "rennes"))
    await switch(office, "rennes", Mode.API)
    answer = await answered(office, retour_xml(NUMBER, 100))
    assert answer.state is (AnswerState.TAKEN if read else AnswerState.REFUSED)
    assert await states(office, case_id) == [(PUBLICATION, ACCEPTED if read else READY)]


async def test_an_unreadable_and_an_unknown_answer_change_nothing(office: Office) -> None:
    view = await deposited(office, NUMBER, "rennes")
    assert (await answered(office, b"<not an answer/>", "a.xml")).state is AnswerState.REFUSED
    answer = await answered(office, retour_xml(NUMBER, 77), "b.xml")
    assert answer.state is AnswerState.REFUSED
    assert "77" in (answer.error or "")
    assert (await case_now(office, view.cases[0].id)).status == "HUBEE_NOTIFIED"
    assert [one.entry for one in await lines_of(office, view.folder.id)][-1] == "delivery.published"


async def test_a_refused_one_of_the_same_name_replaces_the_earlier(office: Office) -> None:
    await published(office)
    await answered(office, retour_xml("B", 100))
    await answered(office, retour_xml("C", 100))
    assert await uploads(office, "FAILED") == ["retour.xml", "retour.xml.error.txt"]
    found = await returns.find(office, sftp_client("rennes"), PROCESS, "FAILED", "retour.xml.error.txt")
    assert "numéro C " in returns.error_bytes(found).decode()


async def test_queued_ones_come_oldest_first_and_are_read_while_queued(office: Office, clock: Clock) -> None:
    await published(office)
    first = await hand_in(office, retour_xml(NUMBER, 16), "one.xml")
    clock.pass_by(MOMENT)
    second = await hand_in(office, retour_xml(NUMBER, 100), "two.xml")
    assert await take.queued(office, 10) == [first.id, second.id]
    assert await take.queued(office, 1) == [first.id]
    assert await take.read(office, first.id) == first
    await carry_answers(office)
    assert await take.queued(office, 10) == []
    assert await take.read(office, first.id) is None
