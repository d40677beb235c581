from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from gateway.sftp_server.host_keys import HostKeyError, inspect, load, pairs


def test_keys_are_made_once_and_for_us_alone(key_directory: Path) -> None:
    first = load(key_directory)
    assert [key.get_algorithm() for key in first] == ["ssh-ed25519", "ssh-rsa"]
    assert stat.S_IMODE(key_directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in key_directory.iterdir()} == {0o600}
    assert sorted(path.name for path in key_directory.iterdir()) == ["ssh_host_ed25519_key", "ssh_host_rsa_key"]
    assert [key.get_fingerprint() for key in load(key_directory)] == [key.get_fingerprint() for key in first]


def test_rsa_signs_in_modern_ways_only(key_directory: Path) -> None:
    offered = [name for pair in pairs(load(key_directory)) for name in pair.host_key_algorithms]
    assert offered == [b"ssh-ed25519", b"rsa-sha2-512", b"rsa-sha2-256"]


@pytest.fixture
def copy(key_directory: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(key_directory, tmp_path / "keys"))


def test_a_key_that_others_may_read_is_refused(copy: Path) -> None:
    (copy / "ssh_host_ed25519_key").chmod(0o640)
    with pytest.raises(HostKeyError, match="chmod 600"):
        load(copy)


def test_a_damaged_key_is_named_and_kept(copy: Path) -> None:
    (copy / "ssh_host_rsa_key").write_bytes(b"damaged")
    with pytest.raises(HostKeyError, match="ssh_host_rsa_key"):
        load(copy)
    assert (copy / "ssh_host_rsa_key").read_bytes() == b"damaged"


def test_a_missing_key_is_made_beside_the_others(copy: Path) -> None:
    rsa = (copy / "ssh_host_rsa_key").read_bytes()
    before = (copy / "ssh_host_ed25519_key").read_bytes()
    (copy / "ssh_host_ed25519_key").unlink()
    load(copy)
    assert (copy / "ssh_host_ed25519_key").read_bytes() != before
    assert (copy / "ssh_host_rsa_key").read_bytes() == rsa


def test_the_key_of_a_faster_process_is_used(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faster = (copy / "ssh_host_ed25519_key").read_bytes()
    (copy / "ssh_host_ed25519_key").unlink()
    generate = load.__globals__["asyncssh"].generate_private_key

    def slow(*arguments: object, **options: object) -> object:
        (copy / "ssh_host_ed25519_key").touch(mode=0o600)
        (copy / "ssh_host_ed25519_key").write_bytes(faster)
        return generate(*arguments, **options)

    monkeypatch.setattr("gateway.sftp_server.host_keys.asyncssh.generate_private_key", slow)
    load(copy)
    assert (copy / "ssh_host_ed25519_key").read_bytes() == faster
    assert sorted(path.name for path in copy.iterdir()) == ["ssh_host_ed25519_key", "ssh_host_rsa_key"]


def test_keys_are_looked_at_without_making_any(copy: Path, tmp_path: Path) -> None:
    (copy / "ssh_host_rsa_key").write_bytes(b"damaged")
    (ed25519, fingerprint, fault), (rsa, none, damaged) = inspect(copy)
    assert (ed25519, fault) == ("ssh_host_ed25519_key", None)
    assert str(fingerprint).startswith("SHA256:")
    assert (rsa, none) == ("ssh_host_rsa_key", None)
    assert damaged is not None
    assert str(tmp_path) not in damaged
    missing = tmp_path / "missing"
    assert inspect(missing) == [("ssh_host_ed25519_key", None, None), ("ssh_host_rsa_key", None, None)]
    assert not missing.exists()
