"""What a person sees who has no suitable Python: its install line, no traceback."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OLD = """#!/bin/sh
[ "$1" = --version ] && echo 'Python 3.9.2'
[ "$1" = --version ]
"""
WITHOUT_VENV = """#!/bin/sh
case "$*" in *ensurepip*) echo "ModuleNotFoundError: No module named 'ensurepip'" >&2; exit 1;; esac
exit 0
"""


def set_up(place: Path, interpreter: str | None) -> subprocess.CompletedProcess[str]:
    """Run the set-up in an empty place on a machine whose only Python is this one."""
    programs = place / "programs"
    programs.mkdir()
    for name in ("sh", "cat", "rm", "pwd"):
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    if interpreter is not None:
        (programs / "python3").write_text(interpreter, encoding="utf-8")
        (programs / "python3").chmod(0o755)
    return subprocess.run(
        ["sh", str(ROOT / ".ci" / "set-up"), "demo"],
        cwd=place,
        env={"PATH": str(programs), "HOME": os.devnull},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("interpreter", "told"),
    [
        (None, "Python 3.11 or later is needed (found: none). Install it with: "),
        (OLD, "Python 3.11 or later is needed (found: Python 3.9.2). Install it with: "),
        (WITHOUT_VENV, "Python's venv and ensurepip modules are missing. Install them with: "),
    ],
    ids=["none", "old", "without venv"],
)
def test_what_is_missing_is_named_with_its_install_line(tmp_path: Path, interpreter: str | None, told: str) -> None:
    ran = set_up(tmp_path, interpreter)
    assert ran.returncode == 1
    assert ran.stderr == f"{told}apt-get install python3 python3-venv\n"
    assert not (tmp_path / ".venv").exists()
