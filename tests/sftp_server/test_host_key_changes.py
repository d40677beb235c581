"""Changes of host keys, as an operator makes them and as clients see them."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest

from gateway.sftp_server.host_key_changes import activate, retire, rotate, take_over
from gateway.sftp_server.host_keys import HostKeyError, inspect, load
from tests.sftp_server.conftest import Start
from tests.sftp_server.openssh import identity, listing, openssh

ED25519 = asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture
def directory(key_directory: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(key_directory, tmp_path / "keys"))


def _data(directory: Path) -> list[bytes]:
    return [key.public_data for key in load(directory)]


def test_a_key_is_announced_used_and_the_one_before_it_retired(directory: Path) -> None:
    ed25519, rsa = _data(directory)
    following = rotate(directory, "ed25519").public_data
    assert _data(directory) == [ed25519, rsa, following]
    assert activate(directory, "ed25519").public_data == following
    assert _data(directory) == [following, rsa, ed25519]
    assert retire(directory, "ed25519").public_data == ed25519
    assert _data(directory) == [following, rsa]
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}


def test_a_change_cut_off_at_any_moment_leaves_a_known_key_in_use(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A door that found none under its name would make one that no client knows."""
    (before, *_) = load(directory)
    following = rotate(directory, "ed25519")
    foreign = tmp_path / "foreign"
    foreign.touch(mode=0o600)
    foreign.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())

    def cut_off(*_: object) -> None:
        raise OSError("no power")

    with monkeypatch.context() as cut:
        cut.setattr(Path, "replace", cut_off)
        with pytest.raises(OSError, match="no power"):
            activate(directory, "ed25519")
        assert load(directory)[0].public_data == before.public_data
        retire(directory, "ed25519")
        with pytest.raises(OSError, match="no power"):
            take_over(directory, foreign)
        assert load(directory)[0].public_data == before.public_data
    retire(directory, "ed25519")
    assert activate(directory, "ed25519").public_data == following.public_data
    assert load(directory)[0].public_data == following.public_data


def test_a_next_key_may_be_given_up(directory: Path) -> None:
    before = _data(directory)
    rotate(directory, "rsa")
    assert [name for name, _, _ in inspect(directory)][2:] == ["ssh_host_rsa_key.next"]
    retire(directory, "rsa")
    assert _data(directory) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: (rotate(d, "ed25519"), rotate(d, "ed25519")), "there already"),
        (lambda d: rotate(d, "ecdsa"), "no ecdsa host key"),
        (lambda d: rotate(d, "dsa"), "no kind dsa"),
        (lambda d: activate(d, "rsa"), "no next rsa"),
        (lambda d: retire(d, "rsa"), "the one in use stays"),
        (lambda d: [(rotate(d, "ed25519"), activate(d, "ed25519")) for _ in range(2)], "retire it first"),
    ],
)
def test_what_is_not_possible_is_said(directory: Path, change: Callable[[Path], object], said: str) -> None:
    with pytest.raises(HostKeyError, match=said):
        change(directory)
    load(directory)


@pytest.mark.parametrize("form", ["openssh", "pkcs1-pem", "pkcs8-pem"])
def test_the_keys_of_another_server_are_taken_over(directory: Path, tmp_path: Path, form: str) -> None:
    key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    before = load(directory)[1]
    file = tmp_path / "old"
    file.touch(mode=0o600)
    file.write_bytes(key.export_private_key(form))
    assert take_over(directory, file)[0] == "rsa"
    found = load(directory)
    assert (found[1].public_data, found[2].public_data) == (key.public_data, before.public_data)
    with pytest.raises(HostKeyError, match="already"):
        take_over(directory, file)


def test_an_ecdsa_key_joins_the_others(directory: Path, tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ecdsa-sha2-nistp384")
    assert take_over(directory, identity(tmp_path, key))[0] == "ecdsa"
    assert [key.get_algorithm() for key in load(directory)] == ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp384"]
    assert [name for name, _, _ in inspect(directory)][2:] == ["ssh_host_ecdsa_key"]


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (lambda: ED25519.export_private_key("openssh"), 0o640, "chmod 600"),
        (lambda: ED25519.export_private_key("openssh", passphrase="mot"), 0o600, "ssh-keygen -p"),
        (lambda: ED25519.export_private_key("pkcs8-pem", passphrase="mot"), 0o600, "ssh-keygen -p"),
        (lambda: asyncssh.generate_private_key("ssh-rsa", key_size=1024).export_private_key(), 0o600, "1024 bits"),
        (lambda: asyncssh.generate_private_key("ssh-ed448").export_private_key(), 0o600, "Ed25519, RSA or ECDSA"),
        (ED25519.export_public_key, 0o600, "no private key"),
        (lambda: b"x" * 2**17, 0o600, "no file of a private key"),
    ],
    ids=["mode", "password", "password-pem", "short", "kind", "public", "large"],
)
def test_a_key_that_cannot_be_taken_over_changes_nothing(
    directory: Path, tmp_path: Path, content: Callable[[], bytes], mode: int, said: str
) -> None:
    before = _data(directory)
    file = tmp_path / "old"
    file.write_bytes(content())
    file.chmod(mode)
    with pytest.raises(HostKeyError, match=said) as raised:
        take_over(directory, file)
    assert str(tmp_path) not in str(raised.value)
    assert _data(directory) == before
    with pytest.raises(HostKeyError, match="cannot be read"):
        take_over(directory, tmp_path / "none")


async def test_the_openssh_client_follows_a_rotation_without_a_question(
    start: Start, directory: Path, tmp_path: Path
) -> None:
    scene = await start(host_keys=directory)
    key, known = identity(tmp_path, scene.key), tmp_path / "known_hosts"
    host = f"[127.0.0.1]:{scene.server.port}"
    public = load(directory)[0].convert_to_public().export_public_key().decode()
    known.write_text(f"{host} {public}")
    strict = (f"UserKnownHostsFile={known}", "StrictHostKeyChecking=yes", "UpdateHostKeys=yes", "HashKnownHosts=no")

    async def poll() -> str:
        done = await openssh(
            scene, "sftp", key, before=listing(tmp_path), options=(*strict, "GlobalKnownHostsFile=none")
        )
        assert (done.returncode, "EtatCivil" in done.stdout) == (0, True), done.stderr
        return known.read_text()

    following = rotate(directory, "ed25519").convert_to_public().export_public_key().decode().split()[1]
    scene.clock.pass_by(timedelta(seconds=10))
    assert following in await poll()
    activate(directory, "ed25519")
    scene.clock.pass_by(timedelta(seconds=10))
    assert public.split()[1] in await poll(), "the old one is still told of"
    assert scene.server.host_key_fingerprints[0] == load(directory)[0].get_fingerprint()
    retire(directory, "ed25519")
    scene.clock.pass_by(timedelta(seconds=10))
    assert public.split()[1] not in await poll()
