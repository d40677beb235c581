"""Rows: `gateway moves plan` over every subscription of the country, as a person runs it, and what memory it takes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from sqlalchemy import bindparam, text

from gateway.app import office_for
from gateway.cli.opening import embedded
from gateway.config import Settings
from gateway.services.ports import Transaction
from gateway.store import transaction
from gateway.store.statement import Statement
from tools.bench.figures import Row, Series
from tools.bench.stage import Stage
from tools.bench.world import DEPOSITOR, PROCESS

PROCESSES: Final = 30
_IN_FLIGHT: Final = 100_000
_ALL: Final = 8000
_ROUNDS: Final = 3
_SECONDS: Final = 30
_MEBIBYTES: Final = 384
_END: Final = b"\n  ]\n}\n"
_FILE: Final = """\
move: everybody
select: {mode: SFTP}
to: API
via: {dual_run: {at_least: 14d, equal_deliveries: 20, or_all_within: 30d}}
waves: [{size: 5}, {size: 10%}, {size: 100%, pause: 2d}]
window: {days: [mon, tue, wed, thu], hours: "06:00-12:00"}
"""
# The same on both engines. An organization's subscriptions stand beside each other, as ids made over time would not.
_NUMBERS: Final = "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :most - 1) "
_OWNER: Final = "'SI-' || (31000000000000 + {0}) || '-' || (10000 + {0})"
_ID: Final = "'0197a1b2-7c3d-7e4f-8a{0}-' || (100000000000 + {1})"
# What is in flight waits for the subscriptions of the first organizations to their first processes: those that move.
_FEW: Final = 10
_WAITS: Final = f"(n % :moving / {_FEW} * {PROCESSES} + n % {_FEW})"
_TABLES: Final = {
    "processes (code, name, is_activated, settings, created_at)": (
        f"'plan-' || n, 'Process', TRUE, (SELECT settings FROM processes WHERE code = '{PROCESS}'), 0",
        "processes",
    ),
    "organizations (id, type, company_register, branch_code, name, status, created_at)": (
        f"{_OWNER.format('n')}, 'SI', CAST(31000000000000 + n AS TEXT), CAST(10000 + n AS TEXT), 'Town', 'Actif', 0",
        "organizations",
    ),
    "api_clients (client_id, organization_id, role, secret_hashes, enabled, created_at)": (
        f"'plan-' || n, {_OWNER.format('n')}, 'SI', '[\"hash\"]', TRUE, 0",
        "organizations",
    ),
    "sightings (door, credential, seen_at)": ("'API', 'plan-' || n, :now", "organizations"),
    "subscriptions (id, organization_id, process_code, status, access_mode, transport, epoch, complement,"
    " created_at)": (
        f"{_ID.format('5b', 'n')}, {_OWNER.format(f'n / {PROCESSES}')}, 'plan-' || (n % {PROCESSES}),"
        " 'Actif', 'SFTP', 'pull', 1, 'whole', 0",
        "subscriptions",
    ),
    "folders (id, depositor_id, process_code, external_id, status, pinned, created_at)": (
        f"{_ID.format('5c', 'n')}, '{DEPOSITOR}', 'plan-0', 'F-' || n, 'HUBEE_NOTIFIED', FALSE, 0",
        "in_flight",
    ),
    "cases (id, folder_id, position, depositor_id, recipient_id, subscription_id, process_code, external_id, number,"
    " status, publication, reopening, created_at)": (
        f"{_ID.format('5d', 'n')}, {_ID.format('5c', 'n')}, 0, '{DEPOSITOR}',"
        f" {_OWNER.format(f'(n % :moving / {_FEW})')}, {_ID.format('5b', _WAITS)},"
        f" 'plan-' || (n % {_FEW}), 'F-' || n || '/1', 'F-' || n, 'HUBEE_NOTIFIED', 1,"
        " FALSE, 0",
        "in_flight",
    ),
    "deliveries (id, case_id, subscription_id, process_code, kind, state, number, sequence, publication, notify,"
    " archive_name, archive_size, shown, published_at, unread)": (
        f"{_ID.format('5e', 'n')}, {_ID.format('5d', 'n')}, {_ID.format('5b', _WAITS)},"
        f" 'plan-' || (n % {_FEW}), 'PUBLICATION', 'READY', 'F-' || n, 1, 1, TRUE,"
        " 'F-' || n || '-1.zip', 4096, TRUE, n, FALSE",
        "in_flight",
    ),
}


def seed(settings: Settings, organizations: int) -> None:
    """Declares so many organizations with 30 processes each, all in mode SFTP, and puts into the inboxes of few."""
    in_flight = in_flight_of(organizations)
    most = {
        "processes": PROCESSES,
        "organizations": organizations,
        "subscriptions": organizations * PROCESSES,
        "in_flight": in_flight,
    }

    def fill(tx: Transaction) -> None:
        assert isinstance(tx, transaction.Transaction)
        for table, (values, of) in _TABLES.items():
            known = {"most": most[of], "moving": moving(organizations), "now": round(time.time() * 1000)}
            given = {name: value for name, value in known.items() if name == "most" or f":{name}" in values}
            clause = text(f"INSERT INTO {table} {_NUMBERS}SELECT {values} FROM numbers")
            tx.session.run(Statement(clause.bindparams(*(bindparam(name, required=True) for name in given))), **given)
        if not embedded(settings):
            tx.session.run(Statement(text("ANALYZE")))  # which PostgreSQL does by itself, but a while later

    async def run() -> None:
        async with office_for(settings) as office:
            await office.store.write(fill)

    asyncio.run(run())


def in_flight_of(organizations: int) -> int:
    """How many deliveries are in flight where so many organizations are declared."""
    return _IN_FLIGHT * organizations // _ALL


def moving(organizations: int) -> int:
    """How many subscriptions they wait for: those of an eighth of the organizations to ten processes."""
    return organizations // 8 * _FEW


def measure(stage: Stage, config: Path) -> list[Row]:
    """Seconds from the command line to the written plan, and the most memory of it; start of Python included."""
    organizations = stage.effort.organizations
    (stage.directory / "move.yaml").write_text(_FILE)
    seconds, used, mebibytes = [], [], []
    for number in range(_ROUNDS):
        took, cost, peak = _planned(stage.directory, config, stage.directory / f"plan-{number}.json")
        seconds.append(took)
        used.append(cost)
        mebibytes.append(peak)
    what = f"plan {organizations * PROCESSES:,} subscriptions"
    note = f"{in_flight_of(organizations):,} in flight"
    whole = organizations == _ALL
    return [
        Row(what, "s", Series(tuple(seconds)), _SECONDS if whole else None, note=note),
        Row("  its processor time", "s", Series(tuple(used)), None, note="without a database server's"),
        Row(f"{what}: memory", "MiB", Series(tuple(mebibytes)), _MEBIBYTES if whole else None, note=note),
    ]


def _planned(directory: Path, config: Path, out: Path) -> tuple[float, float, float]:
    command = [sys.executable, "-m", "gateway", "moves", "plan", "move.yaml", "-c", str(config), "-o", out.name]
    root = str(Path(__file__).parents[2])
    with (directory / "plan.log").open("wb") as shown:
        began = time.perf_counter()
        child = subprocess.Popen(
            [*command, "--json"], cwd=directory, stdout=shown, env={**os.environ, "PYTHONPATH": root}
        )
        _, status, used = os.wait4(child.pid, 0)
        took = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"the plan was not made: code {child.returncode}")
    with (directory / "plan.log").open("rb") as shown:
        # To read all of it would make this process large, and with it the next child, whose peak counts from its fork.
        shown.seek(-len(_END), os.SEEK_END)
        if shown.read() != _END:
            raise RuntimeError("the plan that was shown is not whole")
    return took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
