from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.operating import identifier, list_dead, replay_dead, undo_expiry
from gateway.config import Settings
from gateway.domain.errors import ConflictError
from tests.cli.dossiers import DEAD, dead_letter, deposited, expired


def test_an_id_is_a_uuid() -> None:
    assert identifier(DEAD.upper()) == DEAD
    with pytest.raises(CommandError) as raised:
        identifier("17")
    assert raised.value.code is Exit.USAGE


def test_an_expiry_is_undone_once(settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deposited(settings, config)
    delivery = expired(settings)
    capsys.readouterr()
    undo_expiry(delivery, config, json=True)
    assert json.loads(capsys.readouterr().out)["delivery"] != delivery
    with pytest.raises(ConflictError):
        undo_expiry(delivery, config, json=False)


def test_dead_letters_are_listed_and_replayed(
    settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deposited(settings, config)
    dead_letter(settings)
    capsys.readouterr()
    list_dead(config, 10, json=True)
    (shown,) = json.loads(capsys.readouterr().out)
    assert (shown["id"], shown["lastError"]) == (DEAD, "connection refused")
    list_dead(config, 10, json=False)
    assert DEAD in capsys.readouterr().out
    replay_dead(DEAD, config)
    assert "tried again" in capsys.readouterr().out
    list_dead(config, 10, json=False)
    assert capsys.readouterr().out == "No dead letters.\n"
