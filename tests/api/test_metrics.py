"""The Meter port on Prometheus."""

import os
import subprocess
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.api.metrics import _OF_ALL, FIGURES, GAUGES, SHARED, PrometheusMeter, forget_process
from gateway.domain.deliveries import Gesture
from gateway.domain.figures import Snapshot
from gateway.domain.identity import Door

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def shown(meter: PrometheusMeter, snapshot: Snapshot | None = None) -> list[str]:
    return meter.exposition(snapshot, NOW).decode().splitlines()


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_counts(name: str) -> None:
    meter = PrometheusMeter()
    labels = dict.fromkeys(FIGURES[name].labels, "x")
    meter.count(name, **labels)
    meter.count(name, **labels)
    told_apart = ",".join(f'{label}="x"' for label in sorted(labels))
    assert f"gateway_{name}{{{told_apart}}} 2.0" in shown(meter) or f"gateway_{name} 2.0" in shown(meter)


def test_labels_are_shown_as_the_words_they_are() -> None:
    meter = PrometheusMeter()
    meter.count("acknowledgements_total", door=Door.SFTP, gesture=Gesture.RENAME)
    assert 'gateway_acknowledgements_total{door="SFTP",gesture="rename"} 1.0' in shown(meter)


def test_a_gauge_moves_both_ways() -> None:
    meter = PrometheusMeter()
    for name in GAUGES:
        meter.gauge(name, 2)
        meter.gauge(name, -1)
    assert all(f"gateway_{name} 1.0" in shown(meter) for name in GAUGES)


def test_what_is_unknown_is_ignored_and_logged_once(lines: list[MutableMapping[str, Any]]) -> None:
    meter = PrometheusMeter()
    for _ in range(2):
        meter.count("unheard_of", door="API")
        meter.gauge("unheard_of_gauge", 1)
        meter.count("deposits_total", colour="blue")
        meter.count("deposits_total")
    assert [line["figure"] for line in lines] == ["unheard_of", "unheard_of_gauge", "deposits_total"]


def test_two_meters_know_nothing_of_each_other() -> None:
    first, second = PrometheusMeter(), PrometheusMeter()
    first.count("expired_total")
    assert "gateway_expired_total 1.0" in shown(first)
    assert "gateway_expired_total 0.0" in shown(second)


def test_requests_are_counted_and_timed() -> None:
    meter = PrometheusMeter()
    meter.answered("GET", "/folders/{folderId}", 200, 0.03)
    lines = shown(meter)
    assert 'gateway_requests_total{method="GET",resource="/folders/{folderId}",status="200"} 1.0' in lines
    assert 'gateway_request_seconds_bucket{le="0.05",method="GET",resource="/folders/{folderId}"} 1.0' in lines


def test_the_store_is_shown_as_it_is_now() -> None:
    snapshot = Snapshot({("READY", "SFTP"): 3}, NOW - timedelta(hours=1), {"DEAD": 2}, {"QUEUED": 1})
    lines = shown(PrometheusMeter(), snapshot)
    assert 'gateway_deliveries{mode="SFTP",state="READY"} 3.0' in lines
    assert "gateway_oldest_undelivered_seconds 3600.0" in lines
    assert 'gateway_outgoing{state="DEAD"} 2.0' in lines
    assert 'gateway_answers{state="QUEUED"} 1.0' in lines
    assert "gateway_store_up 1.0" in lines
    assert "gateway_oldest_undelivered_seconds 0.0" in shown(PrometheusMeter(), Snapshot())
    assert "gateway_store_up 0.0" in shown(PrometheusMeter(), None)


WORKER = """
import sys
from datetime import UTC, datetime
from gateway.api.metrics import PrometheusMeter

meter = PrometheusMeter()
for _ in range(int(sys.argv[1])):
    meter.count("expired_total")
    meter.gauge("sftp_sessions", 1)
    meter.gauge("credentials_expiring", 1)
    meter.answered("GET", "/cases/{caseId}", 200, 0.03)
sys.stdout.write(meter.exposition(None, datetime(2026, 3, 2, tzinfo=UTC)).decode())
"""


def worker(directory: Path, times: int) -> tuple[int, list[str]]:
    """A process that counts; its id, and the figures it showed."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(times)],
        env=os.environ | {SHARED: str(directory), "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        text=True,
    )
    return process.pid, process.communicate(timeout=60)[0].splitlines()


def test_workers_show_the_figures_of_all_of_them(tmp_path: Path) -> None:
    first, _ = worker(tmp_path, 3)
    _, lines = worker(tmp_path, 2)
    assert "gateway_expired_total 5.0" in lines
    assert "gateway_sftp_sessions 5.0" in lines
    assert "gateway_credentials_expiring 3.0" in lines  # each looks at the same ones
    assert 'gateway_requests_total{method="GET",resource="/cases/{caseId}",status="200"} 5.0' in lines
    assert 'gateway_request_seconds_bucket{le="0.05",method="GET",resource="/cases/{caseId}"} 5.0' in lines
    assert "# HELP gateway_expired_total Deliveries that nobody took in time" in lines
    forget_process(first, tmp_path)
    _, lines = worker(tmp_path, 1)
    assert "gateway_expired_total 6.0" in lines
    assert "gateway_sftp_sessions 3.0" in lines


def test_every_gauge_has_its_way_to_be_that_of_all() -> None:
    assert set(_OF_ALL) == set(GAUGES)
