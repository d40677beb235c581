"""Rows: what a poll and a list cost when the store has ten times the cases; two stores and gateways, by turns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy import bindparam, text

from gateway.app import office_for
from gateway.cli.opening import embedded
from gateway.config import Settings
from gateway.services.ports import Transaction
from gateway.store import transaction
from gateway.store.statement import Statement
from tools.bench import servers
from tools.bench.figures import Row
from tools.bench.sftp import amounts
from tools.bench.sftp_client import Client, to_gateway
from tools.bench.sftp_peers import Keys
from tools.bench.sftp_world import POLLER, WAITING, Wanted, seed_accounts
from tools.bench.stage import Job, Stage, alternating
from tools.bench.wire import Wire
from tools.bench.world import DEPOSITOR, PROCESS, QUEUE, authorization, configure, seed

_TIMES: Final = 10
_BUDGET: Final = 1.2
_QUEUE: Final = 1000
_OTHERS: Final = 1000
_PATH: Final = "/teledossiers/v1/notifications?maxResult=25"
_AT_ONCE: Final = 50_000
_EVERY: Final = 60_000  # milliseconds from one case to the next: a million are two years
_CONTENT: Final = bytes(range(256)) * 2

# The same on both engines. Of twenty cases one was the polling account's and one the listing client's, both long ago;
# one waits for somebody else; the others are over.
_NUMBERS: Final = (
    "WITH RECURSIVE numbers(n) AS (SELECT CAST(:first AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n < :last) "
)
_OTHER: Final = "'SI-' || (32000000000000 + {0}) || '-' || (10000 + {0})"
_ID: Final = "'01900000-7c3d-7e4f-8a{0}-' || (100000000000 + {1})"
_BLOB: Final = "'0000' || n"  # whose bytes are nowhere: nobody reads them here
_AT: Final = f"(:now - (:most - n) * {_EVERY})"
_WHOSE: Final = "CASE n % 20 WHEN 0 THEN :polled WHEN 1 THEN :listed ELSE {0} END"
_OWN: Final = _ID.format("5b", f"n % {_OTHERS}")
_OPEN: Final = "n % 20 = 2"
_ONCE: Final = {
    "organizations (id, type, company_register, branch_code, name, status, created_at)": (
        f"{_OTHER.format('n')}, 'SI', CAST(32000000000000 + n AS TEXT), CAST(10000 + n AS TEXT), 'Town', 'Actif', 0"
    ),
    "subscriptions (id, organization_id, process_code, status, access_mode, transport, epoch, complement,"
    " created_at)": (
        f"{_ID.format('5b', 'n')}, {_OTHER.format('n')}, '{PROCESS}', 'Actif', 'SFTP', 'pull', 1, 'whole', 0"
    ),
}
_MANY: Final = {
    "folders (id, depositor_id, process_code, external_id, status, pinned, created_at, completed_at)": (
        f"{_ID.format('5c', 'n')}, '{DEPOSITOR}', '{PROCESS}', 'G-' || n,"
        f" CASE WHEN {_OPEN} THEN 'HUBEE_NOTIFIED' ELSE 'DONE' END, FALSE, {_AT}, {_AT}"
    ),
    "cases (id, folder_id, position, depositor_id, recipient_id, subscription_id, process_code, external_id, number,"
    " status, publication, reopening, created_at)": (
        f"{_ID.format('5d', 'n')}, {_ID.format('5c', 'n')}, 0, '{DEPOSITOR}',"
        f" (SELECT organization_id FROM subscriptions WHERE id = {_WHOSE.format(_OWN)}), {_WHOSE.format(_OWN)},"
        f" '{PROCESS}', 'G-' || n || '/1', 'G-' || n, CASE WHEN {_OPEN} THEN 'HUBEE_NOTIFIED' ELSE 'DONE' END, 1,"
        f" FALSE, {_AT}"
    ),
    "events (id, case_id, transmitter_id, action, status, new_status, inserted, created_at, updated_at)": (
        f"{_ID.format('5e', 'n')}, {_ID.format('5d', 'n')}, '{DEPOSITOR}', 'STATUS_UPDATE', 'RECEIVED',"
        f" 'HUBEE_NOTIFIED', FALSE, {_AT}, {_AT}"
    ),
    "deliveries (id, case_id, subscription_id, process_code, kind, state, number, sequence, publication, notify,"
    " archive_name, archive_size, shown, published_at, fetched_at, closed_at, closed_door, closed_by, gesture,"
    " unread)": (
        f"{_ID.format('5f', 'n')}, {_ID.format('5d', 'n')}, {_WHOSE.format(_OWN)}, '{PROCESS}', 'PUBLICATION',"
        f" CASE WHEN {_OPEN} THEN 'READY' ELSE 'ACCEPTED' END, 'G-' || n, 1, 1, TRUE, 'G-' || n || '-01.zip', 4096,"
        f" {_OPEN}, {_AT}, CASE WHEN {_OPEN} THEN NULL ELSE {_AT} END, CASE WHEN {_OPEN} THEN NULL ELSE {_AT} END,"
        f" CASE WHEN {_OPEN} THEN NULL ELSE 'SFTP' END, CASE WHEN {_OPEN} THEN NULL ELSE 'somebody' END,"
        f" CASE WHEN {_OPEN} THEN NULL ELSE 'rename' END, FALSE"
    ),
    "archives (delivery_id, content)": f"{_ID.format('5f', 'n')}, :content",
    "attachments (id, folder_id, position, file_name, type, size, mime_type, status, blob_key, crc32, received_at)": (
        f"{_ID.format('60', 'n')}, {_ID.format('5c', 'n')}, 0, '0.pdf', 'piece-0', 50000, 'application/pdf',"
        f" 'RECEIVED', {_BLOB}, n, {_AT}"
    ),
    "attachment_cases (case_id, attachment_id)": f"{_ID.format('5d', 'n')}, {_ID.format('60', 'n')}",
    "archive_blobs (blob_key, delivery_id, attachment_id)": (
        f"{_BLOB}, {_ID.format('5f', 'n')}, {_ID.format('60', 'n')}"
    ),
}


def measure(stage: Stage, keys: Keys, database_url: str) -> list[Row]:
    """A poll of an inbox of 100 and a list of 25, in the store that has grown and in one of a tenth, by turns."""
    large = stage.effort.cases
    small = large // _TIMES
    with ExitStack() as stack:
        sides = [
            stack.enter_context(servers.gateway(*_world(stage, keys, database_url, each))) for each in (large, small)
        ]
        polls, lists = amounts(stage.effort).polls, stage.effort.requests
        polling = [Job(side, _polling(to_gateway(side.sftp_port, keys), polls), polls) for side in sides]
        wires = [stack.enter_context(Wire(side.port, authorization("queue"))) for side in sides]
        listing = [Job(side, _listing(wire, lists), lists) for side, wire in zip(sides, wires, strict=True)]
        poll, poll_before = alternating(stage.effort.rounds, *polling)
        seen, seen_before = alternating(stage.effort.rounds, *listing)
    before, after = f"{small:,} cases", f"{large:,} cases"
    assert poll_before is not None
    assert seen_before is not None
    return [
        Row(f"poll in {after}", "ms", poll.times(1e3), _BUDGET, before, poll_before.times(1e3)),
        Row(f"list 25 in {after}", "µs", seen.times(1e6), _BUDGET, before, seen_before.times(1e6)),
    ]


def _polling(client: Client, polls: int) -> Callable[[], None]:
    async def run() -> None:
        for _ in range(polls):
            await client.poll(POLLER, WAITING)

    return lambda: asyncio.run(run())


def _listing(wire: Wire, times: int) -> Callable[[], None]:
    def ask() -> None:
        for _ in range(times):
            wire.ask("GET", _PATH)

    return ask


def _world(stage: Stage, keys: Keys, database_url: str, cases: int) -> tuple[Path, Path]:
    """A store with so many cases; the configuration and the log of its gateway."""
    directory = stage.directory / f"growth-{cases}"
    directory.mkdir()
    config, settings = configure(directory, beside(database_url, directory.name) if database_url else "")
    seed(settings, _QUEUE)
    seed_accounts(settings, keys, Wanted(0, 0, 0))
    fill(settings, cases)
    return config, directory / "gateway.log"


def beside(database_url: str, name: str) -> str:
    """The URL of a schema of that name in the same PostgreSQL database, which is made."""
    schema = name.replace("-", "_")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    return f"{database_url}{'&' if '?' in database_url else '?'}options=-csearch_path%3D{schema}"


def fill(settings: Settings, cases: int) -> None:
    """So many cases with all that belongs to one but its bytes and its lines in the journal; see `_NUMBERS` whose."""

    async def run() -> None:
        async with office_for(settings) as office:
            known = await office.store.read(_inboxes)
            known |= {"most": cases, "now": round(time.time() * 1000), "content": _CONTENT}
            await office.store.write(partial(_insert, _ONCE, {"first": 0, "last": _OTHERS - 1}))
            for first in range(0, cases, _AT_ONCE):
                given = known | {"first": first, "last": min(first + _AT_ONCE, cases) - 1}
                await office.store.write(partial(_insert, _MANY, given))
            if not embedded(settings):
                # PostgreSQL does it by itself, but a while later.
                await office.store.write(partial(_run, "ANALYZE", {}))

    asyncio.run(run())


def _inboxes(tx: Transaction) -> dict[str, object]:
    account, listed = tx.accounts.by_username(POLLER), tx.subscriptions.find(QUEUE, PROCESS)
    assert account is not None
    assert listed is not None
    (polled,) = tx.accounts.subscriptions(account.id)
    return {"polled": polled, "listed": listed.id}


def _insert(tables: dict[str, str], given: dict[str, object], tx: Transaction) -> None:
    for table, values in tables.items():
        _run(f"INSERT INTO {table} {_NUMBERS}SELECT {values} FROM numbers", given, tx)


def _run(sql: str, given: dict[str, object], tx: Transaction) -> None:
    assert isinstance(tx, transaction.Transaction)
    known = {name: value for name, value in given.items() if f":{name}" in sql}
    clause = text(sql).bindparams(*(bindparam(name, required=True) for name in known))
    tx.session.run(Statement(clause), **known)
