"""`gateway serve`."""

from __future__ import annotations

import asyncio
import json as encoding
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.opening import embedded, settings_of

if TYPE_CHECKING:
    from gateway.config import Settings


class Ports(Protocol):
    """What listens, in whichever process."""

    @property
    def http_port(self) -> int:
        """Of the REST door."""

    @property
    def sftp_port(self) -> int:
        """Of the SFTP door."""


def serve_until_stopped(config: Path | None, *, json: bool, workers: int | None = None) -> int:
    """Serves; returns the exit code. Says on standard output where it listens once both doors are open.

    `workers`: how many processes, instead of what the settings say. Raises ConfigurationError, and CommandError when a
    port, a directory or a host key cannot be used.
    """
    from gateway.app import prepare, serve, supervise
    from gateway.config.logs import configure_logs

    def announce(ports: Ports) -> None:
        print(announced(settings, ports, json), flush=True)

    if workers is not None:
        os.environ["GATEWAY__SERVE__WORKERS"] = str(workers)  # it wins when the file is read again, too
    settings = settings_of(config)
    configure_logs(settings.log)
    with _told(f"check http.port {settings.http.port}, sftp.port {settings.sftp.port} and data_dir"):
        if embedded(settings):
            prepare(settings)
        tempfile.tempdir = str(_spool(settings))
        run = serve if settings.serve.processes == 1 else supervise
        return asyncio.run(run(settings, config=config, announce=announce))


def serve_below(channel: int) -> int:
    """Serves as one of several workers, as the supervisor says on the descriptor `channel`; returns the exit code."""
    from gateway.app import work

    with _told("check data_dir"):
        return asyncio.run(work(channel))


@contextmanager
def _told(advice: str) -> Iterator[None]:
    """What keeps a gateway from serving, as a CommandError with what to do."""
    from gateway.sftp_server.host_keys import HostKeyError

    try:
        yield
    except HostKeyError as error:
        raise CommandError(str(error), Exit.INVALID) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CommandError(f"cannot serve: {reason}; {advice}", Exit.INVALID) from error


def _spool(settings: Settings) -> Path:
    """Where files lie for a moment: on the disk that was chosen for such sizes, and often the only one to write to."""
    directory = settings.data_dir.absolute() / "spool"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def announced(settings: Settings, ports: Ports, json: bool) -> str:
    """The line that tells where the doors are."""
    http, sftp = (settings.http.host, ports.http_port), (settings.sftp.host, ports.sftp_port)
    if json:
        return encoding.dumps({"http": {"host": http[0], "port": http[1]}, "sftp": {"host": sftp[0], "port": sftp[1]}})
    return f"Serving: http://{_spelt(http[0])}:{http[1]}  sftp://{_spelt(sftp[0])}:{sftp[1]}  (stop with Ctrl-C)"


def _spelt(host: str) -> str:
    return f"[{host}]" if ":" in host else host
