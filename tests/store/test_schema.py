"""Upgrading: the steps build the schema of the tables, on both engines, once, whoever starts at the same time."""

from __future__ import annotations

import fcntl
import fnmatch
import multiprocessing
import os
import re
import sqlite3
import stat
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

import gateway
from gateway.domain.errors import UnavailableError
from gateway.store import disk, schema, sqlite
from gateway.store.tables import metadata
from tests.databases import Database, opened
from tests.engines.postgres import fresh_database

ROOT = Path(gateway.__file__).parents[1]
HEAD = max(path.name[:4] for path in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))

POSTGRES_SCHEMA = """
    SELECT 'column', table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), 0, '', ''
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'index', tablename, indexname, indexdef, 0, '', '' FROM pg_indexes WHERE schemaname = 'public'
"""


@pytest.fixture
def empty(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Where a database is to be, without any schema; for SQLite nothing is there, not even the directory."""
    if engine == "sqlite":
        return tmp_path / "made" / "gateway.db"
    return fresh_database(request.getfixturevalue("postgres_url"))


@contextmanager
def connected(database: Database) -> Iterator[Connection]:
    url = f"sqlite:///{database}" if isinstance(database, Path) else database
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def described(database: Database) -> set[tuple[Any, ...]]:
    """All that the engine knows of the schema: columns, keys, checks, indexes with their conditions."""
    with connected(database) as connection:
        if isinstance(database, Path):
            rows = connection.exec_driver_sql("SELECT type, tbl_name, name, sql FROM sqlite_master")
            found = {tuple(spelt(value) for value in row) for row in rows}
        else:
            found = {tuple(row) for row in connection.exec_driver_sql(POSTGRES_SCHEMA)}
    return {row for row in found if row[1] != "alembic_version"}


def spelt(sql: str | None) -> str:
    """Without what different ways to the same table differ in: spaces, the order of columns and constraints, and where
    the table's own parenthesis ends, since SQLite writes a column that was added behind the others."""
    lines = [re.sub(r"\s+", " ", line).strip(" ,") for line in re.split(r"\n|, (?=[a-z_0-9]+ [A-Z])", sql or "")]
    return "\n".join(sorted(filter(None, (line[:-1] if line.count(")") > line.count("(") else line for line in lines))))


def test_the_steps_build_the_schema_of_the_tables(database: Database, empty: Database) -> None:
    if isinstance(empty, Path):
        empty.parent.mkdir()
    with connected(empty) as connection:
        metadata.create_all(connection)
    assert described(database) == described(empty)
    with connected(database) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_an_empty_database_is_upgraded_and_can_be_used(empty: Database) -> None:
    assert schema.current(empty) is None
    assert schema.needs_upgrade(empty)
    schema.upgrade(empty)
    assert schema.current(empty) == HEAD
    assert not schema.needs_upgrade(empty)


async def test_a_second_upgrade_changes_nothing(database: Database) -> None:
    before = described(database)
    async with opened(database):  # in use meanwhile
        schema.upgrade(database)
    assert described(database) == before


def test_a_url_means_the_same_file(sqlite_database: Path) -> None:
    assert schema.current(f"sqlite:///{sqlite_database}") == schema.current(sqlite_database) == HEAD


def test_upgrading_prints_nothing(empty: Database, capfd: pytest.CaptureFixture[str]) -> None:
    schema.upgrade(empty)
    assert capfd.readouterr() == ("", "")


def test_asking_for_the_version_makes_no_file(tmp_path: Path) -> None:
    assert schema.current(tmp_path / "none.db") is None
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_closed_to_others_and_so_are_its_journals(tmp_path: Path) -> None:
    path = tmp_path / "data" / "gateway.db"
    before = os.umask(0)
    try:
        schema.upgrade(path)
        with closing(sqlite.connect(path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"gateway.db": 0o600, "gateway.db-wal": 0o600, "gateway.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_names_of_the_file_and_its_directory_are_synced_before_a_step_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    sync, run = disk.sync_directory, command.upgrade

    def watched_sync(path: Path) -> None:
        happened.append(path.name)
        sync(path)

    def watched_run(config: Config, revision: str) -> None:
        happened.append("steps")
        run(config, revision)

    monkeypatch.setattr(disk, "sync_directory", watched_sync)
    monkeypatch.setattr(command, "upgrade", watched_run)
    schema.upgrade(tmp_path / "data" / "gateway.db")
    assert happened == [tmp_path.name, "data", "steps"]


def test_one_that_crashed_after_making_the_file_is_made_up_for(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"
    path.touch(0o600)
    schema.upgrade(path)
    assert schema.current(path) == HEAD


def test_a_step_that_fails_leaves_nothing(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    run = command.upgrade

    def fail_at_the_end(*args: Any) -> None:
        run(*args)
        raise RuntimeError("no more")

    monkeypatch.setattr(command, "upgrade", fail_at_the_end)
    with pytest.raises(RuntimeError, match="no more"):
        schema.upgrade(empty)
    assert schema.current(empty) is None
    assert described(empty) == set()
    monkeypatch.undo()
    schema.upgrade(empty)
    assert schema.current(empty) == HEAD


def test_a_schema_of_the_future_is_refused(database: Database) -> None:
    with connected(database) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for verb in (schema.upgrade, schema.needs_upgrade):
        with pytest.raises(schema.NewerSchemaError, match="9999"):
            verb(database)
    assert schema.current(database) == "9999"


def test_a_server_that_is_away_is_unavailable(tmp_path: Path) -> None:
    for verb in (schema.upgrade, schema.current, schema.needs_upgrade):
        with pytest.raises(UnavailableError) as raised:
            verb(f"postgresql://nobody:secret@/none?host={tmp_path}")
        assert "secret" not in raised.value.message
        assert str(tmp_path) not in raised.value.message


def test_a_place_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnavailableError) as raised:
        schema.upgrade(tmp_path / "file" / "gateway.db")
    assert str(tmp_path) not in raised.value.message


def test_processes_that_start_together_upgrade_once(empty: Database) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert pool.map(schema.upgrade, [empty] * 3, chunksize=1) == [None] * 3
    assert schema.current(empty) == HEAD


def test_no_other_upgrade_even_opens_the_file_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect, connected = sqlite.connect, []

    def look(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
        directory = os.open(path.parent, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(directory)
        connected.append(path)
        return connect(path, read_only=read_only)

    monkeypatch.setattr(sqlite, "connect", look)
    schema.upgrade(tmp_path / "gateway.db")
    assert connected
    directory = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(directory)


def test_the_second_upgrade_waits_for_the_first(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the first one is at its steps, the lock that the second one would need is not to be had."""
    url = fresh_database(postgres_url)
    run = command.upgrade
    free: list[Any] = []

    def look(*args: Any) -> None:
        run(*args)
        with psycopg.connect(url) as other:
            lock = f"SELECT pg_try_advisory_xact_lock({schema._ADVISORY_LOCK})"
            free.append(other.execute(lock.encode()).fetchone())

    monkeypatch.setattr(command, "upgrade", look)
    schema.upgrade(url)
    assert free == [(False,)]


def test_a_step_that_leaves_a_dangling_reference_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = command.upgrade

    def forget_a_row(config: Config, revision: str) -> None:
        run(config, revision)
        config.attributes["connection"].exec_driver_sql("INSERT INTO journal_payloads VALUES (1, x'00', '')")

    monkeypatch.setattr(command, "upgrade", forget_a_row)
    with pytest.raises(AssertionError, match="journal_payloads"):
        schema.upgrade(tmp_path / "gateway.db")
    assert schema.current(tmp_path / "gateway.db") is None


def test_a_step_that_cannot_run_is_no_matter_of_trying_again(sqlite_database: Path) -> None:
    with closing(sqlite3.connect(sqlite_database)) as connection:
        connection.execute("DELETE FROM alembic_version")
        connection.commit()
    with pytest.raises(OperationalError, match="already exists"):
        schema.upgrade(sqlite_database)


def test_a_wheel_brings_the_steps_beside_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["packages"]["find"]["include"]
    for package in ("migrations", "migrations.versions"):
        assert any(fnmatch.fnmatchcase(package, pattern) for pattern in patterns)
        assert (ROOT / package.replace(".", "/") / "__init__.py").is_file()
