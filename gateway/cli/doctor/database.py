"""The database: within reach, of the right schema, keeping what it has committed, with the time of this machine."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from gateway.app import database_url, now
from gateway.cli.doctor.findings import Finding, problem, warning, well
from gateway.cli.opening import embedded
from gateway.config import Settings
from gateway.domain.errors import DomainError, UnavailableError
from gateway.store import inspection, schema
from gateway.store.inspection import Inspection

_UPGRADE: Final = "run `gateway db upgrade`"
_WARN: Final = timedelta(seconds=2)
_MOST: Final = timedelta(seconds=30)


def check(settings: Settings) -> tuple[list[Finding], bool]:
    """The findings, and whether the rows can be read by this version."""
    try:
        found = inspection.inspect(database_url(settings))
    except UnavailableError as error:
        advice = "start it, or correct database.url (in the environment, if it holds a password)"
        return [problem("database", error.message, advice)], False
    if found is None:
        return [warning("database", "there is none yet", "the first `gateway serve` makes it")], False
    reached = well("database", f"{found.engine} answers")
    schema_found, usable = _schema(found.revision, embedded(settings))
    return [reached, schema_found, *_durable(found), *_clock(found, now())], usable


def _schema(revision: str | None, prepares_itself: bool) -> tuple[Finding, bool]:
    try:
        behind = schema.outdated(revision)
    except DomainError as error:
        return problem("database.schema", error.message, "install the version that upgraded it"), False
    if not behind:
        return well("database.schema", f"at {revision}, the one of this version"), True
    said = f"at {revision}, older than this version" if revision else "there is no schema yet"
    if prepares_itself:
        return warning("database.schema", said, f"{_UPGRADE}, or let `gateway serve` do it"), False
    return problem("database.schema", said, _UPGRADE), False


def _durable(found: Inspection) -> list[Finding]:
    if not found.risks:
        return [well("database.durability", found.durability)]
    return [
        problem("database.durability", risk, "set it right: what was accepted could be lost") for risk in found.risks
    ]


def _clock(found: Inspection, here: datetime) -> list[Finding]:
    if found.now is None:
        return []
    apart = abs(found.now - here)
    said = f"{apart.total_seconds():.1f} s apart from this machine's"
    if apart > _MOST:
        return [problem("database.clock", said, "set both clocks by NTP: leases and deadlines depend on them")]
    if apart > _WARN:
        return [warning("database.clock", said, "set both clocks by NTP")]
    return [well("database.clock", said)]
