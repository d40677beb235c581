"""The schema's version: which one a database has, and the way up to the one that this gateway works with.

The steps are in the package `migrations`, installed beside `gateway`. Whoever is first takes a lock, on the directory
of an SQLite file or an advisory one of PostgreSQL, and runs all missing steps in one transaction; others wait for it
and then find nothing left to do.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from gateway.domain.errors import DomainError, UnavailableError
from gateway.store import disk, sqlite

# Beside the package and not by its import name: another `migrations` may be earlier on the path.
_STEPS: Final = Path(__file__).parents[2] / "migrations"
_SQLITE: Final = "sqlite:///"
_PATIENCE: Final = timedelta(minutes=10)
_ADVISORY_LOCK: Final = 0x6761_7465_7761_79  # "gateway"
_one_at_a_time = threading.Lock()  # alembic keeps its context in module globals


class NewerSchemaError(DomainError):
    """The database was upgraded by a later version of the gateway, which is the one to be started on it."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"The database has schema {found}, which this version of the gateway does not know: "
            "install the version that upgraded it, or restore the backup made before"
        )


def upgrade(database: Path | str) -> None:
    """Brings a database (the path of an SQLite file, or a URL) to the present schema; durable when this returns.

    Makes the SQLite file and its directory if they are missing, readable by this user only. Blocks, also while another
    process is upgrading. Raises NewerSchemaError; UnavailableError when the database cannot be used.
    """
    path = _file(database)
    with _one_at_a_time, nullcontext() if path is None else _made(path):
        if needs_upgrade(database):
            _run_missing(database)


def current(database: Path | str) -> str | None:
    """The revision of a database, None when it holds no schema yet. Raises UnavailableError."""
    path = _file(database)
    if path is not None and not path.exists():
        return None
    with _connected(database) as connection:
        return _revision(connection)


def needs_upgrade(database: Path | str) -> bool:
    """Whether steps are missing. Raises NewerSchemaError, UnavailableError."""
    return outdated(current(database))


def _run_missing(database: Path | str) -> None:
    with _connected(database) as connection:
        _begin_alone(connection)
        if outdated(_revision(connection)):
            command.upgrade(_config(connection), "head")
            _check_references(connection)
        connection.commit()


def outdated(revision: str | None) -> bool:
    """Whether steps are missing to a schema of that revision (None: to no schema). Raises NewerSchemaError."""
    steps = ScriptDirectory(str(_STEPS))
    if revision is not None and all(step.revision != revision for step in steps.walk_revisions()):
        raise NewerSchemaError(revision)
    return revision != steps.get_current_head()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _file(database: Path | str) -> Path | None:
    if isinstance(database, Path):
        return database
    return Path(database.removeprefix(_SQLITE)) if database.startswith(_SQLITE) else None


@contextmanager
def _connected(database: Path | str) -> Iterator[Connection]:
    path = _file(database)
    if path is not None:
        engine = create_engine("sqlite://", creator=lambda: sqlite.connect(path), poolclass=NullPool)
    else:
        creator = lambda: psycopg.connect(str(database), connect_timeout=10)  # noqa: E731 (beside its sibling above)
        engine = create_engine("postgresql+psycopg://", creator=creator, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    except OperationalError as error:
        if isinstance(error.orig, sqlite3.OperationalError) and sqlite.is_mistake(error.orig):
            raise
        message = "The database cannot be reached, or is in use by something that does not end; try again"
        raise UnavailableError(message, timedelta(seconds=30)) from error
    finally:
        engine.dispose()


@contextmanager
def _made(path: Path) -> Iterator[None]:
    """Makes the file and keeps other upgrades out: two connections that turn a new file to WAL at once disturb each
    other, which no busy timeout mends."""
    with disk.storage_errors("create"):
        disk.make_directories(path.parent)
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with disk.storage_errors("create"):
            fcntl.flock(directory, fcntl.LOCK_EX)
            sqlite.create(path)
        yield
    finally:
        os.close(directory)


def _begin_alone(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(_PATIENCE.total_seconds() * 1000)}")
        # A step may rebuild a table that others refer to; what they refer to is checked at the end instead.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        assert dangling is None, f"a step left a dangling reference in {dangling[0]}"
