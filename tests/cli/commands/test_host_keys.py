"""`gateway host-keys …`, from the command line."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import gateway


def test_the_commands_are_there_and_say_what_is_wrong(config: Path, tmp_path: Path) -> None:
    shown = gateway("host-keys", "--help").out
    for word in ("list", "rotate", "activate", "retire", "import"):
        assert word in shown
    assert gateway("host-keys", "list", "--config", str(config)).code == 0
    for words in (("rotate", "rsa"), ("activate", "rsa"), ("retire", "dsa"), ("import", str(tmp_path / "none"))):
        done = gateway("host-keys", *words, "--config", str(config))
        assert done.code == 4
    assert gateway("accounts", "legacy", "--config", str(config)).out == "No account may use old algorithms.\n"
