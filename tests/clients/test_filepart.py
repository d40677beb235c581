"""Uploads as WinSCP makes them: under `.filepart`, carried on where they broke off, renamed at the end."""

from __future__ import annotations

import pytest

from gateway.bridge.answers import carry_answers
from tests.clients.stage import ANSWER, INBOX, OUT, Stage
from tests.journeys.legacy import Legacy

NAME = "réponse à A 9.zip"


async def test_it_is_an_answer_once_it_has_its_name(stage: Stage) -> None:
    def put(server: Legacy) -> None:
        server.put(f"{NAME}.filepart", ANSWER)
        server.sftp.utime(f"{OUT}/{NAME}.filepart", (1, 1))

    await stage.legacy(put)
    assert await carry_answers(stage.gateway.office) == 0
    await stage.legacy(lambda server: server.sftp.posix_rename(f"{OUT}/{NAME}.filepart", f"{OUT}/{NAME}"))
    await stage.answered()


async def test_one_that_broke_off_is_carried_on(stage: Stage) -> None:
    half = len(ANSWER) // 2
    await stage.legacy(lambda server: server.put(f"{NAME}.filepart", ANSWER[:half]))

    def carry_on(server: Legacy) -> None:
        have = server.sftp.stat(f"{OUT}/{NAME}.filepart").st_size
        assert have == half
        with server.sftp.open(f"{OUT}/{NAME}.filepart", "r+") as file:
            file.seek(have)
            file.write(ANSWER[have:])
        server.sftp.rename(f"{OUT}/{NAME}.filepart", f"{OUT}/{NAME}")

    await stage.legacy(carry_on)
    await stage.answered()


async def test_half_an_upload_is_no_answer_under_its_final_name_either(stage: Stage) -> None:
    def put(server: Legacy) -> None:
        server.put(f"{NAME}.filepart", ANSWER[: len(ANSWER) // 2])
        server.sftp.rename(f"{OUT}/{NAME}.filepart", f"{OUT}/{NAME}")

    await stage.legacy(put)
    assert await carry_answers(stage.gateway.office) == 0
    assert await stage.statuses() == ["HUBEE_NOTIFIED", "HUBEE_NOTIFIED"]


async def test_an_inbox_takes_no_uploads_under_any_name(stage: Stage) -> None:
    def put(server: Legacy) -> None:
        with pytest.raises(PermissionError):
            server.sftp.open(f"{INBOX}/{NAME}.filepart", "w")

    await stage.legacy(put)
