"""A dual run from the command line: begun, shown and ended, for people and for scripts."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.cli.rehearsals import end, show, start
from gateway.config import Settings
from gateway.domain.errors import ConflictError, NotFoundError
from tests.cli.dossiers import deposited
from tests.cli.onboarding import TOWN

FOR = timedelta(days=14)


@pytest.fixture
def town(settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A subscriber of EtatCivil in mode SFTP, in whose inbox a delivery waits."""
    deposited(settings, config)
    capsys.readouterr()
    return TOWN


def test_people_are_told_how_the_two_systems_compare(
    town: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start(town, "EtatCivil", "API", FOR, config, json=False)
    assert f"{town} → EtatCivil: API rehearses until " in capsys.readouterr().out
    show(town, "EtatCivil", config, json=False)
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("API rehearses beside SFTP: under way until ")
    assert told[1] == "Equal: 0, different: 0, pending: 1."
    assert (told[2].split()[0], told[2].endswith("  fetched by neither")) == ("PENDING", True)
    with pytest.raises(ConflictError, match="A dual run is under way"):
        start(town, "EtatCivil", "PORTAIL", FOR, config, json=False)
    end(town, "EtatCivil", config, json=False)
    assert capsys.readouterr().out.startswith("API rehearses beside SFTP: ended ")


def test_scripts_are_told_the_same(town: str, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start(town, "EtatCivil", "API", FOR, config, json=True)
    begun = json.loads(capsys.readouterr().out)
    show(town, "EtatCivil", config, json=True)
    shown = json.loads(capsys.readouterr().out)
    end(town, "EtatCivil", config, json=True)
    ended = json.loads(capsys.readouterr().out)
    assert begun["id"] == shown["id"] == ended["id"]
    assert (begun["endedAt"], shown["endedAt"], ended["endedAt"] is None) == (None, None, False)
    assert shown["deliveries"] == ended["deliveries"]
    assert shown["deliveries"][0]["differences"] == ["fetched by neither"]
    with pytest.raises(NotFoundError, match="Dual run"):
        end(town, "EtatCivil", config, json=True)
