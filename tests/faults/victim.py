"""The gateway that a test kills, in a process of its own."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Final

from tests.faults import killed

_PROJECT: Final = Path(__file__).parents[2]
_WAIT: Final = 60.0
_FORKING: Final = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload([killed.__name__])


class Victim:
    """The gateway on a data directory; used as a context manager.

    It is forked from a process that has imported everything, unless it needs an `environment` of its own.
    """

    def __init__(self, data_dir: Path, environment: Mapping[str, str] | None = None) -> None:
        self._data_dir = data_dir
        self._environment = environment
        self._forked: multiprocessing.process.BaseProcess | None = None
        self._started: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Victim:
        self._orders = self._fork() if self._environment is None else self._start(self._environment)
        http, sftp = self._answer().split()
        self.ports = (int(http), int(sftp))
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._orders.close()

    def order(self, line: str) -> str:
        """Gives an order and waits for its answer. Raises OSError or EOFError when the gateway died."""
        self._orders.send(line)
        return self._answer()

    async def carry(self) -> None:
        await asyncio.to_thread(self.order, "carry")

    def kill(self) -> None:
        """Ends it, if it lives; waits until it is dead."""
        if self._forked is not None:
            self._forked.kill()
            self._forked.join()
        if self._started is not None:
            self._started.kill()
            self._started.wait()

    def _fork(self) -> Connection:
        ours, theirs = _FORKING.Pipe()
        self._forked = _FORKING.Process(target=killed.run, args=(self._data_dir, theirs), daemon=True)
        self._forked.start()
        theirs.close()
        return ours

    def _start(self, environment: Mapping[str, str]) -> Connection:
        with tempfile.TemporaryDirectory() as directory, Listener(os.path.join(directory, "orders")) as listener:
            command = [sys.executable, "-m", killed.__name__, str(self._data_dir), str(listener.address)]
            self._started = subprocess.Popen(
                command, env=environment, cwd=_PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            return listener.accept()

    def _answer(self) -> str:
        if not self._orders.poll(_WAIT):
            raise AssertionError("the gateway does not answer")
        answer: str = self._orders.recv()
        return answer
