from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.cli.importing import import_file
from gateway.cli.pushing import retry, show_key, show_states
from gateway.config import Settings
from gateway.domain.errors import NotFoundError
from tests.cli.dossiers import deposited
from tests.cli.onboarding import TOWN


def pushed(place: Path, config: Path, key: str) -> None:
    """Declares that the town has a server of its own."""
    text = f"""\
subscriptions:
  - subscriber: {TOWN}
    process: EtatCivil
    accessMode: SFTP
    transport: push
    push: {{host: sftp.example.org, username: hub, hostKey: "{key}", directory: in, password: sesame}}
"""
    (place / "push.yaml").write_text(text, encoding="utf-8")
    import_file(place / "push.yaml", config, dry_run=False, credentials_out=None, json=True)


def test_the_key_is_printed_and_pushing_is_seen_and_tried_again(
    settings: Settings, place: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show_states(config, json=False)
    assert capsys.readouterr().out == "Nothing is pushed to anybody.\n"
    show_key(config)
    key = capsys.readouterr().out.strip()
    assert key.startswith("ssh-ed25519 AAAA")
    deposited(settings, config)
    with pytest.raises(NotFoundError):
        retry(TOWN, "EtatCivil", config)
    capsys.readouterr()
    pushed(place, config, key)
    counts = json.loads(capsys.readouterr().out)
    assert "sesame" not in json.dumps(counts)
    pushed(place, config, key)
    assert json.loads(capsys.readouterr().out)["changes"] == []
    deposited(settings, config, "A-2")
    capsys.readouterr()
    show_states(config, json=True)
    (state,) = json.loads(capsys.readouterr().out)
    assert (state["subscriber"], state["host"], state["waiting"], state["dead"]) == (TOWN, "sftp.example.org", 1, 0)
    show_states(config, json=False)
    assert "sftp.example.org" in capsys.readouterr().out
    retry(TOWN, "EtatCivil", config)
    assert capsys.readouterr().out == "It will be tried again now, with 1 archive.\n"
