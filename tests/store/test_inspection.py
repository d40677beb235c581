"""A database looked at from outside."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.domain.errors import UnavailableError
from gateway.store.inspection import inspect
from gateway.store.schema import current
from tests.databases import Database


def url_of(database: Database) -> str:
    return f"sqlite:///{database}" if isinstance(database, Path) else database


def test_a_prepared_database_has_its_revision(database: Database) -> None:
    found = inspect(url_of(database))
    assert found is not None
    assert found.revision == current(database)


def test_sqlite_keeps_what_it_commits(sqlite_database: Path) -> None:
    found = inspect(url_of(sqlite_database))
    assert found is not None
    assert (found.engine, found.durability, found.risks) == ("SQLite", "journal mode wal, synchronous full", ())
    assert found.now is None


def test_another_journal_mode_is_a_risk_and_is_left(sqlite_database: Path) -> None:
    connection = sqlite3.connect(sqlite_database)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    before = sqlite_database.read_bytes()
    found = inspect(url_of(sqlite_database))
    assert found is not None
    assert "journal mode is delete" in found.risks[0]
    assert sqlite_database.read_bytes() == before
    assert os.listdir(sqlite_database.parent) == [sqlite_database.name]


def test_postgresql_tells_its_time_and_its_risks(postgres_database: str) -> None:
    found = inspect(postgres_database)
    assert found is not None
    assert found.engine.startswith("PostgreSQL ")
    assert found.now is not None
    assert abs(found.now - datetime.now(UTC)) < timedelta(minutes=1)
    unsafe = f"{postgres_database}{'&' if '?' in postgres_database else '?'}options=-c%20synchronous_commit%3Doff"
    risky = inspect(unsafe)
    assert risky is not None
    assert "synchronous_commit is off" in risky.risks


def test_none_and_none_that_can_be_used(tmp_path: Path) -> None:
    assert inspect(f"sqlite:///{tmp_path / 'none.db'}") is None
    (tmp_path / "text.db").write_bytes(b"no database" * 100)
    for url in (f"sqlite:///{tmp_path / 'text.db'}", "postgresql://nobody:hidden@127.0.0.1:9/none"):
        with pytest.raises(UnavailableError) as raised:
            inspect(url)
        assert "hidden" not in str(raised.value)
