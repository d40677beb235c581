"""rclone, which opens several connections at a time and looks at what it copied."""

from __future__ import annotations

from gateway.bridge.answers import carry_answers
from tests.clients.stage import ANSWER, ARCHIVE, INBOX, NUMBER, OUT, Stage
from tests.pec.answers import retour_xml


async def play(stage: Stage, *command: str) -> str:
    """Runs rclone with the door as the remote `door:`."""
    settings = {
        "TYPE": "sftp",
        "HOST": "127.0.0.1",
        "PORT": str(stage.port),
        "USER": "rennes",
        "KEY_FILE": str(stage.key),
        "KNOWN_HOSTS_FILE": str(stage.known_hosts),
        "DISABLE_HASHCHECK": "true",
    }
    environment = {f"RCLONE_CONFIG_DOOR_{name}": value for name, value in settings.items()}
    options = ["--config", "", "--retries", "1", "--low-level-retries", "1"]
    return await stage.run("rclone", *command, *options, environment=environment)


async def test_lists_copies_renames_and_answers(stage: Stage) -> None:
    assert ARCHIVE in await play(stage, "lsf", f"door:{INBOX}")
    await play(stage, "copy", f"door:{INBOX}", "dossiers", "--max-depth", "1")
    assert await stage.same(stage.home / "dossiers" / ARCHIVE)
    assert await stage.statuses() == ["SENT", "SENT"]
    await play(stage, "moveto", f"door:{INBOX}/{ARCHIVE}", f"door:{INBOX}/DONE/{ARCHIVE}")
    assert await stage.listed("in/DONE") == [ARCHIVE]
    assert await stage.statuses() == ["SI_RECEIVED", "SI_RECEIVED"]
    stage.file("réponse.zip", ANSWER)
    await play(stage, "copy", "réponse.zip", f"door:{OUT}")
    await stage.answered()


async def test_move_leaves_nothing_behind(stage: Stage) -> None:
    await play(stage, "move", f"door:{INBOX}", "dossiers", "--max-depth", "1")
    assert await stage.same(stage.home / "dossiers" / ARCHIVE)
    assert await stage.listed() == []
    assert await stage.statuses() == ["SI_RECEIVED", "SI_RECEIVED"]


async def test_an_answer_corrected_at_once_replaces_the_one_of_its_name(stage: Stage) -> None:
    stage.file("réponse.xml", retour_xml(NUMBER, 16, "Voilà"))
    await play(stage, "copy", "réponse.xml", f"door:{OUT}")
    stage.file("réponse.xml", retour_xml(NUMBER, 19, "Voilà, corrigé"))
    await play(stage, "copy", "réponse.xml", f"door:{OUT}")
    assert await carry_answers(stage.gateway.office) == 2
    assert await stage.statuses() == ["DONE", "DONE"]
