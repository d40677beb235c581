"""From a file and the environment to settings."""

from pathlib import Path

import pytest

from gateway.config.faults import ConfigurationError
from gateway.config.loading import load_settings, read_document
from gateway.config.settings import Settings


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_nothing_given_is_the_defaults() -> None:
    assert load_settings(None, {}) == Settings()


def test_file_and_environment_are_joined(tmp_path: Path) -> None:
    path = written(tmp_path / "gateway.yaml", "http: {host: 0.0.0.0, port: 1}\n")
    settings = load_settings(path, {"GATEWAY__HTTP__PORT": "2", "GATEWAY__SECRETS__MASTER_KEY": "x"})
    assert (settings.http.host, settings.http.port) == ("0.0.0.0", 2)
    assert settings.secrets.master_key.get_secret_value() == "x"


def test_every_fault_of_both_is_listed(tmp_path: Path) -> None:
    path = written(tmp_path / "gateway.yaml", "http:\n  port: x\nsecrets:\n  master_key: hunter2\n")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(path, {"GATEWAY__HTTP__PROT": "2", "GATEWAY__SFTP__PORT": "y"})
    assert str(caught.value).split("\n") == [
        "GATEWAY__HTTP__PROT: unknown environment variable; did you mean GATEWAY__HTTP__PORT?",
        "GATEWAY__SFTP__PORT: sftp.port: must be a whole number",
        "gateway.yaml:2:9: http.port: must be a whole number",
        "gateway.yaml:4:3: secrets.master_key: a secret does not belong here: give it in GATEWAY__SECRETS__MASTER_KEY",
    ]


def test_an_unknown_variable_alone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="GATEWAY__NOPE: unknown environment variable"):
        load_settings(None, {"GATEWAY__NOPE": "1"})


def test_a_secret_alone_in_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="a secret does not belong here"):
        load_settings(written(tmp_path / "gateway.yaml", "secrets: {master_key: hunter2}\n"), {})


def test_processes_beside_the_file_are_found(tmp_path: Path) -> None:
    path = written(tmp_path / "gateway.yaml", "")
    assert load_settings(path, {}).processes_path is None
    beside = written(tmp_path / "processes.yaml", "processes: []\n")
    assert load_settings(path, {}).processes_path == beside
    written(path, "processes_file: other.yaml\n")
    assert load_settings(path, {}).processes_path == Path("other.yaml")


def test_a_file_that_cannot_be_read_is_named_without_its_directory(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_document(tmp_path / "absent.yaml")
    assert str(caught.value) == "absent.yaml: cannot be read: no such file or directory"


def test_a_file_that_is_not_utf8_is_refused_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_bytes(b"a: 1\nb: \xe9\n")
    with pytest.raises(ConfigurationError, match=r"^gateway.yaml:2:1: the text is not UTF-8$"):
        read_document(path)
