"""A directory with a configuration of its own, in which commands run in this process."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.opening import settings_of
from gateway.config import Settings
from tests.cli.onboarding import WHOLE


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: gateway.yaml, and a sound onboarding file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gateway.yaml").write_text("data_dir: var\n", encoding="utf-8")
    (tmp_path / "onboarding.yaml").write_text(WHOLE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def config(place: Path) -> Path:
    return place / "gateway.yaml"


@pytest.fixture
def settings(config: Path) -> Settings:
    return settings_of(config)
