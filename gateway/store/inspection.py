"""A look at a database from outside: which schema it has, and whether it keeps what it commits. Changes nothing."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import psycopg

from gateway.domain.errors import UnavailableError
from gateway.store import sqlite

_SQLITE: Final = "sqlite:///"
_FULL: Final = 2
_PATIENCE: Final = 10  # seconds


@dataclass(frozen=True, slots=True)
class Inspection:
    """`revision`: of the schema, None without one. `durability`: how commits are kept; `risks`: how they may be lost.

    `now`: the database's own time, None where it has none.
    """

    engine: str
    revision: str | None
    durability: str
    risks: tuple[str, ...] = ()
    now: datetime | None = None


def inspect(url: str) -> Inspection | None:
    """Blocks. None when the SQLite file is not there yet. Raises UnavailableError when it cannot be reached."""
    try:
        if not url.startswith(_SQLITE):
            return _postgres(url)
        path = Path(url.removeprefix(_SQLITE))
        return _sqlite(path) if path.exists() else None
    except (psycopg.Error, sqlite3.Error, OSError) as error:
        raise UnavailableError("The database cannot be reached or read", timedelta(seconds=30)) from error


def _sqlite(path: Path) -> Inspection:
    # Not by the store's own connection, which sets the journal's mode.
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_PATIENCE)
    try:
        mode = str(connection.execute("PRAGMA journal_mode").fetchone()[0]).lower()
        tables = connection.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'").fetchall()
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone() if tables else None
    finally:
        connection.close()
    risks = []
    level = "not known until it is opened"
    if mode != "wal":
        risks.append(f"its journal mode is {mode}, not wal: another program changed it")
    else:
        own = sqlite.connect(path)
        try:
            found = own.execute("PRAGMA synchronous").fetchone()[0]
        finally:
            own.close()
        level = {0: "off", 1: "normal", _FULL: "full"}.get(found, str(found))
        if found < _FULL:
            risks.append(f"synchronous is {level}, not full")
    return Inspection(
        "SQLite", revision[0] if revision else None, f"journal mode {mode}, synchronous {level}", tuple(risks)
    )


def _postgres(url: str) -> Inspection:
    with psycopg.connect(url, autocommit=True, connect_timeout=_PATIENCE) as connection:
        shown = {
            name: str(_one(connection, f"SHOW {name}"))
            for name in ("server_version", "fsync", "full_page_writes", "synchronous_commit")
        }
        there = _one(connection, "SELECT to_regclass('alembic_version') IS NOT NULL")
        revision = _one(connection, "SELECT version_num FROM alembic_version") if there else None
        moment = _one(connection, "SELECT clock_timestamp()")
    risks = tuple(
        f"{name} is {shown[name]}"
        for name in ("fsync", "full_page_writes", "synchronous_commit")
        if shown[name] == "off"
    )
    assert isinstance(moment, datetime)
    return Inspection(
        f"PostgreSQL {shown['server_version']}",
        None if revision is None else str(revision),
        f"fsync {shown['fsync']}, synchronous_commit {shown['synchronous_commit']}",
        risks,
        moment.astimezone(UTC),
    )


def _one(connection: psycopg.Connection[tuple[object, ...]], sql: str) -> object:
    row = connection.execute(sql.encode()).fetchone()
    return row[0] if row else None
