"""A real gateway that dies by SIGKILL at a chosen point: for tests of what is left then.

    python -m tests.faults.killed DATA_DIRECTORY

It prints its two ports, then obeys lines on its standard input and answers each with one line: `arm N` dies at the N-th
point from now on (0: never), `count` tells how many points were passed, `carry` takes in the queued answers. Points are
the moments just before and just after each commit of the store, each fsync and each rename.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from gateway.app import Gateway
from gateway.bridge.answers import carry_answers
from gateway.config.settings import Http, Scheduler, Settings, Sftp


def settings_for(data_dir: Path) -> Settings:
    """Free ports, and nothing that happens by itself: a test must know which point is which."""
    return Settings(data_dir=data_dir, http=Http(port=0), sftp=Sftp(port=0), scheduler=Scheduler(enabled=False))


class _Points:
    """Counts the points of this process, and ends it at the one that was asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fatal = 0
        self.passed = 0

    def arm(self, fatal: int) -> None:
        with self._lock:
            self.passed, self._fatal = 0, fatal

    def around(self, act: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        self._pass()
        result = act(*arguments, **options)
        self._pass()
        return result

    def _pass(self) -> None:
        with self._lock:
            self.passed += 1
            if self.passed == self._fatal:
                os.kill(os.getpid(), signal.SIGKILL)


_points = _Points()
_answers = os.dup(1)  # the log, which also goes to the standard output, must not mix with answers


class _Connection(sqlite3.Connection):
    """Commits of the writer are points; those that end a reading are not."""

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql == "COMMIT" and threading.current_thread().name == "sqlite-writer":
            cursor: sqlite3.Cursor = _points.around(super().execute, sql)
            return cursor
        return super().execute(sql, *parameters)


async def _serve(data_dir: Path) -> None:
    gateway = Gateway(settings_for(data_dir))
    await gateway.open()
    _say(json.dumps([gateway.http_port, gateway.sftp_port]))
    while line := await asyncio.to_thread(sys.stdin.readline):
        order, *rest = line.split()
        if order == "arm":
            _points.arm(int(rest[0]))
            _say("armed")
        elif order == "count":
            _say(str(_points.passed))
        elif order == "carry":
            _say(str(await carry_answers(gateway.office)))
    os._exit(0)  # whoever started this is gone


def _say(text: str) -> None:
    os.write(_answers, f"{text}\n".encode())


if __name__ == "__main__":
    os.dup2(2, 1)
    sqlite3.connect = partial(sqlite3.connect, factory=_Connection)  # type: ignore[assignment]  # of this process only
    os.fsync = partial(_points.around, os.fsync)
    os.rename = partial(_points.around, os.rename)
    asyncio.run(_serve(Path(sys.argv[1])))
