"""A fresh migrated database for every test that asks for one, on each engine."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from gateway.store import schema
from tests.clients.programs import not_run
from tests.databases import AnyStore, Database, opened
from tests.engines.postgres import drop_database, fresh_database, postgres_url

__all__ = ["postgres_url"]

settings.register_profile("gateway", deadline=None)  # a busy machine is no fault of the example
settings.load_profile("gateway")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """The engine's name; a test that uses it, or what follows, runs once for each."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that holds the schema and no rows, to be copied."""
    path = tmp_path_factory.mktemp("template") / "gateway.db"
    schema.upgrade(path)
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """The URL of a database that holds the schema and no rows, to be copied."""
    url = fresh_database(postgres_url)
    schema.upgrade(url)
    return url


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Path:
    """The path of an SQLite file with the schema."""
    return Path(shutil.copy(sqlite_template, tmp_path / "gateway.db"))


@pytest.fixture
def postgres_database(postgres_url: str, postgres_template: str) -> Iterator[str]:
    """The URL of a PostgreSQL database with the schema."""
    url = fresh_database(postgres_url, postgres_template)
    yield url
    drop_database(postgres_url, url)


@pytest.fixture
def database(engine: str, request: pytest.FixtureRequest) -> Database:
    """A database with the schema: the path of an SQLite file, or the URL of a PostgreSQL database."""
    found: Database = request.getfixturevalue("sqlite_database" if engine == "sqlite" else "postgres_database")
    return found


@pytest.fixture
async def store(database: Database) -> AsyncIterator[AnyStore]:
    """An open store on that database."""
    async with opened(database) as store:
        yield store


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Names the foreign clients that did not run."""
    skipped = [
        (report.nodeid, report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr))
        for report in terminalreporter.getreports("skipped")
    ]
    for line in not_run(skipped):
        terminalreporter.write_line(line, yellow=True)
