from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.upgrading import upgrade_database


def test_the_database_is_made_and_made_only_once(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    upgrade_database(config)
    database = Path("var/gateway.db")
    before = database.read_bytes()
    upgrade_database(config)
    assert database.read_bytes() == before
    assert capsys.readouterr().out.count("has the schema of this version") == 2
