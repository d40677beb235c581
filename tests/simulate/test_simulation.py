"""A small simulation whole, some of its subscribers at real doors, on a gateway of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import Settings
from gateway.sftp_server import host_keys
from tools.simulate import simulation
from tools.simulate.report import report
from tools.simulate.simulation import Outcome, Scale, simulate


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Host keys; an RSA key takes its time."""
    directory = tmp_path_factory.mktemp("keys")
    host_keys.load(directory)
    return directory


def settings(directory: Path, keys: Path) -> Settings:
    found = simulation.settings(directory)
    return found.model_copy(update={"host_keys": found.host_keys.model_copy(update={"dir": str(keys)})})


async def test_nothing_is_lost_and_nothing_counts_twice_in_a_migration(tmp_path: Path, keys: Path) -> None:
    outcome = await simulate(settings(tmp_path, keys), Scale(30, 90, days=100, real=3, seed=11))
    sheet = outcome.sheet
    assert sheet.disagreements == []
    assert outcome.whole
    assert outcome.done.switches > 10
    assert outcome.done.drains
    assert sheet.clients["deposited"] == sheet.gateway["deposited"] >= 90
    assert sheet.gateway["lost"] == sheet.gateway["counted twice"] == 0
    assert sheet.certificate.clean
    assert sheet.certificate.subscriptions > 10
    assert sheet.clients["real doors"] > 20
    assert "disagreements 0" in report(outcome)


async def test_it_ends_when_its_time_is_over_and_says_so(tmp_path: Path, keys: Path) -> None:
    outcome: Outcome = await simulate(settings(tmp_path, keys), Scale(5, 10, days=60, minutes=0))
    assert not outcome.whole
    assert "stopped after 0 minutes" in report(outcome)
    assert outcome.sheet.disagreements == []
