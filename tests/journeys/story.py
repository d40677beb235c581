"""What every story of the main job starts from: gateways with all their jobs, on a clock that can be moved on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gateway import app
from gateway.config import Settings
from gateway.domain.identity import Role
from gateway.domain.referential import ApiClient
from gateway.services.ports import Transaction
from gateway.store.passwords import Secrets
from tests.databases import Database
from tests.journeys.gateways import settings_for
from tests.journeys.world import DEPOSITOR, OSL, RECIPIENTS, account_id, declare

SECRET = "the depositor's secret"
PASSWORD = "the legacy server's password"
CADENCES: dict[str, Any] = {
    "scheduler": {"enabled": True},
    "outbox": {
        "every": timedelta(milliseconds=50),
        "first_delay": timedelta(milliseconds=100),
        "ceiling": timedelta(milliseconds=400),
        "max_attempts": 4,
        "private_targets": True,
    },
    "expiry": {"every": timedelta(milliseconds=50)},
}


@dataclass
class MovableClock:
    """The real time, and as much later as a story says."""

    ahead: timedelta = timedelta()
    real: Callable[[], datetime] = app.now

    def __call__(self) -> datetime:
        return self.real() + self.ahead


def story_settings(database: Database, data_dir: Path, keys: Path, **changes: Any) -> Settings:
    """A gateway with all its jobs, at cadences for stories, on that database."""
    url = f"sqlite:///{database}" if isinstance(database, Path) else database
    return settings_for(data_dir, keys, database={"url": url}, **{**CADENCES, **changes})


def declare_secrets(tx: Transaction, webhook: str | None = None) -> None:
    """The world, whose depositor has a secret and whose legacy server of Rennes has a password."""
    declare(tx, webhook=webhook)
    secrets = Secrets(b"")
    now = app.now()
    tx.clients.change(ApiClient(DEPOSITOR, OSL, Role.OSL, secret_hashes=(secrets.hash(SECRET),)), now)
    account = tx.accounts.get(account_id("rennes"))
    assert account is not None
    assert account.organization == RECIPIENTS["rennes"]
    tx.accounts.change(replace(account, password_hash=secrets.hash(PASSWORD)), now)
