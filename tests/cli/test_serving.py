from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from gateway import app
from gateway.cli.serving import announced, serve_until_stopped
from gateway.config import Settings, load_settings, logs
from tests.cli.running import ROOT, gateway


@dataclass
class Ports:
    http_port: int
    sftp_port: int


def test_people_and_scripts_are_told_where_the_doors_are(settings: Settings) -> None:
    open_doors = cast(Any, Ports(8080, 2222))
    assert announced(settings, open_doors, json=False).startswith(
        "Serving: http://127.0.0.1:8080  sftp://127.0.0.1:2222"
    )
    assert json.loads(announced(settings, open_doors, json=True)) == {
        "http": {"host": "127.0.0.1", "port": 8080},
        "sftp": {"host": "127.0.0.1", "port": 2222},
    }
    wide = settings.model_copy(update={"http": settings.http.model_copy(update={"host": "::1"})})
    assert "http://[::1]:8080" in announced(wide, open_doors, json=False)


def test_what_lies_for_a_moment_lies_on_the_chosen_disk(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a service may write nowhere else, and where there is room for large answers."""
    seen: list[str] = []

    async def serve(*_: object, **__: object) -> int:
        with tempfile.NamedTemporaryFile() as file:
            seen.append(os.path.dirname(file.name))
        return 0

    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(app, "serve", serve)
    monkeypatch.setattr(logs, "configure_logs", lambda _: None)
    assert serve_until_stopped(config, json=False) == 0
    assert seen == [str(load_settings(config, {}).data_dir.absolute() / "spool")]


def test_it_serves_until_it_is_told_to_stop(place: Path, config: Path) -> None:
    config.write_text("data_dir: var\nhttp: {port: 0}\nsftp: {port: 0}\nlog: {format: json}\n", encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "serve", "--config", str(config), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=place,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    where = json.loads(process.stdout.readline())
    taken = gateway(
        "serve", "--config", config, where=place, GATEWAY__HTTP__PORT=str(where["http"]["port"])
    )  # its port is in use
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out == b""
    events = [json.loads(line)["event"] for line in err.decode().splitlines()]
    assert [event for event in events if event in ("serving", "draining", "stopped")] == [
        "serving",
        "draining",
        "stopped",
    ]
    assert taken.code == 3
    assert "address already in use" in taken.err
    assert "Traceback" not in taken.err
