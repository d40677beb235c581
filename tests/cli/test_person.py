"""The person at the command line is who the system says, whatever the environment says."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from gateway.cli import person as module
from gateway.cli.person import person

NOBODY = 4_000_000_000


def logged_in(monkeypatch: pytest.MonkeyPatch, place: Path, text: str) -> None:
    (place / "loginuid").write_text(text, encoding="ascii")
    monkeypatch.setattr(module, "_LOGIN", place / "loginuid")


def test_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    logged_in(monkeypatch, tmp_path, f"{2**32 - 1}")
    for name in ("LOGNAME", "USER", "SUDO_USER"):
        monkeypatch.setenv(name, "somebody-else")
    assert person() == pwd.getpwuid(os.getuid()).pw_name


def test_who_logged_in_stays_who_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    logged_in(monkeypatch, tmp_path, "1")
    assert person() == pwd.getpwuid(1).pw_name != pwd.getpwuid(os.getuid()).pw_name


def test_a_user_without_a_name_has_a_number(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    logged_in(monkeypatch, tmp_path, f"{NOBODY}\n")
    assert person() == f"user {NOBODY}"


def test_where_no_login_is_kept_it_is_the_user_of_the_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "_LOGIN", tmp_path / "none")
    monkeypatch.setattr(os, "getuid", lambda: NOBODY)
    assert person() == f"user {NOBODY}"
    logged_in(monkeypatch, tmp_path, "what")
    assert person() == f"user {NOBODY}"
