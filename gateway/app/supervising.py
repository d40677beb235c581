"""Several workers below one supervisor: it holds the ports, starts them, replaces those that die, and drains them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import structlog

from gateway.api.metrics import SHARED, forget_process
from gateway.app.channel import READY, Orders, send
from gateway.app.listening import Doors, listen
from gateway.app.registers import Registers
from gateway.app.respawn import Respawn
from gateway.app.tallies import tallies
from gateway.config import Settings
from gateway.config.reloading import Reloading, kept_up

log = structlog.get_logger("gateway.app")

_START: Final = 60.0  # seconds that a worker may take to open its doors
_GRACE: Final = 10.0  # seconds beyond the deadline in which a worker that drains has to end


class WorkersError(Exception):
    """Workers cannot be started. `code`: with what the last of them ended; it has said why in the log."""

    def __init__(self, code: int) -> None:
        super().__init__("a worker cannot be started")
        self.code = code


@dataclass(frozen=True, slots=True)
class _Worker:
    process: asyncio.subprocess.Process
    channel: asyncio.StreamWriter
    since: float


class Supervisor:
    """The workers of one gateway, until `stop`.

    `config` is the file of the settings, `figures` the directory in which workers count together.
    """

    def __init__(
        self, settings: Settings, config: Path | None, doors: Doors, figures: Path, stop: asyncio.Event
    ) -> None:
        self._settings = settings
        self._stop = stop
        self._config = config
        self._doors = doors
        self._figures = figures
        self._workers: dict[int, _Worker] = {}
        self._starting: set[asyncio.subprocess.Process] = set()
        self._registers: Registers | None = None

    async def run(self, count: int, serving: Callable[[], None]) -> None:
        """Keeps `count` workers, and drains them at the end; calls `serving` when all of them serve.

        Raises WorkersError when one cannot be started; the others are drained.
        """
        self._registers = Registers.make(self._figures, self._settings, count)
        keepers = set[asyncio.Task[None]]()
        stopped = asyncio.create_task(self._stop.wait())
        try:
            # One alone first: it makes what is made once, and what is wrong is said once.
            for numbers in (range(1, 2), range(2, count + 1)):
                starts = asyncio.gather(*(self._start(number) for number in numbers))
                await _first(starts, stopped)
                if self._stop.is_set():
                    starts.cancel()
                    await asyncio.gather(starts, return_exceptions=True)
                    return
                starts.result()
            serving()
            keepers = {asyncio.create_task(self._keep(number)) for number in self._workers}
            await _first(stopped, *keepers)
            for keeper in keepers:
                if keeper.done() and not self._stop.is_set():
                    keeper.result()
        finally:
            for task in (stopped, *keepers):
                task.cancel()
            await asyncio.gather(stopped, *keepers, return_exceptions=True)
            await self._drain()

    def adopt(self, settings: Settings) -> None:
        """Lets every worker work with changed settings, those to come too."""
        self._settings = settings
        for worker in self._workers.values():
            send(worker.channel, settings)

    async def _keep(self, number: int) -> None:
        """Replaces a worker whenever it ends. Raises WorkersError when that does not succeed."""
        respawn, loop = Respawn(), asyncio.get_running_loop()
        while True:
            worker = self._workers[number]
            code = await worker.process.wait()
            if self._stop.is_set():
                return
            served: timedelta | None = timedelta(seconds=loop.time() - worker.since)
            log.warning("worker ended", worker=number, code=code)
            self._forget(number)
            while number not in self._workers:
                wait = respawn.ended(served)
                if wait is None:
                    log.error("worker cannot be started", worker=number, attempts=respawn.failed)
                    raise WorkersError(code)
                await asyncio.sleep(wait.total_seconds())
                served = None
                try:
                    await self._start(number)
                except WorkersError as error:
                    code = error.code
                    log.warning("worker did not start", worker=number, code=code)

    async def _start(self, number: int) -> None:
        """Returns when the worker serves. Raises WorkersError when it does not come to that."""
        ours, theirs = socket.socketpair()
        http, sftp = self._doors.descriptors
        settings, registers = self._settings, self._registers
        assert registers is not None, "it does not run"
        try:
            process = await asyncio.create_subprocess_exec(
                *_command(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                env=os.environ | {SHARED: str(self._figures)},
                pass_fds=(theirs.fileno(), *http, *sftp),
            )
            self._starting.add(process)
            reader, channel = await asyncio.open_unix_connection(sock=ours)
        except OSError as error:  # the system has no room for one more at the moment
            ours.close()
            log.error("worker could not be made", worker=number, reason=(error.strerror or str(error)).lower())
            raise WorkersError(1) from error
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        ready = b""
        try:
            send(channel, Orders(number, settings, self._config, http, sftp, registers))
            async with asyncio.timeout(_START):
                ready = await reader.read(len(READY))
        except ConnectionError:
            pass  # it has ended
        except TimeoutError:
            log.error("worker did not open its doors in time", worker=number, seconds=_START)
            process.kill()
        finally:
            if ready != READY:
                channel.close()
        if ready != READY:
            code = await process.wait()
            self._starting.discard(process)
            self._erase(number, process)
            raise WorkersError(code)
        self._starting.discard(process)
        self._workers[number] = _Worker(process, channel, asyncio.get_running_loop().time())
        if settings is not self._settings:  # they changed meanwhile
            send(channel, self._settings)

    def _forget(self, number: int) -> None:
        worker = self._workers.pop(number)
        worker.channel.close()
        self._erase(number, worker.process)

    def _erase(self, number: int, process: asyncio.subprocess.Process) -> None:
        """Counts no more what lasted as long as the process."""
        forget_process(process.pid, self._figures)
        if self._registers is not None:
            self._registers.strike(number)

    async def _drain(self) -> None:
        """Lets every worker finish within the deadline, and ends those that do not."""
        self._doors.close()  # or connections would wait in a queue that nobody takes them from
        deadline = self._settings.shutdown.deadline.total_seconds()
        processes = [*self._starting, *(worker.process for worker in self._workers.values())]
        running = [process for process in processes if process.returncode is None]
        if not running:
            return
        log.info("draining", deadline=deadline, workers=len(running))
        for process in running:
            with suppress(ProcessLookupError):
                process.terminate()
        waiting = [asyncio.create_task(process.wait()) for process in running]
        _, late = await asyncio.wait(waiting, timeout=deadline + _GRACE)
        if late:
            log.warning("workers that did not end are killed", workers=len(late))
            for process in running:
                with suppress(ProcessLookupError):
                    process.kill()
            await asyncio.wait(late)
        for worker in self._workers.values():
            worker.channel.close()


async def supervise(settings: Settings, *, config: Path | None, announce: Callable[[Doors], None]) -> int:
    """Serves with several workers until SIGTERM or SIGINT, then drains; answers the exit code.

    `announce` is called when all workers serve. The file `config` is watched here, and read again at SIGHUP; workers
    are told what came of it. The database must be prepared. Raises OSError when a port cannot be had.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)  # not yet: the watch begins with a look at the files
    doors = listen(settings)
    watch: asyncio.Task[None] | None = None
    try:
        with tallies(settings.data_dir.absolute() / "spool") as figures:
            supervisor = Supervisor(settings, config, doors, figures, stop)
            reloading = Reloading(config, os.environ, settings, supervisor.adopt)
            count = settings.serve.processes

            def serving() -> None:
                nonlocal watch
                log.info("serving", http=doors.http_port, sftp=doors.sftp_port, workers=count)
                loop.add_signal_handler(signal.SIGHUP, reloading.reload)
                watch = asyncio.create_task(kept_up(reloading))
                announce(doors)

            await supervisor.run(count, serving)
    except WorkersError as error:
        log.error("stopped, since workers cannot be started", code=error.code)
        return error.code if error.code > 0 else 1
    finally:
        doors.close()
        if watch is not None:
            watch.cancel()
    log.info("stopped")
    return 0


async def _first(*ends: asyncio.Future[Any]) -> None:
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)


def _command(channel: int) -> list[str]:
    """This program again, from the same place: the working directory counts only where it counted here."""
    from_here = os.getcwd() in sys.path or "" in sys.path
    return [sys.executable, *([] if from_here else ["-P"]), "-m", "gateway", "worker", str(channel)]
