"""Files of answers are looked at before they reach a depositor."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.bridge.answers import carry_answers
from gateway.bridge.clamd import Clamd
from gateway.domain.answers import AnswerState
from gateway.domain.dossiers import ActionType
from gateway.services import cases, returns
from gateway.services.office import Office
from tests.bridge.test_answers import NUMBER, hand_in, kept_blobs, shown, status
from tests.engines.clamd import INFECTED, REAL, SIGNATURE, clamd, stand_in
from tests.journeys.offices import deposited, depositor, sftp_client
from tests.journeys.world import PROCESS
from tests.pec.answers import answer_zip

MINUTE = timedelta(minutes=1)


def guarded(office: Office, address: str) -> Office:
    return replace(office, scanner=Clamd(address, timeout=MINUTE, max_stream=1 << 20))


async def names(office: Office, case_id: str) -> list[str]:
    events = (await cases.read_case(office, depositor(), case_id)).events
    return [
        file.file_name
        for event in events
        if event.event.action is ActionType.ATTACH_DEPOSIT
        for file in event.attachments
    ]


@pytest.mark.parametrize("engine", [REAL])
async def test_what_is_unsafe_is_withheld_and_the_rest_of_the_answer_counts(
    office: Office, tmp_path: Path, engine: str
) -> None:
    view = await deposited(office, NUMBER, "rennes")
    files = {"infecté.pdf": b"%PDF-1.4 " + INFECTED, "programme.pdf": b"MZ\0\0", "acte.pdf": b"%PDF-1.4"}
    await hand_in(office, answer_zip(NUMBER, 19, None, files))
    before = kept_blobs(tmp_path / "blobs")
    async with clamd() as address:
        assert await carry_answers(guarded(office, address)) == 1
    assert len(kept_blobs(tmp_path / "blobs") - before) == 1
    assert await status(office, view.folder.id) == ["DONE"]
    assert await names(office, view.cases[0].id) == ["acte.pdf"]
    error = await returns.find(office, sftp_client("rennes"), PROCESS, "", "retour.zip.error.txt")
    said = returns.error_bytes(error).decode()
    assert "dangereux (virus, programme, zip démesuré) : infecté.pdf, programme.pdf." in said
    lines = await office.store.read(lambda tx: tx.journal.of_folder(view.folder.id))
    (infected,) = [line for line in lines if line.entry == "attachment.corrupted"]
    (program,) = [line for line in lines if line.entry == "attachment.rejected"]
    assert infected.detail["signature"] == SIGNATURE
    assert program.detail["found"] == "application/x-executable"
    assert infected.commitment is not None
    assert "infecté" not in str(infected.detail)


async def test_answers_wait_while_the_antivirus_is_away(office: Office, tmp_path: Path) -> None:
    view = await deposited(office, NUMBER, "rennes")
    await hand_in(office, answer_zip(NUMBER, 19, None, {"acte.pdf": b"%PDF-1.4"}))
    before = kept_blobs(tmp_path / "blobs")
    async with stand_in(tmp_path / "s") as served:
        served.hangs_up = True
        assert await carry_answers(guarded(office, served.address)) == 0
        assert await shown(office) == {"retour.zip": AnswerState.QUEUED}
        assert kept_blobs(tmp_path / "blobs") == before
        served.hangs_up = False
        assert await carry_answers(guarded(office, served.address)) == 1
    assert await status(office, view.folder.id) == ["DONE"]


async def test_an_antivirus_that_goes_away_half_way_leaves_nothing(office: Office, tmp_path: Path) -> None:
    await deposited(office, NUMBER, "rennes")
    await hand_in(office, answer_zip(NUMBER, 19, None, {"acte.pdf": b"%PDF-1.4"}))
    before = kept_blobs(tmp_path / "blobs")
    async with stand_in(tmp_path / "s") as served:
        served.goes_after = 1
        assert await carry_answers(guarded(office, served.address)) == 0
    assert await shown(office) == {"retour.zip": AnswerState.QUEUED}
    assert kept_blobs(tmp_path / "blobs") == before
