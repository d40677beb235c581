from __future__ import annotations

import json
from pathlib import Path

import asyncssh
import pytest

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.host_keys import activate, list_keys, retire, rotate, take_over
from gateway.config import Settings


def _states(config: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    capsys.readouterr()
    list_keys(config, json=True)
    return {one["file"]: one["state"] for one in json.loads(capsys.readouterr().out)}


def test_a_key_is_imported_followed_and_retired(
    settings: Settings, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    list_keys(config, json=False)
    assert capsys.readouterr().out.count("missing: made at the next start") == 2
    assert not settings.host_keys_path.exists()
    key = asyncssh.generate_private_key("ssh-ed25519")
    file = tmp_path / "ssh_host_ed25519_key"
    file.touch(mode=0o600)
    file.write_bytes(key.export_private_key("openssh"))
    take_over(file, config)
    assert key.get_fingerprint() in capsys.readouterr().out
    rotate("ed25519", config)
    assert _states(config, capsys)["ssh_host_ed25519_key.next"] == "announced"
    activate("ed25519", config)
    assert _states(config, capsys)["ssh_host_ed25519_key.old"] == "replaced"
    list_keys(config, json=False)
    assert key.get_fingerprint() in capsys.readouterr().out
    retire("ed25519", config)
    assert capsys.readouterr().out.endswith(": is gone\n")
    assert set(_states(config, capsys)) == {"ssh_host_ed25519_key", "ssh_host_rsa_key"}


def test_what_is_refused_is_said_without_a_path(config: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no next rsa host key") as raised:
        activate("rsa", config)
    assert raised.value.code is Exit.REFUSED
    with pytest.raises(CommandError, match="none cannot be read") as raised:
        take_over(tmp_path / "none", config)
    assert str(tmp_path) not in raised.value.message
