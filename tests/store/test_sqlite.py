"""The embedded engine: durable settings, readers apart from the writer, a close that drains.

How verbs share a commit is in test_sqlite_batches.py.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.errors import UnavailableError
from gateway.store import sqlite
from gateway.store.sqlite import SqliteStore, connect, create
from gateway.store.transaction import Transaction
from tests.databases import opened
from tests.store.verbs import noted, writing


def pragmas(connection: Any) -> dict[str, object]:
    names = ("journal_mode", "synchronous", "foreign_keys", "query_only", "busy_timeout")
    return {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names}


async def test_the_writer_syncs_every_commit_and_readers_cannot_write(sqlite_database: Path) -> None:
    async with opened(sqlite_database) as store:
        writer = await store.write(lambda tx: pragmas(tx.session.connection))
        reader = await store.read(lambda tx: pragmas(tx.session.connection))
    common = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15_000}
    assert writer == common | {"query_only": 0}
    assert reader == common | {"query_only": 1}


async def test_a_query_that_writes_is_refused(sqlite_database: Path) -> None:
    async with opened(sqlite_database) as store:
        with pytest.raises((sqlite3.OperationalError, UnavailableError)):
            await store.read(writing("key"))
        assert await store.read(noted) == set()


async def test_a_glance_runs_where_it_is_asked_and_cannot_write(sqlite_database: Path) -> None:
    async with opened(sqlite_database) as store:
        await store.write(writing("committed"))
        where, found = await store.glance(lambda tx: (threading.get_ident(), noted(tx)))
        assert where == threading.get_ident()
        assert found == {"committed"}
        assert (await store.glance(lambda tx: pragmas(tx.session.connection)))["busy_timeout"] == 0
        with pytest.raises((sqlite3.OperationalError, UnavailableError)):
            await store.glance(writing("key"))
        assert await store.glance(noted) == {"committed"}


async def test_a_peek_is_one_statement_without_a_transaction_around_it(sqlite_database: Path) -> None:
    async with opened(sqlite_database) as store:
        await store.write(writing("committed"))
        assert await store.peek(lambda tx: (threading.get_ident(), noted(tx))) == (threading.get_ident(), {"committed"})
        assert not await store.peek(lambda tx: tx.session.connection.in_transaction)  # type: ignore[attr-defined]  # behind the port
        with pytest.raises((sqlite3.OperationalError, UnavailableError)):
            await store.peek(writing("key"))
        assert await store.glance(noted) == {"committed"}


@pytest.mark.parametrize("begun", [True, False], ids=["glance", "peek"])
async def test_a_glance_that_finds_a_lock_waits_for_it_on_a_thread(sqlite_database: Path, begun: bool) -> None:
    seen = []

    def query(_: Transaction) -> None:
        seen.append(threading.get_ident())
        if len(seen) == 1:
            raise sqlite3.OperationalError("database is locked")

    async with opened(sqlite_database) as store:
        await (store.glance if begun else store.peek)(query)
    assert seen[0] == threading.get_ident()
    assert len(seen) == len(set(seen)) == 2


async def test_a_mistake_in_the_sql_is_not_dressed_up_as_an_outage(sqlite_database: Path) -> None:
    async with opened(sqlite_database) as store:
        for run in (store.read, store.glance, store.peek, store.write):
            with pytest.raises(sqlite3.OperationalError, match="no such table"):
                await run(lambda tx: tx.session.connection.execute("SELECT 1 FROM nowhere", {}))


async def test_a_reader_sees_what_was_committed_and_nothing_else(sqlite_database: Path) -> None:
    async with opened(sqlite_database) as store:
        await store.write(writing("committed"))
        wrote, may_end = threading.Event(), threading.Event()

        def slow(tx: Transaction) -> None:
            writing("not yet")(tx)
            wrote.set()
            assert may_end.wait(30)

        held = asyncio.ensure_future(store.write(slow))
        await asyncio.to_thread(wrote.wait, 30)
        assert await store.read(noted) == {"committed"}
        may_end.set()
        await held
        assert await store.read(noted) == {"committed", "not yet"}


async def test_a_query_sees_one_state_from_its_first_to_its_last_statement(sqlite_database: Path) -> None:
    async with opened(sqlite_database) as store:
        looked, may_go_on = threading.Event(), threading.Event()

        def look_twice(tx: Transaction) -> tuple[set[str], set[str]]:
            first = noted(tx)
            looked.set()
            assert may_go_on.wait(30)
            return first, noted(tx)

        reading = asyncio.ensure_future(store.read(look_twice))
        await asyncio.to_thread(looked.wait, 30)
        await store.write(writing("meanwhile"))
        may_go_on.set()
        assert await reading == (set(), set())


async def test_closing_waits_for_what_was_handed_in(sqlite_database: Path) -> None:
    store = SqliteStore(sqlite_database)
    await store.open()
    waiting = [asyncio.ensure_future(store.write(writing(f"{number}"))) for number in range(200)]
    await asyncio.sleep(0)
    await store.close()
    assert len(await asyncio.gather(*waiting)) == 200
    await store.close()  # twice is once
    assert os.listdir(sqlite_database.parent) == ["gateway.db"]
    async with opened(sqlite_database) as again:
        assert len(await again.read(noted)) == 200


async def test_a_closed_store_refuses_at_once(sqlite_database: Path) -> None:
    store = SqliteStore(sqlite_database)
    for run in (store.read, store.write):
        with pytest.raises(UnavailableError):
            await run(noted)


async def test_it_can_be_opened_again(sqlite_database: Path) -> None:
    store = SqliteStore(sqlite_database)
    for key in ("one", "two"):
        await store.open()
        await store.write(writing(key))
        await store.close()
    async with opened(sqlite_database) as store_again:
        assert await store_again.read(noted) == {"one", "two"}


async def test_two_processes_write_one_file_in_turns(sqlite_database: Path) -> None:
    async with opened(sqlite_database) as one, opened(sqlite_database) as two:
        keys = [f"{number}" for number in range(60)]
        await asyncio.gather(*(store.write(writing(key)) for store, key in zip([one, two] * 30, keys, strict=True)))
        assert await one.read(noted) == set(keys)


async def test_a_file_held_by_somebody_else_is_unavailable_for_now(
    sqlite_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT", sqlite.BUSY_TIMEOUT * 0)
    async with opened(sqlite_database) as store:
        with closing(sqlite3.connect(sqlite_database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(UnavailableError) as raised:
                await store.write(writing("key"))
            other.execute("ROLLBACK")
        assert raised.value.retry_after.total_seconds() > 0
        assert await store.write(writing("key")) == "key"


async def test_a_file_that_is_not_there_is_not_made_by_opening(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        await SqliteStore(tmp_path / "none.db").open()
    assert os.listdir(tmp_path) == []


def test_creating_keeps_what_is_there(sqlite_database: Path) -> None:
    before = sqlite_database.read_bytes()
    create(sqlite_database)
    assert sqlite_database.read_bytes() == before


def test_a_new_file_is_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "é?#%41.db"  # a name, not the parts of an address
    create(path)
    with closing(connect(path)) as connection:
        connection.execute("CREATE TABLE t (c)")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
