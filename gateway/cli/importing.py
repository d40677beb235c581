"""`gateway import`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.import_report import secrets_of, show_report
from gateway.cli.onboarding_file import placed, read_onboarding
from gateway.cli.opening import at_the_office, settings_of
from gateway.config import load_processes
from gateway.services.declaration import DeclarationError, Report
from gateway.services.onboard import onboard

if TYPE_CHECKING:
    from gateway.config import Settings
    from gateway.services.declaration import Declaration


def import_file(file: Path, config: Path | None, *, dry_run: bool, credentials_out: Path | None, json: bool) -> None:
    """Imports a file and shows the report.

    Raises ConfigurationError with every fault of settings or file, CommandError when the file for the generated secrets
    exists already.
    """
    settings = settings_of(config)
    declaration = read_onboarding(file, load_processes(settings.processes_path))
    if credentials_out is None or dry_run:
        show_report(apply(settings, declaration, dry_run=dry_run, quiet=json), json=json)
        return
    with _new_file(credentials_out) as write:
        report = apply(settings, declaration, dry_run=False, quiet=json)
        kept = bool(report.credentials or report.webhooks)
        if kept:
            write(secrets_of(report))
    show_report(report, json=json, secrets_in=credentials_out.name if kept else None)


def apply(settings: Settings, declaration: Declaration, *, dry_run: bool, quiet: bool) -> Report:
    """Applies a declaration; what the service refuses is told by line and column."""
    with _progress(quiet) as progress:
        try:
            return at_the_office(
                settings,
                "gateway import",
                lambda office, caller: onboard(office, caller, declaration, dry_run=dry_run, progress=progress),
            )
        except DeclarationError as error:
            raise placed(error.rows) from None


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on standard error while secrets are hashed, where there is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Securing credentials", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _new_file(path: Path) -> Iterator[Callable[[str], None]]:
    """A file that did not exist, readable by its owner alone; removed again if nothing was written to it."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        message = f"{path.name} exists already: secrets are not written over another file, name a new one"
        raise CommandError(message, Exit.REFUSED) from None
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise CommandError(f"{path.name} cannot be made: {reason}", Exit.REFUSED) from None
    written = False

    def write(text: str) -> None:
        nonlocal written
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
        written = True

    try:
        yield write
    finally:
        os.close(descriptor)
        if not written:
            path.unlink(missing_ok=True)
