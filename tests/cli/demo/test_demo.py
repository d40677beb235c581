from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from gateway.cli import demo
from gateway.cli.failing import CommandError
from tests.cli.running import gateway


def test_the_main_job_runs_to_its_end_and_leaves_nothing(tmp_path: Path) -> None:
    done = gateway("demo", "--once", where=tmp_path, TMPDIR=str(tmp_path))
    assert done.code == 0, done.out + done.err
    held = re.search(r"✓ (\d+) checks held", done.out)
    assert held is not None
    assert int(held[1]) == done.out.count("  ✓ ")
    for who in ("The depositor", "Saint-Exemple (SFTP, legacy)", "Villefictive (API)"):
        assert who in done.out
    assert done.err == ""
    assert [*tmp_path.iterdir()] == []


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CommandError, match="pip install lxml paramiko, or run `make demo`"):
        demo.run_demo(once=True)
