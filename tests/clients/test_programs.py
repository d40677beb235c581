"""What the tests say of programs that are not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients import programs
from tests.clients.programs import PACKAGES, not_run, program


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without any program."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(programs.NOT_INSTALLABLE, raising=False)


@pytest.mark.usefixtures("bare")
def test_an_absent_one_fails_in_ci_unless_it_cannot_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt install lftp"):
        program("lftp")
    monkeypatch.setenv(programs.NOT_INSTALLABLE, "curl lftp")
    with pytest.raises(pytest.skip.Exception, match="lftp cannot be installed here"):
        program("lftp")
    with pytest.raises(pytest.fail.Exception):
        program("rclone")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="rclone is not installed"):
        program("rclone")


@pytest.mark.usefixtures("bare")
def test_the_end_of_a_session_names_what_did_not_run() -> None:
    skipped = [
        ("tests/clients/test_sshfs.py::test_a", "Skipped: sshfs: no right to mount"),
        ("tests/clients/test_sshfs.py::test_b", "Skipped: sshfs: no right to mount"),
        ("tests/api/test_x.py::test_c", "Skipped: something else"),
    ]
    installed, because = not_run(skipped)
    assert all(f"{name} (Debian: {package})" in installed for name, package in PACKAGES.items())
    assert because == "foreign client not run: sshfs: no right to mount"


def test_where_all_are_there_nothing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in PACKAGES:
        (tmp_path / name).touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not_run([]) == []
