"""`gateway serve`."""

from __future__ import annotations

import asyncio
import json as encoding
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.opening import embedded, settings_of

if TYPE_CHECKING:
    from gateway.app import Gateway
    from gateway.config import Settings


def serve_until_stopped(config: Path | None, *, json: bool) -> int:
    """Serves; returns the exit code. Says on standard output where it listens once both doors are open.

    Raises ConfigurationError, and CommandError when a port, a directory or a host key cannot be used.
    """
    from gateway.app import prepare, serve
    from gateway.config.logs import configure_logs
    from gateway.sftp_server.host_keys import HostKeyError

    def announce(gateway: Gateway) -> None:
        print(announced(settings, gateway, json), flush=True)

    settings = settings_of(config)
    configure_logs(settings.log)
    try:
        if embedded(settings):
            prepare(settings)
        tempfile.tempdir = str(_spool(settings))
        return asyncio.run(serve(settings, config=config, announce=announce))
    except HostKeyError as error:
        raise CommandError(str(error), Exit.INVALID) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        ports = f"http.port {settings.http.port}, sftp.port {settings.sftp.port}"
        raise CommandError(f"cannot serve: {reason}; check {ports} and data_dir", Exit.INVALID) from error


def _spool(settings: Settings) -> Path:
    """Where files lie for a moment: on the disk that was chosen for such sizes, and often the only one to write to."""
    directory = settings.data_dir.absolute() / "spool"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def announced(settings: Settings, gateway: Gateway, json: bool) -> str:
    """The line that tells where the doors are."""
    http, sftp = (settings.http.host, gateway.http_port), (settings.sftp.host, gateway.sftp_port)
    if json:
        return encoding.dumps({"http": {"host": http[0], "port": http[1]}, "sftp": {"host": sftp[0], "port": sftp[1]}})
    return f"Serving: http://{_spelt(http[0])}:{http[1]}  sftp://{_spelt(sftp[0])}:{sftp[1]}  (stop with Ctrl-C)"


def _spelt(host: str) -> str:
    return f"[{host}]" if ":" in host else host
