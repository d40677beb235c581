"""The real gateway in a process of its own that dies, or stops to think, at a chosen commit point.

A commit point is a moment just before or just after something becomes durable or is answered: a transaction's commit,
the sync of a file or a directory, the rename of a blob, and the settling of the futures that verbs wait for. The
gateway's own code knows nothing of it: `install` wraps what it calls.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

from gateway.app import Gateway
from gateway.bridge.answers import carry_answers
from gateway.store import sqlite
from gateway.store.blobs import BlobWriter
from gateway.store.sqlite import SqliteStore
from gateway.store.transaction import Transaction
from tests.journeys.gateways import prepare, settings_for


class Points:
    """Counts the points that are passed while armed. At the `fatal` one (from 1 on) the process is killed.

    `pauses`: where the process says which point it has reached, and waits to be told to go on.
    """

    def __init__(self, pauses: Connection | None = None) -> None:
        self.passed: list[str] = []
        self._pauses = pauses
        self._fatal = 0
        self._armed = False
        self._lock = threading.Lock()

    def arm(self, fatal: int) -> None:
        self._fatal, self._armed, self.passed = fatal, True, []

    def reach(self, label: str) -> None:
        with self._lock:
            if not self._armed:
                return
            self.passed.append(label)
            if len(self.passed) == self._fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            if self._pauses is not None:
                self._pauses.send(label)
                self._pauses.recv()


class WatchedConnection:
    """A writer's connection whose commits are points."""

    def __init__(self, inner: Any, points: Points) -> None:
        self._inner = inner
        self._points = points

    def execute(self, sql: str, *parameters: Any) -> Any:
        if sql != "COMMIT":
            return self._inner.execute(sql, *parameters)
        return around(self._points, "commit", self._inner.execute)(sql)

    @property
    def in_transaction(self) -> bool:
        return bool(self._inner.in_transaction)


def around(points: Points, label: str, real: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, with a point before and after it."""

    def watched(*arguments: Any, **options: Any) -> Any:
        points.reach(f"before {label}")
        result = real(*arguments, **options)
        points.reach(f"after {label}")
        return result

    return watched


def install(points: Points) -> None:
    """Wraps what the store and the blobs call in this process, for good."""
    connect, commit = vars(SqliteStore)["_connect"], BlobWriter.commit

    def connect_watched(store: SqliteStore, *, read_only: bool = False) -> Transaction:
        tx: Transaction = connect(store, read_only=read_only)
        if not read_only:
            tx.session.connection = WatchedConnection(tx.session.connection, points)
        return tx

    async def commit_watched(writer: BlobWriter) -> Any:
        blob = await commit(writer)
        points.reach("after a blob was kept")
        return blob

    names: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
        (SqliteStore, "_connect", connect_watched),
        (sqlite, "_settle", around(points, "answering", vars(sqlite)["_settle"])),
        (os, "fsync", around(points, "sync", os.fsync)),
        (Path, "rename", around(points, "rename", Path.rename)),
        (BlobWriter, "commit", commit_watched),
    )
    for owner, name, watched in names:
        setattr(owner, name, watched)


async def serve(data_dir: Path, keys: Path, commands: Connection, points: Points) -> None:
    """Opens both doors, says on which ports, then does what it is told."""
    gateway = Gateway(settings_for(data_dir, keys))
    await gateway.open()
    commands.send((gateway.http_port, gateway.sftp_port))
    while True:
        try:
            command, argument = await asyncio.to_thread(commands.recv)
        except EOFError:
            break
        if command == "arm":
            points.arm(argument)
            commands.send("armed")
        elif command == "passed":
            commands.send(points.passed)
        elif command == "carry":
            commands.send(await carry_answers(gateway.office))
        else:
            break
    await gateway.drain()
    await gateway.close()


def run(data_dir: Path, keys: Path, commands: Connection) -> None:
    """The whole life of a process on a prepared directory."""
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115 (for the rest of the process's life)
    points = Points()
    install(points)
    asyncio.run(serve(data_dir, keys, commands, points))


def main(data_dir: Path, keys: Path, address: str) -> None:
    """The same on a new directory, for the fault layer; the second connection is for pauses."""
    commands, pauses = Client(address), Client(address)
    points = Points(pauses)
    install(points)

    async def begin() -> None:
        await prepare(settings_for(data_dir, keys))
        await serve(data_dir, keys, commands, points)

    asyncio.run(begin())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
