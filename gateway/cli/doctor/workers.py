"""How many processes serve, beside the processors there are."""

from __future__ import annotations

from gateway.cli.doctor.findings import Finding, warning, well
from gateway.config import Settings
from gateway.config.serve import processors


def check(settings: Settings) -> list[Finding]:
    """One finding: more workers than processors only take turns."""
    count, most = settings.serve.processes, processors()
    found = f"{count} of {most} processors" if count > 1 else f"one process, {most} processors"
    if count > most:
        return [warning("serve.workers", found, "lower serve.workers: more than one a processor take memory only")]
    return [well("serve.workers", found)]
