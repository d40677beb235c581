"""Nobody fills the disk with what is never finished."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest

from gateway.bridge.answers import carry_answers
from gateway.services import authenticate, housekeeping, returns
from gateway.sftp_server.quota import Quota
from tests.sftp_server.conftest import Start
from tests.sftp_server.openssh import identity, listing, openssh
from tests.sftp_server.scene import Scene

OUT = "/EtatCivil/out"


async def put(scene: Scene, name: str, data: bytes, username: str = "rennes", directory: str = OUT) -> None:
    async with scene.connect(username) as conn:
        sftp = await conn.start_sftp_client()
        async with sftp.open(f"{directory}/{name}", "wb") as file:
            await file.write(data)


async def refused(act: Awaitable[None], said: str) -> None:
    with pytest.raises(asyncssh.SFTPFailure, match=said) as failure:
        await act
    assert failure.value.reason.startswith("Ce compte a déjà")


def counted(scene: Scene, reason: str) -> int:
    return scene.figures.counts[f"uploads_refused_total reason={reason}"]


async def test_bytes_of_what_waits_and_of_what_comes_count_together(start: Start) -> None:
    scene = await start(quota=Quota(size=100_000))
    await put(scene, "one.part", bytes(60_000))
    await refused(put(scene, "two.part", bytes(60_000)), "100000 bytes waiting already")
    await put(scene, "two.part", bytes(40_000))
    await refused(put(scene, "three.part", b"x"), "bytes")
    await put(scene, "one.part", bytes(100_000), "brest")
    assert counted(scene, "size") >= 2
    await scene.play(lambda sftp: sftp.remove(f"{OUT}/one.part"))
    await put(scene, "three.part", bytes(60_000))
    async with scene.connect() as conn:
        sftp = await conn.start_sftp_client()
        await sftp.remove(f"{OUT}/three.part")
        first, second = [await sftp.open(f"{OUT}/{name}.part", "wb") for name in "ab"]
        await first.write(bytes(30_000))
        await second.write(b"x", 29_999)
        with pytest.raises(asyncssh.SFTPFailure, match="bytes"):
            await second.setstat(asyncssh.SFTPAttrs(size=30_001))
        with pytest.raises(asyncssh.SFTPFailure):
            await second.close()
        await first.write(bytes(30_000))
        await first.close()
    assert sorted(await scene.play(lambda sftp: sftp.listdir(OUT))) == ["DONE", "FAILED", "a.part", "two.part"]


async def test_files_count_whatever_their_names_and_processes(start: Start) -> None:
    scene = await start(quota=Quota(files=3))
    for directory, name in ((OUT, "a.part"), (OUT, "b.zip"), ("/CERTDC/out", "c.part")):
        await put(scene, name, b"x", directory=directory)
    await refused(put(scene, "d.part", b"x"), "3 files waiting already")
    assert counted(scene, "files") == 1
    await put(scene, "d.part", b"x", "brest")


async def test_what_was_never_finished_counts_for_a_day_after_it_was_given_up(start: Start) -> None:
    scene = await start(quota=Quota(files=2))
    for name in ("a.part", "b.part"):
        await put(scene, name, b"x")
    scene.clock.pass_by(scene.office.policy.partial_after)
    assert await housekeeping.settle_answers(scene.office) == 2
    async with scene.connect() as conn:
        sftp = await conn.start_sftp_client()
        for name in ("a.part", "b.part"):
            await sftp.remove(f"{OUT}/FAILED/{name}")
    await refused(put(scene, "c.part", b"x"), "files")
    scene.clock.pass_by(timedelta(days=1))
    await put(scene, "c.part", b"x")


async def test_uploads_under_way_have_their_number(start: Start) -> None:
    scene = await start(quota=Quota(uploads=2))
    async with scene.connect() as conn, scene.connect() as other:
        sftp, more = await conn.start_sftp_client(), await other.start_sftp_client()
        files = [await client.open(f"{OUT}/{name}", "wb") for client, name in ((sftp, "a"), (more, "b"))]
        for client in (sftp, more):
            with pytest.raises(asyncssh.SFTPFailure, match="2 uploads under way"):
                await client.open(f"{OUT}/c", "wb")
        await files[0].close()
        await sftp.open(f"{OUT}/c", "wb")
    await scene.settled()
    assert not scene.server._quotas._held, "what broke off is given back"
    assert counted(scene, "uploads") == 2


async def test_a_refused_opening_holds_nothing(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = await start(quota=Quota(uploads=1))

    async def away(*_: object) -> None:
        raise asyncio.CancelledError

    account = await authenticate.sftp_account(scene.office, "rennes")
    assert account is not None
    caller = authenticate.account_caller(account)
    monkeypatch.setattr(returns, "held", away)
    with pytest.raises(asyncio.CancelledError):
        await scene.server._quotas.begin(caller)
    monkeypatch.undo()
    share = await scene.server._quotas.begin(caller)
    share.end()
    assert not scene.server._quotas._held


async def test_the_openssh_client_is_told_and_what_is_taken_in_makes_room(start: Start, tmp_path: Path) -> None:
    scene = await start(quota=Quota(files=1))
    key = identity(tmp_path, scene.key)
    (tmp_path / "answer.zip").write_bytes(b"no zip at all")

    async def upload(name: str) -> tuple[int, str]:
        done = await openssh(scene, "sftp", key, before=listing(tmp_path, f"put {tmp_path}/answer.zip {OUT}/{name}"))
        return done.returncode, done.stderr

    assert (await upload("one.zip"))[0] == 0
    code, said = await upload("two.zip")
    assert code != 0
    assert "ailure" in said
    assert await carry_answers(scene.office) == 1
    assert (await upload("two.zip"))[0] != 0, "refused ones count for a day"
    scene.clock.pass_by(timedelta(days=1, seconds=1))
    assert (await upload("two.zip"))[0] == 0
