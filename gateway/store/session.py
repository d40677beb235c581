"""One connection as the nouns of the store see it: statements in, rows out, whatever the engine."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy.engine import Dialect

from gateway.store.statement import Statement

Row = tuple[Any, ...]


class Cursor(Protocol):
    """What both drivers' cursors have in common."""

    @property
    def rowcount(self) -> int: ...
    def fetchall(self) -> list[Any]: ...


class Connection(Protocol):
    """What both drivers' connections have in common."""

    def execute(self, sql: Any, parameters: Any = ..., /) -> Any: ...


class Session:
    """Runs compiled statements on one driver connection; used by one thread at a time."""

    __slots__ = ("connection", "dialect")

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self.connection = connection
        self.dialect = dialect

    def rows(self, statement: Statement, **values: Any) -> list[Row]:
        """All rows of a query."""
        found: list[Row] = self._cursor(statement, values).fetchall()
        return found

    def row(self, statement: Statement, **values: Any) -> Row | None:
        """The only row of a query or of a RETURNING clause, or None.

        All rows are taken from the cursor: a RETURNING that is left half read keeps SQLite's transaction open.
        """
        found = self.rows(statement, **values)
        return found[0] if found else None

    def run(self, statement: Statement, **values: Any) -> int:
        """Runs a change and answers how many rows it touched."""
        return self._cursor(statement, values).rowcount

    def _cursor(self, statement: Statement, values: dict[str, Any]) -> Cursor:
        sql, own = statement.on(self.dialect)
        cursor: Cursor = self.connection.execute(sql, {**own, **values} if own else values)
        return cursor
