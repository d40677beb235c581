from __future__ import annotations

from pathlib import Path

from gateway.cli.doctor.keys import check
from gateway.config import Settings, master_key
from gateway.sftp_server import host_keys
from tests.cli.doctor.states import said, states

ED, RSA = "keys.host.ssh_host_ed25519_key", "keys.host.ssh_host_rsa_key"


def test_missing_keys_are_a_warning_and_none_is_made(settings: Settings) -> None:
    assert states(check(settings)) == {"keys.master": "warning", ED: "warning", RSA: "warning"}
    assert not settings.data_dir.exists()


def test_keys_are_shown_by_their_fingerprint(settings: Settings) -> None:
    master_key(settings)
    host_keys.load(settings.host_keys_path)
    found = check(settings)
    assert states(found) == {"keys.master": "ok", ED: "ok", RSA: "ok"}
    assert "SHA256:" in said(found, ED)


def test_keys_open_to_others_or_spoilt_are_problems(settings: Settings, tmp_path: Path) -> None:
    master_key(settings)
    (settings.data_dir / "secrets" / "master.key").chmod(0o640)
    settings.host_keys_path.mkdir(mode=0o700)
    for name in ("ssh_host_ed25519_key", "ssh_host_rsa_key"):
        (settings.host_keys_path / name).write_text("no key")
    (settings.host_keys_path / "ssh_host_ed25519_key").chmod(0o644)
    (settings.host_keys_path / "ssh_host_rsa_key").chmod(0o600)
    found = check(settings)
    assert states(found) == {"keys.master": "problem", ED: "problem", RSA: "problem"}
    assert "chmod 600" in said(found, "keys.master")
    assert "Other users may read" in said(found, ED)
    assert "cannot be read" in said(found, RSA)
    assert str(tmp_path) not in said(found, ED) + said(found, RSA)
