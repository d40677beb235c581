"""lftp, which speaks SFTP by itself over a connection of OpenSSH's client."""

from __future__ import annotations

import asyncio

from tests.clients.programs import program
from tests.clients.stage import ANSWER, ARCHIVE, INBOX, OUT, Stage, deposit_large


async def play(stage: Stage, *commands: str, expected: int = 0) -> str:
    """Runs lftp's commands one after another; the first that fails ends it."""
    program("sftp")  # comes with the ssh that lftp calls
    options = " ".join(f"-o {option}" for option in stage.ssh_options)
    settings = [
        f"set sftp:connect-program 'ssh -a -x -F /dev/null {options}'",
        "set net:max-retries 1",
        "set cmd:fail-exit yes",
        f"open -u rennes, -p {stage.port} sftp://127.0.0.1",
    ]
    said = await stage.run("lftp", "-c", "; ".join([*settings, *commands]), expected=(expected,))
    await stage.nobody_left()
    return said


async def test_mirror_fetches_and_leaves_nothing_behind(stage: Stage) -> None:
    await play(stage, f"mirror --Remove-source-files --no-recursion {INBOX} dossiers")
    assert await stage.same(stage.home / "dossiers" / ARCHIVE)
    assert [path.name for path in (stage.home / "dossiers").iterdir() if path.is_file()] == [ARCHIVE]
    assert await stage.listed() == []
    assert await stage.statuses() == ["SI_RECEIVED", "SI_RECEIVED"]


async def test_a_mirror_again_fetches_nothing_twice(stage: Stage) -> None:
    await play(stage, f"mirror --no-recursion {INBOX} dossiers")
    said = await play(stage, f"mirror --no-recursion --verbose {INBOX} dossiers")
    assert "Transferring" not in said
    assert await stage.same(stage.home / "dossiers" / ARCHIVE)
    assert await stage.statuses() == ["SENT", "SENT"]


async def test_fetches_in_segments(stage: Stage) -> None:
    await play(stage, f"pget -n 4 '{INBOX}/{ARCHIVE}' -o '{ARCHIVE}'")
    assert await stage.same(stage.home / ARCHIVE)


async def test_fetches_renames_and_answers(stage: Stage) -> None:
    stage.file("réponse.zip", ANSWER)
    await play(
        stage,
        f"get '{INBOX}/{ARCHIVE}' -o '{ARCHIVE}'",
        f"mv '{INBOX}/{ARCHIVE}' '{INBOX}/DONE/{ARCHIVE}'",
        f"put réponse.zip -o {OUT}/réponse.zip",
    )
    assert await stage.same(stage.home / ARCHIVE)
    assert await stage.statuses() == ["SI_RECEIVED", "SI_RECEIVED"]
    await stage.answered()


async def test_the_second_half_makes_the_reading_whole(stage: Stage) -> None:
    whole = await stage.content()
    half = len(whole) // 2
    await stage.read(0, half)
    local = stage.file(ARCHIVE, whole[:half])
    await play(stage, f"get -c '{INBOX}/{ARCHIVE}' -o '{ARCHIVE}'")
    assert await stage.same(local)
    assert await stage.covered() == ((0, len(whole)),)
    assert await stage.statuses() == ["SENT", "SENT"]


async def test_an_upload_under_its_temporary_name_is_an_answer_once_it_was_renamed(stage: Stage) -> None:
    stage.file("réponse.zip", ANSWER)
    await play(stage, "debug -o trace 9", "set xfer:use-temp-file yes", f"put réponse.zip -o {OUT}/réponse.zip")
    trace = await asyncio.to_thread((stage.home / "trace").read_text)
    assert f"{OUT}/.in.réponse.zip" in trace
    assert "(RENAME)" in trace
    await stage.answered()


async def test_the_file_it_leaves_open_has_been_fetched(stage: Stage) -> None:
    """Half of its mirrors end before the last CLOSE has gone out."""
    for turn in range(8):
        folder = await deposit_large(stage.depositor)
        await play(stage, f"mirror --no-recursion {INBOX} turn-{turn}")
        assert await stage.depositor.statuses(folder) == ["SENT", "SENT"]
