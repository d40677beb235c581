"""Statements: every one that the store holds is understood by both engines, and the hot ones use their indexes.

An index with a condition is used only by a query that spells the same condition, so these plans are what shows that.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import ClauseElement, Table, bindparam, null, select

from gateway import store as room
from gateway.store import sqlite
from gateway.store.statement import POSTGRES, SQLITE, Statement, insert_into
from gateway.store.tables import folders, journal


def statements() -> Iterator[tuple[str, Statement]]:
    for found in pkgutil.iter_modules(room.__path__):
        module = importlib.import_module(f"{room.__name__}.{found.name}")
        for name, value in vars(module).items():
            if isinstance(value, Statement):
                yield f"{found.name}.{name}", value


ALL = dict(statements())
OF_POSTGRES = {"moves._RESERVE"}
"""Locks that SQLite, which has one writer, has no need of."""


def sqlite_plan(path: Path, name: str) -> str:
    """The steps by which SQLite runs a statement, one a line."""
    sql, own = ALL[name].on(SQLITE)
    values = dict.fromkeys(re.findall(r":(\w+)", sql)) | own
    with closing(sqlite.connect(path)) as connection:
        return "\n".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values))


def postgres_plan(url: str, name: str) -> str:
    """The plan for parameters that are not known yet, when scanning a table is the last resort."""
    sql, _ = ALL[name].on(POSTGRES)
    numbers: dict[str, int] = {}
    sql = re.sub(r"%\((\w+)\)s", lambda found: f"${numbers.setdefault(found[1], len(numbers) + 1)}", sql)
    nothing = ", ".join(["NULL"] * len(numbers))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET enable_seqscan = off")
        connection.execute("SET enable_bitmapscan = off")
        connection.execute("SET plan_cache_mode = force_generic_plan")
        connection.execute(f"PREPARE it AS {sql}".replace("%%", "%").encode())
        plan = connection.execute(f"EXPLAIN EXECUTE it{f'({nothing})' if nothing else ''}".encode())
        return "\n".join(row[0] for row in plan)


@pytest.mark.parametrize("name", sorted(ALL.keys() - OF_POSTGRES))
def test_sqlite_understands_it(sqlite_template: Path, name: str) -> None:
    sqlite_plan(sqlite_template, name)


@pytest.mark.parametrize("name", ALL)
def test_postgresql_understands_it(postgres_template: str, name: str) -> None:
    assert postgres_plan(postgres_template, name)


INDEXES = {
    "archives._INBOX": ["ix_deliveries_inbox"],
    "notifications._DELIVERIES": ["ix_deliveries_inbox"],
    "notifications._NOTICES": ["ix_notifications_recipient_id_created_at_id"],
    "deliveries._DUE": ["ix_deliveries_expiry"],
    "deliveries._UNLIST": ["ix_deliveries_listed"],
    "figures._DELIVERIES": ["ix_deliveries_expiry"],
    "outbox._DUE": ["ix_outbox_due"],
    "pushes._WAITING": ["ix_subscriptions_push", "ix_outbox_push"],
    "pushes._NEXT": ["ix_outbox_push"],
    "pushes._MISSING": ["ix_subscriptions_push", "ix_deliveries_inbox"],
    "outbox._BY_STATE": ["ix_outbox_unsent"],
    "figures._OUTBOX": ["ix_outbox_unsent"],
    "answers._FIND": ["uq_answers_listed"],
    "answers._DIRECTORY": ["uq_answers_listed"],
    "answers._UNSETTLED": ["ix_answers_unsettled"],
    "answers._GRACE": ["ix_answers_grace"],
    "figures._ANSWERS": ["ix_answers_unsettled"],
    "move_rows._OF_WAVE": ["ix_move_rows_move_id_state_position_wave"],
    "move_rows._LATEST": ["ix_move_rows_move_id_state_position_wave"],
    "move_rows._OLDEST": ["ix_move_rows_move_id_state_position_wave", "ix_deliveries_inbox"],
    "move_rows._ENDINGS": ["ix_move_rows_move_id_state_position_wave", "ix_journal_subscription_id_at"],
}
"""The queries that run all the time, and the indexes that keep their cost from growing with what is closed."""


@pytest.mark.parametrize("name", INDEXES)
def test_sqlite_runs_it_on_its_index(sqlite_template: Path, name: str) -> None:
    plan = sqlite_plan(sqlite_template, name)
    assert all(f"INDEX {index}" in plan for index in INDEXES[name]), plan
    scanned = "deliveries USING INDEX ix_deliveries_expiry|subscriptions USING INDEX ix_subscriptions_push"
    scanned += "|folders USING INDEX ix_folders_synthetic"  # those that are made up, no others
    assert not re.search(f"SCAN (?!{scanned})", plan), plan


@pytest.mark.parametrize("name", INDEXES)
def test_postgresql_runs_it_on_its_index(postgres_template: str, name: str) -> None:
    plan = postgres_plan(postgres_template, name)
    assert all(f"using {index} on" in plan for index in INDEXES[name]), plan
    assert "Seq Scan" not in plan


def test_sqlite_starts_a_poll_from_the_account(sqlite_template: Path) -> None:
    steps = sqlite_plan(sqlite_template, "archives._INBOX").splitlines()
    owned, rehearsed = steps[steps.index("LEFT") + 1 : steps.index("RIGHT")], steps[steps.index("RIGHT") + 1 :]
    for first, second, *_ in (owned, rehearsed):
        assert "sftp_account_subscriptions" in first
        assert "subscriptions USING INDEX sqlite_autoindex_subscriptions_1 (id=?)" in second
    assert "ix_deliveries_inbox (subscription_id=?)" in owned[2]
    assert "rehearsed_deliveries USING INDEX" in rehearsed[2]


def test_sqlite_lists_an_api_inbox_without_sorting_it(sqlite_template: Path) -> None:
    """A queue of thousands is read only as far as it is asked for."""
    assert "ORDER BY" not in sqlite_plan(sqlite_template, "notifications._DELIVERIES")
    assert "ORDER BY" not in sqlite_plan(sqlite_template, "notifications._NOTICES")


def test_sqlite_looks_an_answered_number_up_in_both_indexes(sqlite_template: Path) -> None:
    plan = sqlite_plan(sqlite_template, "cases._ANSWERED")
    assert "ix_cases_subscription_id_number (subscription_id=? AND number=?)" in plan
    assert "ix_cases_subscription_id_external_id (subscription_id=? AND external_id=?)" in plan


def test_a_list_and_a_null_are_values_of_the_statement_itself() -> None:
    statement = Statement(
        select(folders.c.id)
        .where(folders.c.status.in_(["SENT", "DONE"]), folders.c.external_id == bindparam("number"))
        .where(folders.c.pinned == bindparam("free", None))
    )
    sql, own = statement.on(SQLITE)
    assert sorted(own.values(), key=str) == ["DONE", None, "SENT"]
    assert "number" not in own
    assert all(f":{name}" in sql for name in own)


def test_it_is_compiled_once_for_each_engine() -> None:
    calls = []

    def spell(insert: Callable[[Table], Any]) -> ClauseElement:
        calls.append(insert)
        return select(null())

    statement = Statement(spell)
    for _ in range(3):
        statement.on(SQLITE)
        statement.on(POSTGRES)
    assert len(calls) == 2
    assert statement.on(SQLITE) is statement.on(SQLITE)


def test_an_insert_leaves_the_number_of_a_row_to_the_engine() -> None:
    assert "seq" not in insert_into(journal).on(SQLITE)[0]
    assert ":close_at" in insert_into(folders).on(SQLITE)[0]
