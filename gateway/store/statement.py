"""SQL spelt once with SQLAlchemy Core and compiled once per engine.

SQLAlchemy builds the text; the driver runs it. Executing through SQLAlchemy costs several times what SQLite itself
needs for the short statements of a gesture (docs/decisions.md, Store), so the hot path keeps only its SQL compiler.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ClauseElement, Insert, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg as psycopg_dialect
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

SQLITE: Dialect = sqlite.dialect(paramstyle="named")
POSTGRES: Dialect = psycopg_dialect.dialect()  # type: ignore[no-untyped-call]  # its constructor has no types

Values = dict[str, Any]


class Statement:
    """One parametrised statement. Its named parameters are given when it is run, see `session.Session`."""

    __slots__ = ("_clause", "_compiled")

    def __init__(self, clause: ClauseElement | Callable[[Callable[[Table], Any]], ClauseElement]) -> None:
        """`clause`, or a function from the engine's own `insert` (the one that knows ON CONFLICT) to a clause."""
        self._clause = clause
        self._compiled: dict[int, tuple[str, Values]] = {}

    def on(self, dialect: Dialect) -> tuple[str, Values]:
        """The statement's text for an engine, and the values of the parameters that it holds itself."""
        found = self._compiled.get(id(dialect))
        if found is None:
            found = self._compiled[id(dialect)] = self._compile(dialect)
        return found

    def _compile(self, dialect: Dialect) -> tuple[str, Values]:
        clause = self._clause
        if not isinstance(clause, ClauseElement):
            clause = clause(sqlite.insert if dialect is SQLITE else postgresql.insert)
        compiled = clause.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler), "not a statement that can be run"
        given = [name for parameter, name in compiled.bind_names.items() if parameter.required]
        whole = compiled.construct_expanded_state(dict.fromkeys(given))  # a list behind IN becomes its elements
        own = {name: value for name, value in whole.parameters.items() if name not in given}
        return whole.statement, own


def insert_into(table: Table) -> Statement:
    """An INSERT of one row whose parameters are the names of the table's columns, all of them to be given."""
    columns = [column.name for column in table.columns if column is not table.autoincrement_column]
    return Statement(Insert(table).values({name: bindparam(name) for name in columns}))
