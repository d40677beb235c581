from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from gateway.cli.doctor.directory import check
from gateway.config import Settings
from tests.cli.doctor.states import said, states


def made(settings: Settings, mode: int = 0o700) -> Settings:
    settings.data_dir.mkdir()
    settings.data_dir.chmod(mode)
    return settings


def test_a_private_directory_is_well_and_nothing_stays_in_it(settings: Settings) -> None:
    found = check(made(settings))
    assert {"data.directory", "data.space", "data.sync", "data.file-system"} == {*states(found)}
    assert states(found)["data.directory"] == states(found)["data.file-system"] == "ok"
    assert states(found)["data.sync"] != "problem"
    assert os.listdir(settings.data_dir) == []


@pytest.mark.parametrize(("mode", "state"), [(0o750, "warning"), (0o770, "problem"), (0o777, "problem")])
def test_a_directory_open_to_others_is_not(settings: Settings, mode: int, state: str) -> None:
    found = check(made(settings, mode))
    assert states(found)["data.directory"] == state
    assert "chmod 700" in said(found, "data.directory")


def test_a_missing_one_is_not_made(settings: Settings) -> None:
    assert states(check(settings)) == {"data.directory": "warning"}
    assert not settings.data_dir.exists()


def test_a_missing_one_that_cannot_be_made_is_a_problem(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    below = settings.model_copy(update={"data_dir": tmp_path / "file" / "var"})
    assert states(check(below)) == {"data.directory": "problem"}


def test_a_file_in_its_place_is_a_problem(settings: Settings) -> None:
    settings.data_dir.write_text("")
    assert states(check(settings)) == {"data.directory": "problem"}


@pytest.mark.parametrize(("free", "state"), [(10, "problem"), (2**30, "warning"), (2**40, "ok")])
def test_room_is_judged(settings: Settings, free: int, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(".")._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert states(check(made(settings)))["data.space"] == state


def test_a_disk_that_does_not_sync_is_a_problem(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    found = check(made(settings))
    assert states(found)["data.sync"] == "problem"
    assert "input/output error" in said(found, "data.sync")
    assert os.listdir(settings.data_dir) == []


def test_uploads_on_another_file_system_are_a_problem(settings: Settings) -> None:
    """The system's memory file system is another one than that of the tests' directory."""
    shared = Path("/dev/shm")
    made(settings)
    (settings.data_dir / "blobs").mkdir()
    (settings.data_dir / "blobs" / "tmp").symlink_to(shared)
    apart = shared.stat().st_dev != settings.data_dir.stat().st_dev
    assert (states(check(settings))["data.file-system"] == "problem") is apart
