from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.cli.demo import stage
from gateway.cli.demo.checks import DemoFailure
from gateway.cli.demo.process import environment
from tests.cli.running import ROOT


async def test_a_step_that_goes_wrong_is_told_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @asynccontextmanager
    async def broken(config: Path, log: Path) -> AsyncIterator[None]:
        os.close(os.open(log, os.O_CREAT))
        raise DemoFailure("the status\n  expected: DONE\n  seen:     SENT")
        yield

    monkeypatch.setattr(stage, "running", broken)
    assert await stage.play(once=True) == 1
    shown = capsys.readouterr().out
    assert "✗ The demo found something wrong: the status\n  expected: DONE\n  seen:     SENT" in shown
    assert "The gateway's log ends:" in shown


async def test_it_keeps_serving_until_ctrl_c(tmp_path: Path) -> None:
    """The lines it prints work: one of them is run."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway",
        "demo",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=tmp_path,
        env={**environment(), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "TMPDIR": str(tmp_path)},
    )
    assert process.stdout is not None
    lines: list[str] = []
    async with asyncio.timeout(120):
        while not lines or "Ctrl-C ends it" not in lines[-1]:
            raw = await process.stdout.readline()
            assert raw, "".join(lines)
            lines.append(raw.decode())
    line = next(each for each in lines if " timeline " in each)
    told = await asyncio.create_subprocess_shell(
        line, stdout=asyncio.subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    shown, _ = await told.communicate()
    assert shown.decode().startswith("DEMO-EC-0100  EtatCivil  HUBEE_NOTIFIED")
    process.send_signal(signal.SIGINT)
    rest, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    assert rest.decode().endswith("Stopping.\n")
    assert os.listdir(tmp_path) == []
