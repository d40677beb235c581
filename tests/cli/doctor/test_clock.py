from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.cli.doctor.clock import check, zone
from tests.cli.doctor.states import said, states

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def test_a_clock_that_can_be_right(tmp_path: Path) -> None:
    assert states(check(NOW, tmp_path / "gateway.db")) == {
        "clock.time": "ok",
        "clock.monotonic": "ok",
        "clock.zone": "ok",
    }


@pytest.mark.parametrize("year", [1970, 2019, 2106])
def test_a_clock_that_was_never_set(year: int) -> None:
    assert states(check(NOW.replace(year=year), None))["clock.time"] == "problem"


def test_a_clock_behind_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "gateway.db"
    file.write_text("")
    later = (NOW + timedelta(hours=1)).timestamp()
    os.utime(file, (later, later))
    found = check(NOW, file)
    assert states(found)["clock.time"] == "problem"
    assert "written at 2026-12-01 13:00:00 UTC" in said(found, "clock.time")


def test_a_monotonic_clock_that_is_none() -> None:
    moments = iter(range(100, 0, -1))
    assert states(check(NOW, None, lambda: float(next(moments))))["clock.monotonic"] == "problem"


def test_time_zones() -> None:
    assert str(zone("Europe/Paris").state) == "ok"
    assert str(zone("Etc/UTC").state) == "warning"
    assert str(zone("Europe/Nowhere").state) == "problem"
