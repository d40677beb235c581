"""The configuration file, the environment over it, and the processes known beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gateway.cli.doctor.findings import Finding, problem, well
from gateway.config import ConfigurationError, Settings, load_processes, load_settings

_CORRECT = "correct it there; config/gateway.yaml lists every key with its default"


def check(config: Path | None, environ: Mapping[str, str]) -> tuple[list[Finding], Settings | None]:
    """Every fault with its line and column, and the settings if there is none that keeps them from being read."""
    try:
        settings = load_settings(config, environ)
    except ConfigurationError as error:
        return [problem("configuration", str(fault), _CORRECT) for fault in error.faults], None
    file = config.name if config else "the defaults"
    return [well("configuration", f"{file}: valid"), *_processes(settings)], settings


def _processes(settings: Settings) -> list[Finding]:
    try:
        known = load_processes(settings.processes_path)
    except ConfigurationError as error:
        return [problem("configuration.processes", str(fault), "correct it there") for fault in error.faults]
    source = settings.processes_path.name if settings.processes_path else "the packaged processes"
    return [well("configuration.processes", f"{source}: {len(known)} processes known beforehand")]
