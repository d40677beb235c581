"""paramiko, which reads far ahead unless it is told not to, and looks at the size of what it has put."""

from __future__ import annotations

import io
import stat

import pytest

from tests.clients.stage import ANSWER, ARCHIVE, INBOX, OUT, Stage
from tests.journeys.legacy import Legacy

PATH = f"{INBOX}/{ARCHIVE}"


@pytest.mark.parametrize("prefetch", [True, False], ids=["prefetching", "one request after another"])
async def test_fetches_renames_and_answers(stage: Stage, prefetch: bool) -> None:
    def work(server: Legacy) -> bytes:
        (found,) = [one for one in server.sftp.listdir_attr(INBOX) if stat.S_ISREG(one.st_mode or 0)]
        assert found.filename == ARCHIVE
        target = io.BytesIO()
        server.sftp.getfo(PATH, target, prefetch=prefetch)
        assert len(target.getvalue()) == found.st_size
        server.rename(ARCHIVE)
        server.put("réponse.zip", ANSWER)
        return target.getvalue()

    assert await stage.same(await stage.legacy(work))
    assert await stage.statuses() == ["SI_RECEIVED", "SI_RECEIVED"]
    await stage.answered()


async def test_deletes_what_it_fetched(stage: Stage) -> None:
    def work(server: Legacy) -> None:
        with pytest.raises(PermissionError):
            server.remove(ARCHIVE)
        server.read(ARCHIVE)
        server.remove(ARCHIVE)

    await stage.legacy(work)
    assert await stage.listed() == []
    assert await stage.statuses() == ["SI_RECEIVED", "SI_RECEIVED"]


async def test_reads_scattered_ranges_at_once(stage: Stage) -> None:
    whole = await stage.content()
    size = len(whole)
    wanted = [(size - 100, 100), (0, 40_000), (size // 2, 70_000), (3, 1)]

    def work(server: Legacy) -> list[bytes]:
        with server.sftp.open(PATH) as file:
            return list(file.readv(wanted))

    assert await stage.legacy(work) == [whole[start : start + length] for start, length in wanted]
    assert await stage.statuses() == ["HUBEE_NOTIFIED", "HUBEE_NOTIFIED"]


async def test_an_upload_cut_off_is_no_answer_until_it_comes_whole(stage: Stage) -> None:
    def cut(server: Legacy) -> None:
        file = server.sftp.open(f"{OUT}/réponse.zip", "w")
        file.write(ANSWER[:-1])
        file.flush()
        channel = server.sftp.get_channel()
        assert channel is not None
        channel.get_transport().close()

    await stage.legacy(cut)
    assert await stage.listed("out") == []
    await stage.legacy(lambda server: server.put("réponse.zip", ANSWER))
    await stage.answered()
