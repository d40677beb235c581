"""The master key and the host keys: there, whole, and readable by the gateway alone."""

from __future__ import annotations

from gateway.cli.doctor.findings import Finding, problem, reason, warning, well
from gateway.config import ConfigurationError, Settings
from gateway.config.secrets import has_master_key
from gateway.sftp_server import host_keys

_RESTORE = "restore it from the backup, with mode 0600: sealed webhook keys depend on it"


def check(settings: Settings) -> list[Finding]:
    """The master key first."""
    return [_master(settings), *_host(settings)]


def _master(settings: Settings) -> Finding:
    try:
        there = has_master_key(settings)
    except ConfigurationError as error:
        return problem("keys.master", "; ".join(fault.message for fault in error.faults), _RESTORE)
    if there:
        return well("keys.master", "there, closed to others")
    advice = "the first `gateway serve` makes it; if this gateway has run before, restore it from the backup"
    return warning("keys.master", "there is none yet", advice)


def _host(settings: Settings) -> list[Finding]:
    try:
        found = host_keys.inspect(settings.host_keys_path)
    except OSError as error:
        advice = "give the user of the gateway access to host_keys.dir"
        return [problem("keys.host", f"cannot be looked at: {reason(error)}", advice)]
    findings = []
    for name, fingerprint, fault in found:
        if fault:
            findings.append(problem(f"keys.host.{name}", fault, "chmod 600 it, or restore it from the backup"))
        elif fingerprint:
            findings.append(well(f"keys.host.{name}", fingerprint))
        else:
            advice = "the first `gateway serve` makes it; if this gateway has run before, restore it: clients know it"
            findings.append(warning(f"keys.host.{name}", "there is none yet", advice))
    return findings
