"""The master key: made once, kept to its owner, never told."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway.config.faults import ConfigurationError
from gateway.config.secrets import KEY_BYTES, has_master_key, master_key
from gateway.config.settings import Secrets, Settings

KEY = bytes(range(200, 200 + KEY_BYTES))
TEXT = base64.b64encode(KEY).decode()


def settings(tmp_path: Path, *, key: str = "", file: str = "") -> Settings:
    return Settings(data_dir=tmp_path / "var", secrets=Secrets(master_key=SecretStr(key), master_key_file=file))


def test_without_a_setting_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = master_key(settings(tmp_path))
    assert len(first) == KEY_BYTES
    assert master_key(settings(tmp_path)) == first
    directory = tmp_path / "var" / "secrets"
    assert [path.name for path in directory.iterdir()] == ["master.key"]
    assert stat.S_IMODE((directory / "master.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_two_gateways_have_two_keys(tmp_path: Path) -> None:
    assert master_key(settings(tmp_path / "a")) != master_key(settings(tmp_path / "b"))


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: master_key(settings(tmp_path)), range(32)))
    assert len(keys) == 1
    assert [path.name for path in (tmp_path / "var" / "secrets").iterdir()] == ["master.key"]


@pytest.mark.parametrize("text", [TEXT, f" {TEXT}\n", base64.urlsafe_b64encode(KEY).decode()])
def test_the_environment_gives_it(tmp_path: Path, text: str) -> None:
    assert master_key(settings(tmp_path, key=text)) == KEY
    assert not (tmp_path / "var").exists()


def test_a_named_file_gives_it(tmp_path: Path) -> None:
    path = tmp_path / "given.key"
    path.write_text(TEXT + "\n", encoding="ascii")
    path.chmod(0o400)
    assert master_key(settings(tmp_path, file=str(path))) == KEY


@pytest.mark.parametrize("text", ["hunter2", TEXT[:-4], TEXT + TEXT, "é" * 44])
def test_what_is_no_key_is_refused_without_telling_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        master_key(settings(tmp_path, key=text))
    assert str(caught.value).startswith(
        "GATEWAY__SECRETS__MASTER_KEY: secrets.master_key: must hold base64 of 32 bytes"
    )
    assert text not in str(caught.value)


def test_a_file_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "given.key"
    path.write_text(TEXT, encoding="ascii")
    path.chmod(0o640)
    with pytest.raises(ConfigurationError, match=r"the file given.key is open to others \(mode 0640\): chmod 600 it"):
        master_key(settings(tmp_path, file=str(path)))


def test_a_named_file_that_is_missing_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "given.key"
    with pytest.raises(ConfigurationError) as caught:
        master_key(settings(tmp_path, file=str(path)))
    assert str(caught.value) == "secrets.master_key_file: the file given.key cannot be read: no such file or directory"
    assert not path.exists()


def test_a_data_directory_that_cannot_hold_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where the directory should be", encoding="ascii")
    with pytest.raises(ConfigurationError, match="the master key cannot be kept in data_dir: not a directory"):
        master_key(settings(tmp_path))


def test_looking_for_the_key_makes_none_and_refuses_what_using_it_would(tmp_path: Path) -> None:
    assert not has_master_key(settings(tmp_path))
    assert not (tmp_path / "var").exists()
    master_key(settings(tmp_path))
    assert has_master_key(settings(tmp_path))
    assert has_master_key(settings(tmp_path, key=TEXT))
    with pytest.raises(ConfigurationError):
        has_master_key(settings(tmp_path, file=str(tmp_path / "missing")))
