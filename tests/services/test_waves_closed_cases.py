"""However many cases are closed, no step of a switch or a move reads them: shown by how every statement is run.

What a step runs is recorded, and the engine is asked for the plan of each. A table that grows with what is closed may
be entered by keys that are given or by the indexes of what is open, and is never scanned. Journal lines of one
subscription are what a certificate is made of; everything else asks for them from a date on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from gateway.domain.deliveries import Place
from gateway.domain.identity import Mode
from gateway.domain.moves import DualRun, MoveState, Selection, Spec, StopRules
from gateway.domain.switches import InFlight, Switch
from gateway.services import certify, moves, planning, readiness, rehearsals, switching
from gateway.services.stopping import broken
from gateway.services.waves import drive
from gateway.store import sqlite
from gateway.store.postgres import PostgresStore
from gateway.store.session import Session
from gateway.store.signing import Signer
from gateway.store.statement import Statement
from gateway.store.tables import metadata
from gateway.store.transaction import Transaction
from tests.databases import Database
from tests.services.moving import APPLIER, APPROVER, PLANNER, found, tried
from tests.services.people import DAY, OPERATOR, RENNES
from tests.services.town import Town

GROWING: Final = "cases|deliveries|events|folders|archives|attachments|notifications|journal|answers|servings|outbox"
OPEN: Final = (
    *("ix_deliveries_inbox", "ix_deliveries_expiry", "ix_deliveries_pins"),
    *("ix_folders_synthetic", "ix_outbox_unsent", "ix_outbox_due", "ix_outbox_push", "ix_answers_unsettled"),
)
"""The indexes that hold nothing of what is closed: they may be read from end to end."""
KEYS: Final = r"case_id|event_id|folder_id|delivery_id|attachment_id|id|rowid|seq|blob_key"
"""Columns whose values are given, or come from a row that was found by one of these ways."""
STOP: Final = StopRules(0.5, timedelta(days=300), 0.5)
SPEC: Final = Spec("bretagne", Selection(mode=Mode.SFTP, processes=("EtatCivil",)), Mode.API, stop_when=STOP)


class Recorded:
    """The statements that were run, with the values of their first time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(certify, "_PAGE", 100)  # to this journal what a page is to one of millions
        self.run: dict[str, dict[str, Any]] = {}
        real = Session._cursor

        def recording(session: Session, statement: Statement, values: dict[str, Any]) -> Any:
            sql, own = statement.on(session.dialect)
            self.run.setdefault(sql, {**own, **values})
            return real(session, statement, values)

        monkeypatch.setattr(Session, "_cursor", recording)

    @contextmanager
    def step(self, database: Database) -> Iterator[None]:
        """Looks at the plans of what runs meanwhile."""
        self.run.clear()
        yield
        ran = dict(self.run)
        assert ran, "nothing was run"
        faults = {sql: wrong for sql, values in ran.items() if (wrong := _faults(database, sql, values))}
        assert not faults, "\n\n".join(f"{sql}\n  {'; '.join(wrong)}" for sql, wrong in faults.items())


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    return Recorded(monkeypatch)


def _faults(database: Database, sql: str, values: dict[str, Any]) -> list[str]:
    if isinstance(database, Path):
        return [step for step in _sqlite_plan(database, sql, values) if not _sqlite_narrow(step)]
    return _postgres_faults(_postgres_plan(database, sql, values))


def _sqlite_plan(path: Path, sql: str, values: dict[str, Any]) -> list[str]:
    with closing(sqlite.connect(path)) as connection:
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


def _sqlite_narrow(step: str) -> bool:
    found = re.match(rf"(SCAN|SEARCH) ({GROWING})\b(.*)", step)
    if found is None:
        return True
    how, _, rest = found.groups()
    if any(f"INDEX {name}" in rest for name in OPEN):
        return True
    return how == "SEARCH" and _keyed(rest)


def _postgres_plan(url: str, sql: str, values: dict[str, Any]) -> list[str]:
    with psycopg.connect(url, autocommit=True) as connection:
        return [row[0] for row in connection.execute(f"EXPLAIN {sql}".encode(), values)]


def _postgres_faults(plan: list[str]) -> list[str]:
    faults = []
    for number, line in enumerate(plan):
        if re.search(rf"Seq Scan on ({GROWING})\b", line):
            faults.append(line.strip())
        elif (found := re.search(rf"using (\w+) on ({GROWING})\b", line)) and found[1] not in OPEN:
            after = plan[number + 1].strip() if number + 1 < len(plan) else ""
            if "Index Only Scan using ix_journal_subscription_id_at" in line:
                continue
            condition = after if after.startswith("Index Cond: ") else "no condition"
            if not _keyed(condition):
                faults.append(f"{line.strip()}: {condition}")
    return faults


def _keyed(condition: str) -> bool:
    """By a given key, by a subscription and a date, or by a name in a process.

    The lines of a certificate are those of a subscription, and are found without reading them.
    """
    if re.search(r"COVERING INDEX ix_journal_subscription_id_at \(subscription_id=\?\)", condition):
        return True
    return (
        re.search(rf"\(\(?(?:\w+\.)?(?:{KEYS})\)?(?:::\w+)? ?(?:=|>|<|IN)", condition) is not None
        or re.search(r"subscription_id.*(?:created_at|\bat)\b", condition) is not None
        or re.search(r"\(process_code=\? AND|process_code\)?(?:::text)? = .*(?:name|sequence)", condition) is not None
    )


COPIES: Final = 1000
"""So many closed cases there are beside those that the town's people closed."""
NUMBERS: Final = f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {COPIES})"
_IN: Final = {"folders": "f", "cases": "c", "deliveries": "d", "events": "e", "attachments": "a", "notifications": "n"}
"""What begins the ids of copies."""
_OF: Final = {"folder_id": "f", "case_id": "c", "delivery_id": "d"}


def _multiply(tx: Transaction, case: str) -> None:
    """Copies of a case with all that belongs to it."""
    found = tx.cases.get(case)
    assert found is not None
    (delivery,) = tx.deliveries.of_case(case)
    of_folder, of_case, of_delivery = f"folder_id = '{found[1].id}'", f"case_id = '{case}'", delivery.id
    _copy(tx, "folders", f"id = '{found[1].id}'")
    _copy(tx, "cases", f"id = '{case}'", external_id="'x' || n", number="'x' || n")
    _copy(tx, "deliveries", of_case, archive_name="'x' || n", sequence="n + 1000")
    _copy(tx, "events", f"id = (SELECT min(id) FROM events WHERE {of_case})")
    _copy(tx, "attachments", f"id = (SELECT min(id) FROM attachments WHERE {of_folder})")
    _copy(tx, "notifications", f"id = (SELECT min(id) FROM notifications WHERE {of_case})")
    for table in ("archives", "servings"):
        _copy(tx, table, f"delivery_id = '{of_delivery}'")
    _copy(tx, "journal", of_case)
    for number in range(4):
        _copy(tx, "journal", of_case, subscription_id=f"'other-{number}'")


def _copy(tx: Transaction, table: str, chosen: str, **others: str) -> None:
    names = [column.name for column in metadata.tables[table].columns if (table, column.name) != ("journal", "seq")]
    made = {name: f"'{begin}' || n" for name, begin in _OF.items()} | others
    if table in _IN:
        made["id"] = f"'{_IN[table]}' || n"
    values = [made.get(name, name) for name in names]
    chosen_from = f"SELECT {', '.join(values)} FROM {table}, n WHERE {chosen}"
    tx.session.connection.execute(f"INSERT INTO {table} ({', '.join(names)}) {NUMBERS} {chosen_from}")


async def closed(town: Town) -> None:
    """Thousands of closed cases, some of every end, beside one that is open and one that was fetched."""
    accepted, *_ = [await town.deposit(number) for number in ("A-1", "A-2", "A-3", "A-4")]
    await town.move(await town.fetch("A-1-EtatCivil-1.zip"))
    await town.move(await town.fetch("A-2-EtatCivil-1.zip"), Place.FAILED)
    await town.fetch("A-3-EtatCivil-1.zip")
    await tried(town)
    await town.store.write(lambda tx: _multiply(tx, accepted.cases[0].id))
    if isinstance(town.store, PostgresStore):  # which counts by itself from time to time; the gateway asks no SQLite to
        await town.store.write(lambda tx: tx.session.connection.execute("ANALYZE"))


async def test_switching_one_subscription(town: Town, database: Database, recorded: Recorded) -> None:
    await closed(town)
    town.office = replace(town.office, signer=Signer(bytes(32)))
    identifier = town.subscriptions[RENNES, "EtatCivil"].id
    with recorded.step(database):
        await readiness.readiness_of(town.office, OPERATOR, [identifier], Mode.API, whole=False)
    with recorded.step(database):
        await rehearsals.start(town.office, OPERATOR, identifier, Mode.API, DAY)
    with recorded.step(database):
        await rehearsals.latest(town.office, OPERATOR, identifier)
    with recorded.step(database):
        await switching.open_deliveries(town.office, OPERATOR, identifier)
    drain = Switch(Mode.API, in_flight=InFlight.DRAIN, drain_for=DAY)
    with recorded.step(database):
        await switching.switch(town.office, OPERATOR, identifier, drain)
    with recorded.step(database):
        await switching.switch(town.office, OPERATOR, identifier, Switch(Mode.SFTP))
    with recorded.step(database):
        asked, balance = [certify.Asked(identifier)], certify.Balance()
        assert [line async for line in certify.certificate(town.office, OPERATOR, asked, {}, balance)]
    with recorded.step(database):
        await town.store.read(lambda tx: tx.synthetic.of_subscription(identifier, 10))


@pytest.mark.parametrize("via", [None, DualRun(timedelta(minutes=1), 1)], ids=["straight", "dual-run"])
async def test_a_move(town: Town, database: Database, recorded: Recorded, via: DualRun | None) -> None:
    await closed(town)
    town.office = replace(town.office, signer=Signer(bytes(32)))
    office = town.office
    with recorded.step(database):
        plan = await planning.plan(office, PLANNER, replace(SPEC, via=via))
    with recorded.step(database):
        await moves.record(office, PLANNER, plan.spec, plan.waves, plan.rows(), plan.digest)
    with recorded.step(database):
        await moves.approve(office, APPROVER, "bretagne", plan.digest)
    with recorded.step(database):
        move = await moves.apply(office, APPLIER, "bretagne", plan.digest)
    with recorded.step(database):
        await drive(office)
        town.clock.pass_by(timedelta(hours=1))
        await drive(office)
    with recorded.step(database):
        await office.store.read(lambda tx: broken(tx, move, office.clock()))
        await moves.status(office, OPERATOR, "bretagne")
    if via is None:
        assert (await found(town)).move.state is MoveState.DONE
        with recorded.step(database):
            asked, balance = await certify.of_move(office, OPERATOR, "bretagne"), certify.Balance()
            assert [line async for line in certify.certificate(office, OPERATOR, asked, {}, balance)]
    with recorded.step(database):
        await moves.rollback(office, APPLIER, "bretagne")
        await drive(office)
