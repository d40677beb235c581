"""The outgrown engine: PostgreSQL through a few threads, each with a connection of its own.

Isolation is READ COMMITTED: verbs lock the folder they work on and change states only `WHERE state = :from`, so that
two nodes never both move one delivery. A deadlock or a serialization failure runs the verb again.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

import psycopg
from psycopg.types.string import StrDumper

from gateway.domain.errors import UnavailableError
from gateway.store.session import Session
from gateway.store.statement import POSTGRES
from gateway.store.transaction import Transaction

T = TypeVar("T")

CONNECTIONS = 8
ATTEMPTS = 6
_AGAIN = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
_LOST = (psycopg.OperationalError, psycopg.InterfaceError)


class PostgresStore:
    """The store on a PostgreSQL database; see `services.ports.Store`."""

    engine = "postgresql"

    def __init__(self, url: str) -> None:
        self._url = url
        self._threads: ThreadPoolExecutor | None = None
        self._local = threading.local()
        self._open_connections: list[psycopg.Connection[Any]] = []

    async def open(self) -> None:
        """Starts the threads and makes sure that the database answers; raises UnavailableError if it does not."""
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="postgres")
        await self.read(lambda _: None)

    async def close(self) -> None:
        """Waits for the verbs that were handed in, then closes every connection."""
        threads, self._threads = self._threads, None
        if threads is None:
            return
        await asyncio.to_thread(threads.shutdown)
        while self._open_connections:
            self._open_connections.pop().close()

    async def write(self, verb: Callable[[Transaction], T]) -> T:
        """Runs `verb` in a transaction; when this returns, what it wrote is durable.

        What the verb raises is raised here, and then nothing of it was written. A verb may be run several times and
        must have no other effect than its writes. Raises UnavailableError when the database is away.
        """
        return await self._submit(verb, b"BEGIN")

    async def read(self, query: Callable[[Transaction], T]) -> T:
        """Runs `query` on one consistent state of the database."""
        return await self._submit(query, b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    async def glance(self, query: Callable[[Transaction], T]) -> T:
        """The same: the database is a network away, however little is asked."""
        return await self.read(query)

    async def peek(self, query: Callable[[Transaction], T]) -> T:
        """Runs a query of one statement, without the round trips that begin and end a transaction."""
        if self._threads is None:
            raise _unavailable()
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._peek, query)

    def _peek(self, query: Callable[[Transaction], T]) -> T:
        try:
            tx: Transaction | None = getattr(self._local, "transaction", None)
            if tx is not None:
                try:
                    return query(tx)
                except _LOST:  # as in `_begun`
                    self._forget()
            tx = self._local.transaction = self._connect()
            return query(tx)
        except _LOST as error:
            self._forget()
            raise _unavailable() from error

    async def _submit(self, verb: Callable[[Transaction], T], begin: bytes) -> T:
        if self._threads is None:
            raise _unavailable()
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, verb, begin)

    def _run(self, verb: Callable[[Transaction], T], begin: bytes) -> T:
        try:
            for _ in range(ATTEMPTS - 1):
                try:
                    return self._attempt(verb, begin)
                except _AGAIN:
                    continue
            return self._attempt(verb, begin)
        except _LOST as error:
            self._forget()
            raise _unavailable() from error

    def _attempt(self, verb: Callable[[Transaction], T], begin: bytes) -> T:
        tx = self._begun(begin)
        try:
            result = verb(tx)
            _command(tx, b"COMMIT")
        except BaseException:
            _command(tx, b"ROLLBACK")
            raise
        return result

    def _begun(self, begin: bytes) -> Transaction:
        """This thread's transaction. One whose connection died since its last verb, with a server that was started
        again for example, begins on a new connection: nothing is lost by that."""
        tx: Transaction | None = getattr(self._local, "transaction", None)
        if tx is not None:
            try:
                _command(tx, begin)
            except _LOST:
                self._forget()
            else:
                return tx
        tx = self._local.transaction = self._connect()
        _command(tx, begin)
        return tx

    def _connect(self) -> Transaction:
        connection = psycopg.connect(self._url, autocommit=True, connect_timeout=10)
        connection.adapters.register_dumper(StrEnum, StrDumper)  # an enumeration is stored as its text
        self._open_connections.append(connection)
        return Transaction(Session(connection, POSTGRES))

    def _forget(self) -> None:
        """Drops this thread's connection; the next verb opens another."""
        tx: Transaction | None = getattr(self._local, "transaction", None)
        if tx is not None:
            self._local.transaction = None
            connection = tx.session.connection
            assert isinstance(connection, psycopg.Connection)
            self._open_connections.remove(connection)
            connection.close()


def _command(tx: Transaction, text: bytes) -> None:
    """Runs BEGIN, COMMIT or ROLLBACK as libpq does it: psycopg's cursors cost several times that."""
    connection = tx.session.connection
    assert isinstance(connection, psycopg.Connection)
    result = connection.pgconn.exec_(text)
    if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
        if connection.pgconn.status == psycopg.pq.ConnStatus.BAD:
            raise psycopg.OperationalError("the connection to the database was lost")
        raise psycopg.errors.error_from_result(result)


def _unavailable() -> UnavailableError:
    return UnavailableError("The store cannot be used at the moment; try again", timedelta(seconds=5))
