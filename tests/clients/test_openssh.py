"""OpenSSH's sftp, in batches as scripts run it."""

from __future__ import annotations

from tests.clients.stage import ANSWER, ARCHIVE, INBOX, OUT, Stage


async def batch(stage: Stage, *lines: str, expected: int = 0) -> str:
    """Runs a batch; each line ends it when it fails, unless it begins with `-`."""
    options = [part for option in stage.ssh_options for part in ("-o", option)]
    written = stage.file("batch", "\n".join([*lines, ""]))
    command = ["sftp", "-b", str(written), "-P", str(stage.port), "-F", "/dev/null", *options, "rennes@127.0.0.1"]
    return await stage.run(*command, expected=(expected,))


async def test_fetches_renames_and_answers(stage: Stage) -> None:
    stage.file("réponse.zip", ANSWER)
    said = await batch(
        stage,
        f"cd {INBOX}",
        "ls -la",
        "get -p *.zip",
        f'rename "{ARCHIVE}" "DONE/{ARCHIVE}"',
        f"put -p réponse.zip {OUT}/",
        f"ls -l {OUT}",
    )
    assert "gateway  gateway" in said
    assert await stage.same(stage.home / ARCHIVE)
    assert await stage.statuses() == ["SI_RECEIVED", "SI_RECEIVED"]
    assert (await stage.listed(), await stage.listed("in/DONE")) == ([], [ARCHIVE])
    await stage.answered()


async def test_deletes_what_it_fetched(stage: Stage) -> None:
    said = await batch(stage, f'rm "{INBOX}/{ARCHIVE}"', expected=1)
    assert "Permission denied" in said
    assert await stage.statuses() == ["HUBEE_NOTIFIED", "HUBEE_NOTIFIED"]
    await batch(stage, f'get "{INBOX}/{ARCHIVE}"', f'rm "{INBOX}/{ARCHIVE}"')
    assert await stage.statuses() == ["SI_RECEIVED", "SI_RECEIVED"]


async def test_the_second_half_by_reget_makes_the_reading_whole(stage: Stage) -> None:
    whole = await stage.content()
    half = len(whole) // 2
    await stage.read(0, half)
    assert await stage.covered() == ((0, half),)
    assert await stage.statuses() == ["HUBEE_NOTIFIED", "HUBEE_NOTIFIED"]
    local = stage.file(ARCHIVE, whole[:half])
    await batch(stage, f'reget "{INBOX}/{ARCHIVE}"')
    assert await stage.same(local)
    assert await stage.covered() == ((0, len(whole)),)
    assert await stage.statuses() == ["SENT", "SENT"]
    await batch(stage, f'rename "{INBOX}/{ARCHIVE}" "{INBOX}/DONE/{ARCHIVE}"')
    assert await stage.statuses() == ["SI_RECEIVED", "SI_RECEIVED"]


async def test_the_second_half_alone_is_no_whole_reading(stage: Stage) -> None:
    whole = await stage.content()
    half = len(whole) // 2
    stage.file(ARCHIVE, whole[:half])
    await batch(stage, f'reget "{INBOX}/{ARCHIVE}"')
    assert await stage.covered() == ((half, len(whole)),)
    assert await stage.statuses() == ["HUBEE_NOTIFIED", "HUBEE_NOTIFIED"]
    await batch(stage, f'rename "{INBOX}/{ARCHIVE}" "{INBOX}/DONE/{ARCHIVE}"', expected=1)


async def test_an_upload_is_carried_on_by_reput(stage: Stage) -> None:
    stage.file("a.zip", ANSWER)
    await stage.legacy(lambda server: server.put("a.zip", ANSWER[:100]))
    assert await stage.listed("out") == ["a.zip"]
    await batch(stage, f"cd {OUT}", "reput a.zip")
    await stage.answered()


async def test_a_tree_is_fetched_at_once_and_directories_that_exist_are_made_in_vain(stage: Stage) -> None:
    await batch(stage, f"-mkdir {INBOX}/DONE", "-mkdir /new", "get -R /EtatCivil .", "-chmod 600 /EtatCivil/in")
    assert await stage.same(stage.home / "EtatCivil" / "in" / ARCHIVE)
    assert (stage.home / "EtatCivil" / "out" / "FAILED").is_dir()
