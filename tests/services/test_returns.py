"""Uploads in out/: kept, judged, shown, renamed, replaced and removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.bridge.answers import carry_answers
from gateway.domain.answers import AnswerState
from gateway.domain.errors import ConflictError, ForbiddenError, NotFoundError
from gateway.domain.statuses import Status
from gateway.services import returns, take
from gateway.services.office import Office
from tests.journeys.offices import deposited, sftp_client
from tests.journeys.world import PROCESS
from tests.pec.answers import answer_zip, retour_xml
from tests.services.scene import NUMBER, case_now, hand_in, kept_blobs, uploads

pytestmark = pytest.mark.usefixtures("declared")

WHOLE = answer_zip(NUMBER, 16, "Voilà")


async def rename(office: Office, source: str, target: str, who: str = "rennes") -> None:
    await returns.rename(office, sftp_client(who), PROCESS, ("", source), ("", target))


async def test_a_whole_one_is_queued_and_can_be_read_back(office: Office) -> None:
    answer = await hand_in(office, WHOLE, "retour.zip")
    assert answer.state is AnswerState.QUEUED
    found = await returns.find(office, sftp_client("rennes"), PROCESS, "", "retour.zip")
    assert (found.size, found.modified_at, found.error) == (len(WHOLE), office.clock(), False)
    reader = await returns.open_upload(office, sftp_client("rennes"), found)
    assert await reader.read(0, len(WHOLE)) == WHOLE
    await reader.close()


@pytest.mark.parametrize(
    "name",
    ["retour.zip.part", "retour.zip.TMP", "retour.filepart", "retour.zip.1a2b3c.partial", "a.temp", ".in.retour.zip."],
)
async def test_a_temporary_name_waits_until_it_is_renamed(office: Office, name: str) -> None:
    assert (await hand_in(office, WHOLE, name)).state is AnswerState.PARTIAL
    await rename(office, name, "other.tmp")
    assert await take.queued(office, 10) == []
    await rename(office, "other.tmp", "retour.zip")
    assert len(await take.queued(office, 10)) == 1
    assert await uploads(office) == ["retour.zip"]


async def test_half_an_upload_is_no_answer_until_the_rest_comes(office: Office, tmp_path: Path) -> None:
    half = await hand_in(office, WHOLE[:40], "retour.zip")
    assert half.state is AnswerState.PARTIAL
    await rename(office, "retour.zip", "half.zip")
    assert await take.queued(office, 10) == []
    await rename(office, "half.zip", "retour.zip")
    assert (await hand_in(office, WHOLE, "retour.zip")).state is AnswerState.QUEUED
    assert await uploads(office) == ["retour.zip"]
    assert len(kept_blobs(tmp_path / "blobs")) == 1


async def test_an_upload_that_was_replaced_while_queued_still_counts(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "rennes")).cases[0].id
    await hand_in(office, retour_xml(NUMBER, 16))
    await hand_in(office, retour_xml(NUMBER, 100))
    assert await uploads(office) == ["retour.xml"]
    assert await carry_answers(office) == 2
    assert (await case_now(office, case_id)).status == "DONE"
    assert await uploads(office) == ["retour.xml"]


async def test_what_is_in_its_place_is_not_renamed_and_no_name_is_taken_twice(office: Office) -> None:
    await deposited(office, NUMBER, "rennes")
    await hand_in(office, WHOLE, "a.part")
    await hand_in(office, WHOLE, "b.part")
    with pytest.raises(ConflictError, match="exists there"):
        await rename(office, "a.part", "b.part")
    await hand_in(office, b"no answer", "no.zip")
    await carry_answers(office)
    with pytest.raises(ForbiddenError):
        await returns.rename(office, sftp_client("rennes"), PROCESS, ("FAILED", "no.zip"), ("", "c.zip"))
    with pytest.raises(ForbiddenError):
        await returns.rename(office, sftp_client("rennes"), PROCESS, ("", "b.part"), ("DONE", "b.zip"))
    with pytest.raises(NotFoundError, match="File is not found"):
        await rename(office, "lost.zip", "c.zip")


async def test_where_a_client_says_so_an_earlier_upload_gives_way_and_counts_if_it_was_whole(
    office: Office, tmp_path: Path
) -> None:
    await deposited(office, NUMBER, "rennes")
    before = kept_blobs(tmp_path / "blobs")
    await hand_in(office, answer_zip(NUMBER, 14), "a.zip")
    await hand_in(office, WHOLE[:40], "b.zip")
    for target in ("a.zip", "b.zip"):
        await hand_in(office, answer_zip(NUMBER, 16, target), "new.part")
        names = ("", "new.part"), ("", target)
        await returns.rename(office, sftp_client("rennes"), PROCESS, *names, replace=True)
    assert await uploads(office) == ["a.zip", "b.zip"]
    assert len(kept_blobs(tmp_path / "blobs") - before) == 3, "the half one is gone"
    assert await carry_answers(office) == 3


async def test_one_that_was_taken_in_before_its_client_gave_it_its_name_has_it_all_the_same(office: Office) -> None:
    view = await deposited(office, NUMBER, "rennes")
    await hand_in(office, answer_zip(NUMBER, 16, "Voilà", {"macro.docm": b"anything"}), "~retour")
    assert await carry_answers(office) == 1
    await rename(office, "~retour", "retour.zip")
    assert await uploads(office) == ["retour.zip", "retour.zip.error.txt"]
    assert await carry_answers(office) == 0
    assert (await case_now(office, view.cases[0].id)).status is Status.IN_PROGRESS


async def test_a_name_that_is_its_own_is_not_taken(office: Office) -> None:
    await hand_in(office, WHOLE, "a.part")
    await rename(office, "a.part", "a.part")
    assert await uploads(office) == ["a.part"]


async def test_removing(office: Office, tmp_path: Path) -> None:
    await deposited(office, NUMBER, "rennes")
    before = kept_blobs(tmp_path / "blobs")
    await hand_in(office, WHOLE, "a.part")
    await returns.remove(office, sftp_client("rennes"), PROCESS, "", "a.part")
    assert kept_blobs(tmp_path / "blobs") == before
    await hand_in(office, WHOLE, "a.zip")
    with pytest.raises(ConflictError, match="being taken in"):
        await returns.remove(office, sftp_client("rennes"), PROCESS, "", "a.zip")
    await carry_answers(office)
    await returns.remove(office, sftp_client("rennes"), PROCESS, "", "a.zip")
    assert await uploads(office) == []
    assert len(kept_blobs(tmp_path / "blobs") - before) == 1  # evidence stays


async def test_uploads_are_each_accounts_own(office: Office) -> None:
    await hand_in(office, WHOLE, "retour.zip")
    upload = await returns.find(office, sftp_client("rennes"), PROCESS, "", "retour.zip")
    nantes = sftp_client("nantes")
    assert await uploads(office, who="nantes") == []
    for verb in (returns.find, returns.remove):
        with pytest.raises(NotFoundError):
            await verb(office, nantes, PROCESS, "", "retour.zip")
    with pytest.raises(NotFoundError):
        await rename(office, "retour.zip", "mine.zip", who="nantes")
    with pytest.raises(NotFoundError):
        await returns.open_upload(office, nantes, upload)
