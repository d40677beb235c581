"""Verbs that wait for the embedded engine together share one commit, and nothing else."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.errors import NotFoundError, UnavailableError
from gateway.store.sqlite import BATCH, SqliteStore
from gateway.store.transaction import Transaction
from tests.databases import AnyStore, opened
from tests.store.verbs import noted, writing


class Watched(sqlite3.Connection):
    """A connection that counts what it commits and refuses to when told."""

    refusing = False
    commits = 0
    savepoints = 0

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if sql == "COMMIT" and self.in_transaction and not self.execute("PRAGMA query_only").fetchone()[0]:
            if Watched.refusing:
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorcode = sqlite3.SQLITE_IOERR
                raise error
            Watched.commits += 1
        Watched.savepoints += sql.startswith("SAVEPOINT")
        return super().execute(sql, parameters)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> type[Watched]:
    """The class of the connections that are opened from now on."""
    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **options: real(*args, factory=Watched, **options))
    monkeypatch.setattr(Watched, "refusing", False)
    monkeypatch.setattr(Watched, "commits", 0)
    monkeypatch.setattr(Watched, "savepoints", 0)
    return Watched


@asynccontextmanager
async def writer_held(store: AnyStore) -> AsyncIterator[asyncio.Future[None]]:
    """Keeps the writer busy meanwhile; what is handed in by then is its next work. Yields the future of its verb."""
    entered, may_end = threading.Event(), threading.Event()

    def hold(_: Transaction) -> None:
        entered.set()
        assert may_end.wait(30)

    held = asyncio.ensure_future(store.write(hold))
    await asyncio.to_thread(entered.wait, 30)
    try:
        yield held
        await asyncio.sleep(0)  # lets the tasks made inside hand their verbs in
    finally:
        may_end.set()


async def together(store: AnyStore, *verbs: Callable[[Transaction], Any]) -> list[Any]:
    """What verbs in one batch are answered: the first is that of the verb which kept the writer busy."""
    async with writer_held(store) as held:
        waiting = [asyncio.ensure_future(store.write(verb)) for verb in verbs]
    return await asyncio.gather(held, *waiting, return_exceptions=True)


async def test_verbs_that_wait_together_share_one_commit(sqlite_database: Path, watched: type[Watched]) -> None:
    async with opened(sqlite_database) as store:
        keys = [f"{number}" for number in range(20)]
        assert await together(store, *map(writing, keys)) == [None, *keys]
        assert watched.commits == 1
        assert await store.read(noted) == set(keys)


async def test_a_batch_has_an_end(sqlite_database: Path, watched: type[Watched]) -> None:
    """The first of many does not wait for the last."""
    async with opened(sqlite_database) as store:
        await together(store, *(writing(f"{number}") for number in range(BATCH)))
        assert watched.commits == 2


async def test_a_failing_verb_undoes_only_itself(sqlite_database: Path) -> None:
    def fail(tx: Transaction) -> None:
        writing("undone")(tx)
        raise NotFoundError("Case")

    def break_a_rule(tx: Transaction) -> None:
        writing("undone too")(tx)
        tx.session.connection.execute("INSERT INTO sequences VALUES ('p', 'n', NULL)", {})

    async with opened(sqlite_database) as store:
        _, before, failed, broke, after = await together(store, writing("before"), fail, break_a_rule, writing("after"))
        assert (before, after) == ("before", "after")
        assert isinstance(failed, NotFoundError)
        assert isinstance(broke, sqlite3.IntegrityError)
        assert await store.read(noted) == {"before", "after"}


async def test_verbs_that_fail_first_leave_the_others_their_commit(
    sqlite_database: Path, watched: type[Watched]
) -> None:
    entered, may_end = threading.Event(), threading.Event()

    def fail(tx: Transaction) -> None:
        writing("undone")(tx)
        entered.set()
        assert may_end.wait(30)
        raise NotFoundError("Case")

    async with opened(sqlite_database) as store:
        verbs = (fail, fail, writing("one"), fail, writing("two"))
        waiting = [asyncio.ensure_future(store.write(verb)) for verb in verbs]
        await asyncio.to_thread(entered.wait, 30)
        may_end.set()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert [result if isinstance(result, str) else type(result) for result in results] == [
            NotFoundError,
            NotFoundError,
            "one",
            NotFoundError,
            "two",
        ]
        assert (watched.commits, watched.savepoints) == (1, 2)
        assert await store.read(noted) == {"one", "two"}


async def test_a_verb_alone_needs_no_savepoint(sqlite_database: Path, watched: type[Watched]) -> None:
    async with opened(sqlite_database) as store:
        await store.write(writing("one"))
        await store.write(writing("two"))
        assert (watched.commits, watched.savepoints) == (2, 0)


async def test_a_commit_that_fails_fails_every_verb_in_it(sqlite_database: Path, watched: type[Watched]) -> None:
    """What each of them wrote is gone, so none of them may be told otherwise."""
    async with opened(sqlite_database) as store:
        watched.refusing = True
        results = await together(store, writing("one"), writing("two"))
        assert [type(result) for result in results] == [UnavailableError] * 3
        watched.refusing = False
        assert await store.read(noted) == set()
        assert await store.write(writing("one")) == "one"


async def test_an_error_that_ends_the_transaction_fails_what_shared_it(sqlite_database: Path) -> None:
    """SQLite rolls everything back by itself when, for example, the disk is full."""

    def full(tx: Transaction) -> None:
        tx.session.connection.execute("ROLLBACK", {})
        raise sqlite3.OperationalError("database or disk is full")

    async with opened(sqlite_database) as store:
        results = await together(store, writing("before"), full)
        assert [type(result) for result in results] == [UnavailableError] * 3
        assert await store.read(noted) == set()
        assert await store.write(writing("again")) == "again"


async def test_a_caller_that_left_does_not_undo_its_verb(sqlite_database: Path) -> None:
    async with opened(sqlite_database) as store:
        async with writer_held(store):
            left = asyncio.ensure_future(store.write(writing("left")))
            await asyncio.sleep(0)
            left.cancel()
        assert await store.write(writing("after")) == "after"
        assert left.cancelled()
        assert await store.read(noted) == {"left", "after"}


async def test_closing_ends_the_batch_it_comes_in(sqlite_database: Path, watched: type[Watched]) -> None:
    store = SqliteStore(sqlite_database)
    await store.open()
    async with writer_held(store) as held:
        waiting = asyncio.ensure_future(store.write(writing("last")))
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(store.close())
    await asyncio.gather(held, closing)
    assert await waiting == "last"
    assert watched.commits == 1
