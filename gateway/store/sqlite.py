"""The embedded engine: one writer thread that commits several verbs at once, and a few reader threads.

A verb's answer waits for the commit it is in, so promise 1 (accepted means safe) costs one fsync for all verbs that
were waiting, not one each. `BEGIN IMMEDIATE` takes the write lock before anything is read; other processes on the same
file wait for it for `BUSY_TIMEOUT`.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from gateway.domain.errors import UnavailableError
from gateway.store import disk
from gateway.store.session import Session
from gateway.store.statement import SQLITE
from gateway.store.transaction import Transaction

T = TypeVar("T")

BUSY_TIMEOUT = timedelta(seconds=15)
BATCH = 64
READERS = 2


@dataclass(slots=True)
class _Job:
    """One verb on its way through the writer thread."""

    verb: Callable[[Transaction], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        if self.future.done():  # the caller has gone; what was written stays written
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


@dataclass(frozen=True, slots=True)
class _Around:
    """What is said before a verb, to undo it, and after it."""

    before: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


# A savepoint makes SQLite keep the former content of every page, in a file once these are more than 64 KiB, which costs
# more than half of what the statements of a gesture do. Before anything is written the whole transaction can be undone.
_FIRST = _Around(undo=("ROLLBACK", "BEGIN IMMEDIATE"))
_BEHIND = _Around(("SAVEPOINT verb",), ("ROLLBACK TO verb",), ("RELEASE verb",))


class SqliteStore:
    """The store on one SQLite file; see `services.ports.Store`."""

    engine = "sqlite"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._writer: threading.Thread | None = None
        self._readers: ThreadPoolExecutor | None = None
        self._local = threading.local()
        self._open_connections: list[sqlite3.Connection] = []

    async def open(self) -> None:
        """Opens the file, which must already hold the schema, and starts the threads.

        Raises UnavailableError when the file is missing or cannot be opened.
        """
        try:
            tx = await asyncio.to_thread(self._connect)
        except sqlite3.OperationalError as error:
            raise _unavailable(error) from error
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self._writer = threading.Thread(target=self._write_until_closed, args=(tx,), name="sqlite-writer", daemon=True)
        self._writer.start()

    async def close(self) -> None:
        """Waits for the verbs that were handed in, then closes every connection."""
        writer, readers = self._writer, self._readers
        if writer is None or readers is None:
            return
        self._writer = self._readers = None  # what comes now would never be run
        self._jobs.put(None)
        await asyncio.to_thread(writer.join)
        await asyncio.to_thread(readers.shutdown)
        while self._open_connections:
            self._open_connections.pop().close()

    async def write(self, verb: Callable[[Transaction], T]) -> T:
        """Runs `verb` in a transaction; when this returns, what it wrote is durable.

        What the verb raises is raised here, and then nothing of it was written. Raises UnavailableError when the file
        cannot be written now.
        """
        if self._writer is None:
            raise _unavailable()
        loop = asyncio.get_running_loop()
        job = _Job(verb, loop, loop.create_future())
        self._jobs.put(job)
        result: T = await job.future
        return result

    async def read(self, query: Callable[[Transaction], T]) -> T:
        """Runs `query` on one consistent state of the database."""
        if self._readers is None:
            raise _unavailable()
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, query)

    async def glance(self, query: Callable[[Transaction], T]) -> T:
        """Runs a query of a few rows on the calling thread: handing it to another costs more than the query.

        It never waits for a lock: where it would have to, it goes the way of `read`.
        """
        if self._readers is None:
            raise _unavailable()
        try:
            return self._query(query, "glancing", timedelta())
        except sqlite3.OperationalError as error:
            if is_mistake(error):
                raise
        return await self.read(query)

    async def peek(self, query: Callable[[Transaction], T]) -> T:
        """Runs a query of one statement, as `glance` does, in the transaction that SQLite makes for it."""
        if self._readers is None:
            raise _unavailable()
        try:
            return query(self._transaction("glancing", timedelta()))
        except sqlite3.OperationalError as error:
            if is_mistake(error):
                raise
        return await self.read(query)

    def _read(self, query: Callable[[Transaction], T]) -> T:
        try:
            return self._query(query, "reading", BUSY_TIMEOUT)
        except sqlite3.OperationalError as error:
            if is_mistake(error):
                raise
            raise _unavailable(error) from error

    def _query(self, query: Callable[[Transaction], T], connection: str, patience: timedelta) -> T:
        tx = self._transaction(connection, patience)
        execute = tx.session.connection.execute
        execute("BEGIN")
        try:
            return query(tx)
        finally:
            execute("COMMIT")

    def _transaction(self, connection: str, patience: timedelta) -> Transaction:
        """This thread's connection of that name."""
        tx: Transaction | None = getattr(self._local, connection, None)
        if tx is None:
            tx = self._connect(read_only=True, patience=patience)
            setattr(self._local, connection, tx)
        return tx

    def _connect(self, *, read_only: bool = False, patience: timedelta = BUSY_TIMEOUT) -> Transaction:
        connection = connect(self._path, read_only=read_only, patience=patience)
        self._open_connections.append(connection)
        return Transaction(Session(connection, SQLITE))

    def _write_until_closed(self, tx: Transaction) -> None:
        closing = False
        while not closing:
            first = self._jobs.get()
            if first is None:
                return
            done: list[_Job] = []
            closing = self._commit_together(tx, first, done)
            for loop in {job.loop for job in done}:
                mine = [job for job in done if job.loop is loop]
                with suppress(RuntimeError):  # a loop that was closed meanwhile: nobody waits any more
                    loop.call_soon_threadsafe(_settle, mine)

    def _commit_together(self, tx: Transaction, first: _Job, done: list[_Job]) -> bool:
        """Runs `first` and what else is waiting in one transaction; answers whether the store is being closed."""
        execute = tx.session.connection.execute
        job: _Job | None = first
        closing = written = False
        try:
            execute("BEGIN IMMEDIATE")
            while job is not None:
                done.append(job)
                written = _run(job, tx, _BEHIND if written else _FIRST) or written
                if len(done) >= BATCH:
                    break
                try:
                    job = self._jobs.get_nowait()
                    closing = job is None
                except Empty:
                    break
            execute("COMMIT")
        except sqlite3.Error as error:
            if not done:
                done.append(first)
            if tx.session.connection.in_transaction:  # type: ignore[attr-defined]  # a sqlite3 connection here
                execute("ROLLBACK")
            for failed in done:
                failed.error = _unavailable(error)
        return closing


def _run(job: _Job, tx: Transaction, around: _Around) -> bool:
    """Runs one verb so that its failure undoes only its own writes; answers whether it went well."""
    execute = tx.session.connection.execute
    for statement in around.before:
        execute(statement)
    try:
        job.result = job.verb(tx)
    except BaseException as error:  # handed to the caller, whatever it is
        passing = isinstance(error, sqlite3.OperationalError) and not is_mistake(error)
        job.error = _unavailable(error) if passing else error
        for statement in around.undo:
            execute(statement)
    for statement in around.after:
        execute(statement)
    return job.error is None


def _settle(jobs: list[_Job]) -> None:
    for job in jobs:
        job.settle()


def is_mistake(error: sqlite3.OperationalError) -> bool:
    """Whether it lies in the SQL or the schema, and so does not go away when the caller tries again."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR  # Python's own errors have no code


def _unavailable(error: BaseException | None = None) -> UnavailableError:
    unavailable = UnavailableError("The store cannot be used at the moment; try again", timedelta(seconds=5))
    unavailable.__cause__ = error
    return unavailable


def create(path: Path) -> None:
    """Makes sure that the file is there, readable by this user only, and that its name is durable.

    SQLite syncs the names of its journals only. The name is synced even if the file was there: whoever made it may have
    crashed before doing so. Raises OSError.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    disk.sync_directory(path.parent)


def connect(path: Path, *, read_only: bool = False, patience: timedelta = BUSY_TIMEOUT) -> sqlite3.Connection:
    """A connection with the settings that promise 1 needs: WAL, an fsync at each commit, foreign keys.

    `patience` is how long a statement waits for the lock of another connection. The file must exist, see `create`.
    Raises sqlite3.OperationalError.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    try:
        connection.execute(f"PRAGMA busy_timeout = {int(patience.total_seconds() * 1000)}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -65536")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection
