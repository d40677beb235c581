"""curl, which speaks SFTP by libssh2."""

from __future__ import annotations

from urllib.parse import quote

from tests.clients.stage import ANSWER, ARCHIVE, INBOX, OUT, Stage


async def play(stage: Stage, path: str, *options: str, expected: int = 0) -> str:
    """Runs curl on a path of the door."""
    ssh = stage.home / ".ssh"
    ssh.mkdir(exist_ok=True)
    (ssh / "known_hosts").write_bytes(stage.known_hosts.read_bytes())
    public = stage.file("key.pub", stage.public_key)
    login = ["--user", "rennes:", "--key", str(stage.key), "--pubkey", str(public)]
    url = f"sftp://127.0.0.1:{stage.port}{quote(path)}"
    return await stage.run("curl", "--silent", "--show-error", *login, *options, url, expected=(expected,))


async def test_lists_fetches_renames_and_answers(stage: Stage) -> None:
    names = (await play(stage, f"{INBOX}/", "--list-only")).split("\n")
    assert set(names) - {""} == {".", "..", "DONE", "FAILED", ARCHIVE}
    await play(stage, f"{INBOX}/{ARCHIVE}", "--output", ARCHIVE)
    assert await stage.same(stage.home / ARCHIVE)
    assert await stage.statuses() == ["SENT", "SENT"]
    await play(stage, "/", "--head", "--quote", f'rename "{INBOX}/{ARCHIVE}" "{INBOX}/DONE/{ARCHIVE}"')
    assert await stage.listed("in/DONE") == [ARCHIVE]
    assert await stage.statuses() == ["SI_RECEIVED", "SI_RECEIVED"]
    stage.file("réponse.zip", ANSWER)
    await play(stage, f"{OUT}/", "--upload-file", "réponse.zip")
    await stage.answered()


async def test_deletes_what_it_fetched(stage: Stage) -> None:
    gone = f'rm "{INBOX}/{ARCHIVE}"'
    assert "Permission denied" in await play(stage, "/", "--head", "--quote", gone, expected=21)
    await play(stage, f"{INBOX}/{ARCHIVE}", "--output", ARCHIVE, "--quote", f"-{gone}")
    await play(stage, "/", "--head", "--quote", gone)
    assert await stage.listed() == []
    assert await stage.statuses() == ["SI_RECEIVED", "SI_RECEIVED"]


async def test_the_second_half_makes_the_reading_whole(stage: Stage) -> None:
    whole = await stage.content()
    half = len(whole) // 2
    await play(stage, f"{INBOX}/{ARCHIVE}", "--range", f"0-{half - 1}", "--output", ARCHIVE)
    assert await stage.statuses() == ["HUBEE_NOTIFIED", "HUBEE_NOTIFIED"]
    await play(stage, f"{INBOX}/{ARCHIVE}", "--continue-at", "-", "--output", ARCHIVE)
    assert await stage.same(stage.home / ARCHIVE)
    assert await stage.statuses() == ["SENT", "SENT"]


async def test_an_upload_that_broke_off_is_carried_on(stage: Stage) -> None:
    stage.file("a.zip", ANSWER)
    await stage.legacy(lambda server: server.put("a.zip", ANSWER[:100]))
    await play(stage, f"{OUT}/a.zip", "--upload-file", "a.zip", "--continue-at", "100")
    await stage.answered()
