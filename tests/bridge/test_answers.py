"""Answers on their way to the depositor."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.bridge.answers import BATCH, carry_answer, carry_answers
from gateway.domain.answers import AnswerState
from gateway.domain.dossiers import ActionType
from gateway.domain.errors import UnavailableError
from gateway.services import attachments, cases, deposit, inbox, returns, take
from gateway.services.office import Office
from tests.journeys.offices import Tally, deposited, depositor, sftp_client
from tests.journeys.world import PROCESS
from tests.pec.answers import answer_zip, retour_xml

NUMBER = "A-9-1"


async def hand_in(office: Office, content: bytes, name: str = "retour.zip", who: str = "rennes") -> str:
    answer = await returns.hand_in(office, sftp_client(who), PROCESS, name, io.BytesIO(content), len(content))
    return answer.id


async def shown(office: Office, directory: str = "", who: str = "rennes") -> dict[str, AnswerState]:
    listed = await returns.listing(office, sftp_client(who), PROCESS, directory)
    return {upload.name: upload.answer.state for upload in listed}


async def status(office: Office, folder_id: str) -> list[str]:
    return [case.status for case in (await deposit.read_folder(office, depositor(), folder_id)).cases]


def kept_blobs(root: Path) -> set[str]:
    return {path.name for path in root.rglob("*") if path.is_file()}


async def test_a_queued_answer_reaches_the_depositor_with_its_files(office: Office) -> None:
    view = await deposited(office, NUMBER, "rennes")
    await hand_in(office, answer_zip(NUMBER, 19, "Voici l'acte", {"acte signé.pdf": b"%PDF-1.4 signed"}))
    assert await carry_answers(office) == 1
    assert await shown(office) == {"retour.zip": AnswerState.TAKEN}
    assert await status(office, view.folder.id) == ["DONE"]
    case = await cases.read_case(office, depositor(), view.cases[0].id)
    answered = [event for event in case.events if event.event.action is ActionType.ATTACH_DEPOSIT]
    assert [one.event.message for one in answered] == ["Voici l'acte"]
    (file,) = answered[0].attachments
    download = await attachments.open_event_attachment(office, depositor(), case.case.id, answered[0].event.id, file.id)
    assert await download.reader.read(0, file.size) == b"%PDF-1.4 signed"
    await download.close()
    notices = await inbox.notifications(office, depositor(), 25)
    assert [one.event_id for one in notices][-1] == answered[0].event.id


async def test_nothing_queued_is_nothing_done(office: Office) -> None:
    assert await carry_answers(office) == 0


async def test_a_file_that_the_process_refuses_is_withheld_and_not_kept(office: Office, tmp_path: Path) -> None:
    await deposited(office, NUMBER, "rennes")
    await hand_in(office, answer_zip(NUMBER, 19, None, {"macro.docm": b"anything", "acte.pdf": b"%PDF-1.4"}))
    before = kept_blobs(tmp_path / "blobs")
    assert await carry_answers(office) == 1
    assert len(kept_blobs(tmp_path / "blobs") - before) == 1
    assert set(await shown(office)) == {"retour.zip", "retour.zip.error.txt"}
    error = await returns.find(office, sftp_client("rennes"), PROCESS, "", "retour.zip.error.txt")
    assert "macro.docm" in returns.error_bytes(error).decode()
    assert returns.error_bytes(error).decode().startswith("Réponse prise en compte en partie")
    assert "acte.pdf" not in returns.error_bytes(error).decode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"not an answer at all", "ni un zip complet"),
        (answer_zip("A-9-UNKNOWN", 19), "A-9-UNKNOWN"),
        (answer_zip(NUMBER, 77), "77"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', "DOCTYPE"),
    ],
    ids=["garbage", "unknown number", "unknown code", "doctype"],
)
async def test_what_cannot_be_taken_in_is_refused_in_words_and_changes_nothing(
    office: Office, content: bytes, reason: str, tmp_path: Path
) -> None:
    view = await deposited(office, NUMBER, "rennes")
    await hand_in(office, content)
    before = kept_blobs(tmp_path / "blobs")
    assert await carry_answers(office) == 1
    assert kept_blobs(tmp_path / "blobs") == before
    assert await shown(office) == {}
    assert set(await shown(office, "FAILED")) == {"retour.zip", "retour.zip.error.txt"}
    error = await returns.find(office, sftp_client("rennes"), PROCESS, "FAILED", "retour.zip.error.txt")
    assert reason in returns.error_bytes(error).decode()
    assert await status(office, view.folder.id) == ["HUBEE_NOTIFIED"]
    assert await inbox.notifications(office, depositor(), 25) == []


async def test_a_zip_whose_entry_lies_about_its_bytes_is_refused_and_its_other_files_go(
    office: Office, tmp_path: Path
) -> None:
    await deposited(office, NUMBER, "rennes")
    whole = answer_zip(NUMBER, 19, None, {"first.pdf": b"%PDF first", "second.pdf": b"%PDF second" * 400})
    at = whole.index(b"second.pdf") + len("second.pdf") + 4
    await hand_in(office, whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
    before = kept_blobs(tmp_path / "blobs")
    assert await carry_answers(office) == 1
    assert set(await shown(office, "FAILED")) == {"retour.zip", "retour.zip.error.txt"}
    assert kept_blobs(tmp_path / "blobs") == before


async def test_the_same_bytes_count_once_and_leave_no_second_copy(office: Office, tmp_path: Path) -> None:
    await deposited(office, NUMBER, "rennes")
    content = answer_zip(NUMBER, 19, None, {"acte.pdf": b"%PDF-1.4"})
    await hand_in(office, content)
    await carry_answers(office)
    notices = await inbox.notifications(office, depositor(), 25)
    await hand_in(office, content, "encore.zip")
    before = kept_blobs(tmp_path / "blobs")
    assert await carry_answers(office) == 1
    assert kept_blobs(tmp_path / "blobs") == before
    assert await shown(office) == {"retour.zip": AnswerState.TAKEN, "encore.zip": AnswerState.DUPLICATE}
    assert await inbox.notifications(office, depositor(), 25) == notices


async def test_an_answer_is_taken_in_once_by_whoever_comes_first(office: Office) -> None:
    await deposited(office, NUMBER, "rennes")
    answer_id = await hand_in(office, retour_xml(NUMBER, 16))
    assert await carry_answer(office, answer_id)
    assert not await carry_answer(office, answer_id)


async def test_one_that_fails_is_logged_stays_queued_and_keeps_nobody_waiting(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await deposited(office, NUMBER, "rennes")
    broken = await hand_in(office, answer_zip(NUMBER, 16, "one"), "one.zip")
    await hand_in(office, answer_zip(NUMBER, 16, "two"), "two.zip")
    real = take.take

    async def failing(office: Office, answer_id: str, *rest: object) -> take.Taken:
        if answer_id == broken:
            raise UnavailableError("away", office.policy.grace)
        return await real(office, answer_id, *rest)  # type: ignore[arg-type]  # the arguments are passed on

    monkeypatch.setattr(take, "take", failing)
    with capture_logs() as lines:
        assert await carry_answers(office) == 1
    assert [line["answer"] for line in lines if line["log_level"] == "error"] == [broken]
    assert isinstance(office.meter, Tally)
    assert office.meter.counts["errors_total"] == 1
    assert await shown(office) == {"one.zip": AnswerState.QUEUED, "two.zip": AnswerState.TAKEN}
    monkeypatch.undo()
    assert await carry_answers(office) == 1
    assert await shown(office) == {"one.zip": AnswerState.TAKEN, "two.zip": AnswerState.TAKEN}


async def test_many_are_carried_a_batch_at_a_time(office: Office) -> None:
    await deposited(office, NUMBER, "rennes")
    for number in range(BATCH + 1):
        await hand_in(office, retour_xml(NUMBER, 16, f"message {number}"), f"{number}.xml")
    assert await carry_answers(office) == BATCH
    assert await carry_answers(office) == 1
