"""The outgrown engine: verbs that met each other run again, a lost connection is told and then replaced."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.domain.errors import NotFoundError, UnavailableError
from gateway.domain.identity import Door
from gateway.store.postgres import ATTEMPTS, CONNECTIONS, PostgresStore
from gateway.store.transaction import Transaction
from tests.databases import opened
from tests.store import rows
from tests.store.rows import NOW
from tests.store.verbs import noted, writing


@pytest.fixture
async def postgres(postgres_database: str) -> AsyncIterator[PostgresStore]:
    async with opened(postgres_database) as store:
        assert isinstance(store, PostgresStore)
        yield store


def run(tx: Transaction, sql: str) -> Any:
    """One row of a statement spelt by the test."""
    return tx.session.connection.execute(sql).fetchone()


def meeting(left: str, right: str, both: threading.Barrier, runs: list[str], tx: Transaction) -> None:
    """Locks one row, then, the first time, waits until the other verb has locked its own, then wants that too."""
    runs.append(left)
    run(tx, f"UPDATE leases SET fence = fence + 1 WHERE name = '{left}' RETURNING fence")
    if runs.count(left) == 1:
        both.wait(30)
    run(tx, f"UPDATE leases SET fence = fence + 1 WHERE name = '{right}' RETURNING fence")


async def test_of_two_verbs_in_a_deadlock_one_runs_again_and_both_succeed(postgres: PostgresStore) -> None:
    def seed(tx: Transaction) -> None:
        for name in ("a", "b"):
            tx.leases.take(name, "test", NOW, NOW)

    await postgres.write(seed)
    both = threading.Barrier(2)
    runs: list[str] = []
    await asyncio.gather(
        postgres.write(lambda tx: meeting("a", "b", both, runs, tx)),
        postgres.write(lambda tx: meeting("b", "a", both, runs, tx)),
    )
    assert len(runs) >= 3  # they may meet again
    assert await postgres.read(lambda tx: run(tx, "SELECT sum(fence) FROM leases")[0]) == 6


async def test_a_verb_that_never_gets_through_is_given_up(postgres: PostgresStore) -> None:
    runs: list[str] = []

    def always(tx: Transaction) -> None:
        runs.append(writing(f"{len(runs)}")(tx))
        raise psycopg.errors.SerializationFailure("made up")

    with pytest.raises(UnavailableError):
        await postgres.write(always)
    assert len(runs) == ATTEMPTS
    assert await postgres.read(noted) == set()


async def test_a_verb_that_fails_wrote_nothing(postgres: PostgresStore) -> None:
    def fail(tx: Transaction) -> None:
        writing("key")(tx)
        raise NotFoundError("Case")

    with pytest.raises(NotFoundError):
        await postgres.write(fail)
    assert await postgres.read(noted) == set()


async def test_a_query_cannot_write(postgres: PostgresStore) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        await postgres.read(writing("key"))


async def test_a_query_sees_one_state_from_its_first_to_its_last_statement(postgres: PostgresStore) -> None:
    looked, may_go_on = threading.Event(), threading.Event()

    def look_twice(tx: Transaction) -> tuple[set[str], set[str]]:
        first = noted(tx)
        looked.set()
        assert may_go_on.wait(30)
        return first, noted(tx)

    reading = asyncio.ensure_future(postgres.read(look_twice))
    await asyncio.to_thread(looked.wait, 30)
    await postgres.write(writing("meanwhile"))
    may_go_on.set()
    assert await reading == (set(), set())


HOLDING: dict[str, tuple[Callable[[Transaction, Any], object], list[str]]] = {
    "folder": (lambda tx, ids: tx.folders.hold(ids["folders"]), ["folders"]),
    "case": (lambda tx, ids: tx.cases.hold(ids["cases"]), ["folders", "cases"]),
    "attachment": (lambda tx, ids: tx.attachments.hold(ids["attachments"]), ["attachments"]),
    "answer": (lambda tx, ids: tx.answers.hold(ids["answers"]), ["answers"]),
    "gesture": (lambda tx, ids: tx.deliveries.for_gesture(ids["deliveries"], Door.SFTP, "x"), ["deliveries"]),
}


@pytest.mark.parametrize("name", HOLDING)
async def test_what_a_verb_holds_nobody_else_can_take_before_it_ends(
    postgres: PostgresStore, postgres_database: str, name: str
) -> None:
    hold, tables = HOLDING[name]

    def add(tx: Transaction) -> dict[str, str]:
        rows.referential(tx)
        case, answer = rows.add_case(tx), rows.answer()
        attachment, delivery = rows.attachment(case.folder_id), rows.add_delivery(tx, case)
        tx.attachments.add(attachment, 0)
        tx.answers.add(answer)
        ids = (case.folder_id, case.id, attachment.id, answer.id, delivery.id)
        return dict(zip(("folders", "cases", "attachments", "answers", "deliveries"), ids, strict=True))

    ids = await postgres.write(add)

    def taken(tx: Transaction) -> list[str]:
        assert hold(tx, ids) is not None
        found = []
        for table, identifier in ids.items():
            with psycopg.connect(postgres_database) as other:
                lock = f"SELECT id FROM {table} WHERE id = '{identifier}' FOR UPDATE NOWAIT"
                try:
                    other.execute(lock.encode())
                except psycopg.errors.LockNotAvailable:
                    found.append(table)
        return found

    assert await postgres.write(taken) == tables


async def test_a_lost_connection_is_told_and_replaced(postgres: PostgresStore, postgres_url: str) -> None:
    def cut_off(tx: Transaction) -> None:
        writing("lost")(tx)
        (pid,) = run(tx, "SELECT pg_backend_pid()")
        with psycopg.connect(postgres_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
        run(tx, "SELECT 1")

    with pytest.raises(UnavailableError) as raised:
        await postgres.write(cut_off)
    assert isinstance(raised.value.__cause__, psycopg.OperationalError)
    assert await postgres.write(writing("kept")) == "kept"
    assert await postgres.read(noted) == {"kept"}


@pytest.mark.parametrize("way", ["read", "peek"])
async def test_connections_that_died_between_verbs_are_replaced_unnoticed(
    postgres: PostgresStore, postgres_url: str, way: str
) -> None:
    """A server that was started again."""
    gathered = threading.Barrier(CONNECTIONS)
    pids = await asyncio.gather(*(postgres.read(lambda tx: together(gathered, tx)) for _ in range(CONNECTIONS)))
    assert len(set(pids)) == CONNECTIONS
    with psycopg.connect(postgres_url, autocommit=True) as other:
        for pid in pids:
            other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
    look = getattr(postgres, way)
    new = await asyncio.gather(*(look(lambda tx: together(gathered, tx)) for _ in range(CONNECTIONS)))
    assert len({*new, *pids}) == 2 * CONNECTIONS


def together(gathered: threading.Barrier, tx: Transaction) -> int:
    """Keeps a connection busy until all are, and tells its server process."""
    pid: int = run(tx, "SELECT pg_backend_pid()")[0]
    gathered.wait(30)
    return pid


async def test_a_commit_is_durable_whatever_the_servers_default(postgres: PostgresStore) -> None:
    assert await postgres.write(lambda tx: run(tx, "SHOW synchronous_commit")[0]) == "on"


async def test_a_mistake_in_the_sql_is_not_dressed_up_as_an_outage(postgres: PostgresStore) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        await postgres.read(lambda tx: run(tx, "SELECT 1 FROM nowhere"))
    with pytest.raises(psycopg.errors.UndefinedTable):
        await postgres.peek(lambda tx: run(tx, "SELECT 1 FROM nowhere"))
    assert await postgres.peek(noted) == set()
    assert await postgres.read(noted) == set()


async def test_closing_waits_for_what_was_handed_in(postgres_database: str) -> None:
    store = PostgresStore(postgres_database)
    await store.open()
    waiting = [asyncio.ensure_future(store.write(writing(f"{number}"))) for number in range(50)]
    await asyncio.sleep(0)
    await store.close()
    assert len(await asyncio.gather(*waiting)) == 50
    await store.close()  # twice is once
    for verb in (store.read, store.write):
        with pytest.raises(UnavailableError):
            await verb(noted)
    async with opened(postgres_database) as again:
        assert len(await again.read(noted)) == 50


async def test_a_server_that_is_away_cannot_be_opened(tmp_path: Path) -> None:
    store = PostgresStore(f"postgresql://nobody:secret@/none?host={tmp_path}")
    with pytest.raises(UnavailableError) as raised:
        await store.open()
    assert "secret" not in raised.value.message
    await store.close()


async def test_a_switch_waits_for_gestures_under_way(postgres: PostgresStore) -> None:
    """Else it would find open what the journal, line by line, says was acknowledged before it."""

    def seed(tx: Transaction) -> str:
        rows.referential(tx)
        return rows.add_delivery(tx, rows.add_case(tx)).id

    delivery = await postgres.write(seed)
    holding, tried = threading.Event(), threading.Event()

    def gesture(tx: Transaction) -> None:
        assert tx.deliveries.for_gesture(delivery, Door.SFTP, "rennes") is not None
        holding.set()
        assert tried.wait(30)

    def free(tx: Transaction) -> bool:
        assert holding.wait(30)
        try:
            of = f"id = '{rows.RENNES_SFTP.id}'"
            return run(tx, f"SELECT 1 FROM subscriptions WHERE {of} FOR UPDATE SKIP LOCKED") is not None
        finally:
            tried.set()

    _, found = await asyncio.gather(postgres.write(gesture), postgres.write(free))
    assert found is False
    assert await postgres.write(free)
