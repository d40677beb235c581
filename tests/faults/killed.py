"""A real gateway that dies by SIGKILL at a chosen point: for tests of what is left then.

    python -m tests.faults.killed DATA_DIRECTORY ADDRESS

or, without the time that imports take, `run` in a forked process. It tells its two ports on a connection, then obeys
orders that come on it and answers each: `arm N` dies at the N-th point from now on (0: never), `count` tells how many
points were passed, `carry` takes in the queued answers, `drive` carries moves on. Points are the moments just before
and just after each commit of the store, each settling of those who wait for it, each fsync and each rename.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

from gateway.app import Gateway
from gateway.bridge.answers import carry_answers
from gateway.config.rates import Rates
from gateway.config.settings import Http, Scheduler, Settings, Sftp
from gateway.services import waves
from gateway.store import sqlite


def settings_for(data_dir: Path) -> Settings:
    """Free ports, and nothing that happens by itself: a test must know which point is which."""
    return Settings(
        data_dir=data_dir,
        http=Http(port=0),
        sftp=Sftp(port=0),
        scheduler=Scheduler(enabled=False),
        rates=Rates(per_client=0, per_organization=0, token_requests=0),  # allowances are taken in commits of their own
    )


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


class _Connection(sqlite3.Connection):
    """Commits of the writer are points; those that end a reading are not."""

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql == "COMMIT" and threading.current_thread().name == "sqlite-writer":
            cursor: sqlite3.Cursor = _points.around(super().execute, sql)
            return cursor
        return super().execute(sql, *parameters)


def run(data_dir: Path, orders: Connection) -> None:
    """The whole life of the process."""
    sqlite.__dict__["BATCH"] = 1  # two verbs that meet in one commit would leave out points
    sqlite3.connect = partial(sqlite3.connect, factory=_Connection)  # type: ignore[assignment]  # of this process only
    sqlite.__dict__["_settle"] = partial(_points.around, vars(sqlite)["_settle"])
    os.fsync = partial(_points.around, os.fsync)
    os.rename = partial(_points.around, os.rename)
    with open(os.devnull, "w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
        asyncio.run(_serve(data_dir, orders))


async def _serve(data_dir: Path, orders: Connection) -> None:
    gateway = Gateway(settings_for(data_dir))
    await gateway.open()
    orders.send(f"{gateway.http_port} {gateway.sftp_port}")
    while True:
        try:
            order, *rest = (await asyncio.to_thread(orders.recv)).split()
        except EOFError:
            os._exit(0)  # whoever started this is gone
        if order == "arm":
            _points.arm(int(rest[0]))
            orders.send("armed")
        elif order == "count":
            orders.send(str(_points.passed))
        elif order == "carry":
            orders.send(str(await carry_answers(gateway.office)))
        elif order == "drive":
            orders.send(str(await waves.drive(gateway.office)))


if __name__ == "__main__":
    run(Path(sys.argv[1]), Client(sys.argv[2]))
