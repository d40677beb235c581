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
    outcome = await simulate(settings(tmp_path, keys), Scale(50, 150, days=100, real=3, seed=13))
    sheet = outcome.sheet
    assert sheet.disagreements == []
    assert outcome.whole
    assert outcome.done.switches > 10
    assert outcome.done.drains
    assert outcome.done.returned > 2
    assert outcome.done.rehearsed > 1
    assert sum(sheet.gateway[f"dual run {name}"] for name in ("equal", "different", "pending")) > 2
    assert sheet.clients["in dual runs"] > 5
    assert sheet.gateway["pushed"] > 3
    assert sheet.gateway["through shared accounts"] > 5
    assert sheet.clients["deposited"] == sheet.gateway["deposited"] >= 150
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
