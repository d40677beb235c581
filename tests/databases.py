"""Databases for tests: a path for SQLite, a URL for PostgreSQL, and the store on either."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.store.postgres import PostgresStore
from gateway.store.sqlite import SqliteStore

Database = Path | str
AnyStore = SqliteStore | PostgresStore


def store_on(database: Database) -> AnyStore:
    """A store, not opened yet, on a database that holds the schema."""
    return SqliteStore(database) if isinstance(database, Path) else PostgresStore(database)


@asynccontextmanager
async def opened(database: Database) -> AsyncIterator[AnyStore]:
    """The same, open."""
    store = store_on(database)
    await store.open()
    try:
        yield store
    finally:
        await store.close()
