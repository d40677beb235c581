"""`gateway journal`: the key, the export and both checks."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.journal import export, public_key, show_key, verify
from gateway.config import Settings
from gateway.store.signing import Signer, key_id
from tests.cli.dossiers import deposited


@pytest.fixture
def key(settings: Settings, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The public key in a file, of a gateway in which something happened."""
    deposited(settings, config)
    capsys.readouterr()
    show_key(config)
    path = tmp_path / "key.pem"
    path.write_text(capsys.readouterr().out, "ascii")
    return path


@pytest.fixture
def exported(key: Path, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "journal.jsonl"
    export(path, config)
    assert capsys.readouterr().out.startswith("Lines written: ")
    return path


def failing(file: Path | None, key: Path | None, config: Path | None = None) -> CommandError:
    with pytest.raises(CommandError) as refused:
        verify(file, key, config, json=False)
    return refused.value


def test_an_export_is_checked_by_the_public_key_alone(
    exported: Path, key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verify(exported, key, tmp_path / "no-such-gateway.yaml", json=False)
    assert "The journal is whole" in capsys.readouterr().out
    verify(exported, key, None, json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["faults"], told["seals"]) == ([], 1)


def test_a_line_of_an_export_that_was_changed_is_named(
    exported: Path, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = exported.read_text().splitlines(keepends=True)
    exported.write_text("".join([lines[0], lines[1].replace('"depot"', '"nobody"'), *lines[2:]]))
    assert failing(exported, key).code is Exit.FAILED
    assert capsys.readouterr().out == "line 2 was changed after it was sealed\n"


def test_a_cut_export_is_noticed(exported: Path, key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = exported.read_text().splitlines(keepends=True)
    exported.write_text("".join(lines[:-1]))
    failing(exported, key)
    assert "line 1 stands behind the last seal\n" in capsys.readouterr().out


def test_the_kept_journal_is_checked_where_it_is(
    exported: Path, key: Path, settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verify(None, None, config, json=False)
    assert "The journal is whole" in capsys.readouterr().out
    with sqlite3.connect(settings.data_dir / "gateway.db") as database:
        database.execute("UPDATE journal SET actor = 'nobody' WHERE seq = 1")
    failing(None, key, config)
    assert capsys.readouterr().out == "line 1 was changed after it was sealed\n"


def test_another_gateways_key_vouches_for_nothing(exported: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_text(Signer(bytes(32)).public_key)
    assert key_id(public_key(other)) == Signer(bytes(32)).key_id
    assert failing(exported, other).code is Exit.FAILED


@pytest.mark.parametrize("text", ['{"line": 1}', "[]", "no JSON", '{"seal": {"first": 1}}', '{"line": {"seq": 1}}'])
def test_what_is_no_export_is_told_with_its_line(exported: Path, key: Path, text: str) -> None:
    exported.write_text(exported.read_text().splitlines(keepends=True)[0] + text)
    assert "line 2: not as `gateway journal export` writes it" in failing(exported, key).message


def test_wrong_usage_is_told(exported: Path, key: Path, config: Path, tmp_path: Path) -> None:
    assert "--key" in failing(exported, None).message
    assert "cannot be read" in failing(tmp_path / "absent", key).message
    assert "cannot be read" in failing(exported, tmp_path / "absent").message
    assert "no Ed25519 public key" in failing(exported, exported).message
    with pytest.raises(CommandError, match="exists already"):
        export(exported, config)
