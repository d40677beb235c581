"""A store that has grown: history lies there for those who are measured, and their inboxes are as they were."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.app import office_for
from gateway.config import Settings
from gateway.services.ports import Transaction
from gateway.store import transaction
from gateway.store.statement import Statement
from tools.bench import growth
from tools.bench.sftp_peers import make_keys
from tools.bench.sftp_world import POLLER, WAITING, Wanted, seed_accounts
from tools.bench.world import PROCESS, configure, seed

_CASES = 60


def _count(tx: Transaction, what: str) -> int:
    assert isinstance(tx, transaction.Transaction)
    ((number,),) = tx.session.rows(Statement(text(f"SELECT count(*) FROM {what}")))
    return int(number)


async def _found(settings: Settings) -> tuple[int, list[int]]:
    """Archives in the poller's inbox; counts of deliveries, of open ones, of cases, of archives, of its own cases."""

    def look(tx: Transaction) -> tuple[int, list[int]]:
        account = tx.accounts.by_username(POLLER)
        assert account is not None
        (own,) = tx.accounts.subscriptions(account.id)
        listed = len(tx.archives.inbox(account.id, PROCESS, datetime.now(UTC)))
        whats = ("deliveries", "deliveries WHERE shown", "cases", "archives", f"cases WHERE subscription_id = '{own}'")
        return listed, [_count(tx, what) for what in whats]

    async with office_for(settings) as office:
        return await office.store.read(look)


def test_a_store_grows_and_the_inboxes_that_are_measured_do_not(
    tmp_path: Path, engine: str, request: pytest.FixtureRequest
) -> None:
    url = ""
    if engine == "postgresql":
        url = growth.beside(request.getfixturevalue("postgres_database"), "growth-60")
    _, settings = configure(tmp_path, url)
    seed(settings, 0)
    seed_accounts(settings, make_keys(tmp_path), Wanted(0, 0, 0))
    growth.fill(settings, _CASES)
    listed, counts = asyncio.run(_found(settings))
    assert listed == WAITING
    together = WAITING + _CASES
    assert counts == [together, WAITING + _CASES // 20, together, together, WAITING + _CASES // 20]


def test_two_stores_lie_beside_each_other_in_one_database(postgres_database: str) -> None:
    first, second = (growth.beside(postgres_database, f"growth-{number}") for number in (1, 2))
    assert first.endswith("options=-csearch_path%3Dgrowth_1")
    assert first != second
