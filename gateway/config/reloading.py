"""The configuration of a running gateway: looked at when its files change, taken up when it is valid."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import structlog

from gateway.config.changes import changes
from gateway.config.faults import ConfigurationError, Fault
from gateway.config.loading import load_settings
from gateway.config.logs import configure_logs
from gateway.config.processes import load_processes
from gateway.config.settings import Settings
from gateway.config.watching import stirrings

log = structlog.get_logger(__name__)


class Reloading:
    """Keeps running settings in step with the file they came from (None: there is none).

    `apply` is given settings that differ from the running ones in nothing that needs a restart.
    """

    def __init__(
        self, path: Path | None, environ: Mapping[str, str], running: Settings, apply: Callable[[Settings], None]
    ) -> None:
        self._path = path
        self._environ = environ
        self._running = running
        self._apply = apply
        self._seen: dict[str, bytes | None] | None = None

    @property
    def running(self) -> Settings:
        """The settings in force."""
        return self._running

    def reload(self, *, quietly: bool = False) -> bool:
        """Reads the files again and takes up what is valid; says what it did in the log, `quietly` only if it did any.

        False when they were refused: then everything stays as it was.
        """
        try:
            wanted = self._read()
        except ConfigurationError as error:
            for fault in error.faults:
                log.error(
                    "configuration refused", file=fault.source, line=fault.line, column=fault.column, fault=str(fault)
                )
            return False
        found = changes(self._running, wanted)
        if found.applied:
            self._apply(found.settings)
            before, self._running = self._running, found.settings
            if before.log != found.settings.log:
                configure_logs(found.settings.log)
        if found.restart:
            log.warning("configuration needs a restart", keys=list(found.restart))
        if found.applied or not quietly:
            log.info("configuration reloaded", applied=list(found.applied))
        return True

    def reload_if_changed(self) -> bool:
        """Reloads when a file holds something else than when it was last looked at; whether it took up what it read.

        The first look compares with the running settings: the start may have taken its time.
        """
        seen = {os.fspath(path): _content(path) for path in self._files()}
        if seen == self._seen:
            return False
        done = self.reload(quietly=self._seen is None)
        self._seen = seen
        return done

    async def watch(self) -> None:
        """Reloads on every change, until cancelled. Does nothing without a file."""
        if self._path is None:
            return
        async for _ in stirrings(self._files):
            self.reload_if_changed()

    def _read(self) -> Settings:
        wanted = load_settings(self._path, self._environ)
        if self._path is not None and not self._path.read_bytes().strip():
            # Not the defaults: half of the editors in use empty a file before they write it.
            raise ConfigurationError([Fault("", 1, 1, "the file is empty", self._path.name)])
        load_processes(wanted.processes_path)
        return wanted

    def _files(self) -> list[Path]:
        own = [] if self._path is None else [self._path, self._path.parent / "processes.yaml"]
        processes = self._running.processes_path
        return list(dict.fromkeys([*own, *([processes] if processes else [])]))


def _content(path: Path) -> bytes | None:
    with suppress(OSError):
        return path.read_bytes()
    return None


async def kept_up(reloading: Reloading) -> None:
    """Watches, whatever happens: a watch that fails is told of in the log, and then SIGHUP still reloads."""
    try:
        await reloading.watch()
    except asyncio.CancelledError:
        raise
    except Exception:
        log.exception("the configuration is no longer watched: send SIGHUP after a change")
