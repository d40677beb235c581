"""Answers on their way in: nothing of them counts before a clean close."""

from __future__ import annotations

import errno
import io
import os
import random
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any

import asyncssh
import paramiko
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.answers import AnswerState
from gateway.services import authenticate, returns
from tests.pec.answers import retour_xml, zipped
from tests.sftp_server.relay import Relay
from tests.sftp_server.scene import ANSWER_MAX_SIZE, Scene, fetch

PATH = "/EtatCivil/out/retour.zip"
ANSWER = zipped(retour_xml(etat=16), {"pièce.bin": random.Random(1).randbytes(60_000)}, compressed=False)


async def _uploads(scene: Scene) -> list[returns.Upload]:
    account = await authenticate.sftp_account(scene.office, "rennes")
    assert account is not None
    return await returns.listing(scene.office, authenticate.account_caller(account), "EtatCivil", "")


async def _content(scene: Scene, upload: returns.Upload) -> bytes:
    reader = await scene.office.blobs.reader(upload.answer.blob.key)
    try:
        return await reader.read(0, reader.size)
    finally:
        await reader.close()


async def test_a_closed_upload_is_queued(scene: Scene) -> None:
    await scene.play(lambda sftp: sftp.putfo(io.BytesIO(ANSWER), PATH))
    (upload,) = await _uploads(scene)
    assert upload.answer.state is AnswerState.QUEUED
    assert await _content(scene, upload) == ANSWER


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1))
async def test_a_connection_cut_at_any_byte_leaves_nothing_or_the_whole(scene: Scene, share: float) -> None:
    async with Relay(scene.address) as relay:
        path = f"/EtatCivil/out/{random.Random(share).randbytes(8).hex()}.zip"
        before = {upload.name for upload in await _uploads(scene)}
        relay.cut_after = 2500 + int(share * (len(ANSWER) + 5000))
        answered = False
        with suppress(asyncssh.Error, OSError):
            async with scene.connect(address=relay.address) as conn:
                sftp = await conn.start_sftp_client()
                async with sftp.open(path, "wb") as file:
                    await file.write(ANSWER)
                answered = True
        await scene.settled()
    found = [upload for upload in await _uploads(scene) if upload.name not in before]
    assert not answered or found, "what was answered is there"
    for upload in found:
        assert await _content(scene, upload) == ANSWER
    assert list(scene.spool.iterdir()) == []


async def test_a_lost_connection_takes_nothing_and_keeps_what_was_there(scene: Scene) -> None:
    half = ANSWER[:1000]

    def earlier(sftp: paramiko.SFTPClient) -> None:
        with sftp.open(PATH, "w") as file:
            file.write(half)

    await scene.play(earlier)
    async with scene.connect() as conn:
        sftp = await conn.start_sftp_client()
        file = await sftp.open(PATH, "wb")
        await file.write(ANSWER)
        conn.abort()
    await scene.settled()
    (upload,) = await _uploads(scene)
    assert await _content(scene, upload) == half


async def test_too_much_is_refused_with_the_limit_and_the_file_dropped(scene: Scene) -> None:
    async with scene.connect() as conn:
        sftp = await conn.start_sftp_client()
        file = await sftp.open(PATH, "wb")
        await file.write(b"PK\x03\x04")
        with pytest.raises(asyncssh.SFTPFailure, match=str(ANSWER_MAX_SIZE)):
            await file.write(b"x" * 100, ANSWER_MAX_SIZE - 50)
        with pytest.raises(asyncssh.SFTPFailure, match="larger than"):
            await file.close()
        file = await sftp.open(PATH, "wb")
        with pytest.raises(asyncssh.SFTPFailure, match="larger than"):
            await file.truncate(ANSWER_MAX_SIZE + 1)
        with pytest.raises(asyncssh.SFTPFailure):
            await file.close()
    assert await _uploads(scene) == []


async def test_as_much_as_is_allowed_is_taken(scene: Scene) -> None:
    async with scene.connect() as conn, conn.start_sftp_client() as sftp, sftp.open(PATH, "wb") as file:
        await file.write(b"x", ANSWER_MAX_SIZE - 1)
    (upload,) = await _uploads(scene)
    assert upload.size == ANSWER_MAX_SIZE


async def test_writes_may_come_in_any_order_and_holes_are_zeros(scene: Scene) -> None:
    async with scene.connect() as conn, conn.start_sftp_client() as sftp, sftp.open(PATH, "wb+") as file:
        await file.write(b"tail", 1000)
        await file.write(b"head", 0)
        read: object = await file.read(1004, 0)
        assert read == b"head" + bytes(996) + b"tail"
        assert (await file.stat()).size == 1004
        await file.truncate(1002)
    (upload,) = await _uploads(scene)
    assert await _content(scene, upload) == b"head" + bytes(996) + b"ta"


async def test_an_appended_upload_goes_on_where_it_was(scene: Scene) -> None:
    async with scene.connect() as conn, conn.start_sftp_client() as sftp:
        for part in (ANSWER[:100], ANSWER[100:5000], ANSWER[5000:]):
            async with sftp.open(PATH, "ab") as file:
                await file.write(part)
    (upload,) = await _uploads(scene)
    assert await _content(scene, upload) == ANSWER
    assert upload.answer.state is AnswerState.QUEUED


async def test_an_upload_is_resumed_at_an_offset(scene: Scene) -> None:
    async with scene.connect() as conn, conn.start_sftp_client() as sftp:
        async with sftp.open(PATH, "wb") as file:
            await file.write(ANSWER[:5000])
        async with sftp.open(PATH, "rb+") as file:
            await file.write(ANSWER[4000:], 4000)
    (upload,) = await _uploads(scene)
    assert await _content(scene, upload) == ANSWER


@pytest.mark.parametrize("offset", [1000, 2**63 - 1, 2**63, 2**64 - 1])
async def test_reading_past_the_end_of_an_open_upload_is_its_end(scene: Scene, offset: int) -> None:
    async with scene.connect() as conn:
        sftp = await conn.start_sftp_client()
        async with sftp.open(PATH, asyncssh.FXF_READ | asyncssh.FXF_WRITE | asyncssh.FXF_CREAT, encoding=None) as file:
            await file.write(ANSWER[:1000])
            past: bytes | str = await file.read(10, offset)
            assert past == b""
            last: bytes | str = await file.read(10, 995)
            assert last == ANSWER[995:1000]
    assert scene.figures.counts["errors_total door=SFTP"] == 0


async def test_opening_for_writing_and_writing_nothing_changes_nothing(scene: Scene) -> None:
    async with scene.connect() as conn, conn.start_sftp_client() as sftp:
        async with sftp.open(PATH, "wb") as file:
            await file.write(ANSWER[:5000])
        (before,) = await _uploads(scene)
        async with sftp.open(PATH, "rb+"):
            pass
    assert await _uploads(scene) == [before]


async def test_a_full_disk_is_told_and_the_close_fails_too(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", "/secret/path")

    async with scene.connect() as conn, conn.start_sftp_client() as sftp:
        file = await sftp.open(PATH, "wb")
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", full)
            with pytest.raises(asyncssh.SFTPFailure, match="the storage is full; try again later"):
                await file.write(ANSWER)
        await file.write(ANSWER)
        with pytest.raises(asyncssh.SFTPFailure, match="the storage is full"):
            await file.close()
    assert await _uploads(scene) == []


async def test_a_spool_that_is_gone_is_told_without_its_path(
    scene: Scene, lines: list[MutableMapping[str, Any]]
) -> None:
    scene.spool.rmdir()
    async with scene.connect() as conn, conn.start_sftp_client() as sftp:
        with pytest.raises(asyncssh.SFTPFailure, match="the storage failed") as caught:
            await sftp.open(PATH, "wb")
    assert str(scene.spool) not in str(caught.value)
    scene.spool.mkdir()


async def test_uploads_have_no_name_in_the_spool(scene: Scene) -> None:
    async with scene.connect() as conn, conn.start_sftp_client() as sftp, sftp.open(PATH, "wb") as file:
        await file.write(ANSWER)
        assert list(scene.spool.iterdir()) == []


async def test_the_close_is_answered_after_the_answer_is_kept(scene: Scene) -> None:
    await scene.play(lambda sftp: sftp.putfo(io.BytesIO(ANSWER), PATH, confirm=False))
    assert await scene.play(fetch(PATH)) == ANSWER
