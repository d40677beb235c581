"""Processes. What no query looks for is kept as one JSON column, parsed once per text."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select, update

from gateway.domain.referential import Process
from gateway.domain.statuses import Status, StatusRules
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import processes
from gateway.store.values import from_json, from_ms, to_json, to_ms

_c = processes.c
COLUMNS = [_c.code, _c.name, _c.osl_id, _c.is_activated, _c.settings, _c.created_at, _c.updated_at]
_get = select(*COLUMNS).where(_c.code == bindparam("code"))
_GET = Statement(_get)
_HOLD = Statement(_get.with_for_update())
_INSERT = insert_into(processes)
_CREATE = Statement(
    lambda insert: (
        insert(processes)
        .values({column.name: bindparam(column.name) for column in processes.columns})
        .on_conflict_do_nothing(index_elements=[_c.code])
    )
)
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
        return None if row is None else process(row)

    def hold(self, code: str) -> Process | None:
        """The process of that code, kept from changes by others until the transaction ends."""
        row = self._session.row(_HOLD, code=code)
        return None if row is None else process(row)

    def add(self, process: Process, now: datetime) -> None:
        """Adds a new one."""
        self._session.run(_INSERT, **_new(process, now))

    def create(self, process: Process, now: datetime) -> bool:
        """Adds a new one, unless there is one of that code."""
        return self._session.run(_CREATE, **_new(process, now)) == 1

    def change(self, process: Process, now: datetime) -> None:
        """Writes every field but the code."""
        self._session.run(_UPDATE, of=process.code, updated_at=to_ms(now), **_values(process))


def process(row: Row) -> Process:
    """The process in a row of COLUMNS."""
    return _process(*row)


def _new(process: Process, now: datetime) -> dict[str, Any]:
    return {"code": process.code, "created_at": to_ms(now), "updated_at": None, **_values(process)}


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
def _process(
    code: str,
    name: str,
    osl: str | None,
    is_activated: bool,
    settings: str,
    created_at: int,
    updated_at: int | None,
) -> Process:
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
        created_at=from_ms(created_at),
        updated_at=from_ms(updated_at),
        **_plain_and_lists(found),
    )


def _plain_and_lists(found: dict[str, Any]) -> Any:
    return {key: tuple(value) if key in _LISTS else value for key, value in found.items()}
