"""Processes. What no query looks for is kept as one JSON column, parsed once per text."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select, update

from gateway.domain.referential import Process
from gateway.domain.statuses import Status, StatusRules
from gateway.store.session import Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import processes
from gateway.store.values import from_json, to_json, to_ms

_c = processes.c
_GET = Statement(select(_c.code, _c.name, _c.osl_id, _c.is_activated, _c.settings).where(_c.code == bindparam("code")))
_INSERT = insert_into(processes)
_UPDATE = Statement(
    update(processes)
    .where(_c.code == bindparam("of"))
    .values({name: bindparam(name) for name in ("name", "osl_id", "is_activated", "settings", "updated_at")})
)
_LISTS = ("attachment_types", "attachment_formats", "recipient_formats", "supporting_types")
_PLAIN = (
    "description",
    "attachment_max_size",
    "message_to_transmitter",
    "message_with_status",
    "status_before_file_deletion",
    "time_before_file_deletion",
    "time_before_archiving",
    "time_before_folder_deletion",
    "subscription_validation",
    "legal_justification",
)


class Processes:
    """Rows of `processes`, by code."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, code: str) -> Process | None:
        """The process of that code."""
        row = self._session.row(_GET, code=code)
        return None if row is None else _process(*row)

    def add(self, process: Process, now: datetime) -> None:
        """Adds a new one."""
        self._session.run(_INSERT, code=process.code, created_at=to_ms(now), updated_at=None, **_values(process))

    def change(self, process: Process, now: datetime) -> None:
        """Writes every field but the code."""
        self._session.run(_UPDATE, of=process.code, updated_at=to_ms(now), **_values(process))


def _values(process: Process) -> dict[str, Any]:
    rules = process.rules
    settings: dict[str, Any] = {name: getattr(process, name) for name in _PLAIN}
    settings |= {name: list(getattr(process, name)) for name in _LISTS}
    settings["expire_after"] = None if process.expire_after is None else process.expire_after.total_seconds()
    settings["rules"] = {
        "mandatory": rules.mandatory,
        "final": sorted(rules.final),
        "awaiting": rules.awaiting,
        "strict": rules.strict,
        "extra": {before: sorted(after) for before, after in rules.extra.items()},
    }
    return {
        "name": process.name,
        "osl_id": process.osl,
        "is_activated": process.is_activated,
        "settings": to_json(settings),
    }


@lru_cache(maxsize=1024)
def _process(code: str, name: str, osl: str | None, is_activated: bool, settings: str) -> Process:
    found: dict[str, Any] = from_json(settings)
    rules = found.pop("rules")
    expire_after = found.pop("expire_after")
    return Process(
        code=code,
        name=name,
        osl=osl,
        is_activated=bool(is_activated),
        rules=StatusRules(
            mandatory=None if rules["mandatory"] is None else Status(rules["mandatory"]),
            final=frozenset(map(Status, rules["final"])),
            awaiting=rules["awaiting"],
            strict=rules["strict"],
            extra={Status(before): frozenset(map(Status, after)) for before, after in rules["extra"].items()},
        ),
        expire_after=None if expire_after is None else timedelta(seconds=expire_after),
        **_plain_and_lists(found),
    )


def _plain_and_lists(found: dict[str, Any]) -> Any:
    return {key: tuple(value) if key in _LISTS else value for key, value in found.items()}
