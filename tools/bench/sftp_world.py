"""What the SFTP rows find: accounts with waiting archives at the gateway, the same as plain files at the peers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.app import office_for
from gateway.config import Settings
from gateway.domain.identity import Mode, OrganizationId
from gateway.domain.ids import new_id
from gateway.domain.referential import Organization, SftpAccount, Subscription
from gateway.services.office import Office
from gateway.services.ports import Transaction
from tools.bench.sftp_peers import Keys
from tools.bench.world import PROCESS, SMALL, deposited, folder

PASSWORD: Final = "un mot de passe de banc"
WAITING: Final = 100
IN_ONE_PULL: Final = 10
POLLER: Final = "poller"
READER: Final = "reader"
LARGE: Final = "large"
_CASES: Final = 10  # of a folder whose archives are only listed or read


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much is prepared: pulls, files of the one long reading, bytes of the large file; 0 for none."""

    pulls: int
    files: int
    large: int


def puller(number: int) -> str:
    """The account of one pull, which finds its files and nothing else."""
    return f"puller-{number}"


def seed_accounts(settings: Settings, keys: Keys, wanted: Wanted) -> None:
    """Declares an account for each work and deposits what it will find."""
    accounts = [(POLLER, WAITING, 1000), (READER, wanted.files, SMALL), (LARGE, bool(wanted.large), wanted.large)]
    accounts += [(puller(number), IN_ONE_PULL, SMALL) for number in range(wanted.pulls)]

    async def run() -> None:
        async with office_for(settings) as office:
            hashed = await asyncio.to_thread(office.secrets.hash, PASSWORD)
            key = keys.client.export_public_key().decode().strip()
            names = [name for name, _, _ in accounts]
            await office.store.write(lambda tx: _declare(tx, names, hashed, key, office.clock()))
            left = iter(_folders(accounts))
            await asyncio.gather(*(_fill(office, left) for _ in range(8)))

    asyncio.run(run())


def lay_out(root: Path, wanted: Wanted) -> None:
    """The same below `root`, for servers of plain files: one directory for each account."""
    content = os.urandom(SMALL)
    _files(root / POLLER, WAITING, content[:2000])
    _files(root / READER, wanted.files, content)
    for number in range(wanted.pulls):
        _files(root / puller(number), IN_ONE_PULL, content)
    large = root / LARGE / "in"
    (root / LARGE / "out").mkdir(parents=True)
    large.mkdir()
    with (large / "large").open("wb") as file:
        for _ in range(wanted.large >> 20):
            file.write(content[:4096] * 256)


def _files(home: Path, count: int, content: bytes) -> None:
    (home / "in" / "DONE").mkdir(parents=True)
    for number in range(count):
        (home / "in" / f"{PROCESS}-{number:08}-01.zip").write_bytes(content)


def _organization(number: int) -> str:
    return f"SI-22{number:012}-{number:05}"


def _declare(tx: Transaction, names: list[str], hashed: str, key: str, now: datetime) -> None:
    for number, name in enumerate(names):
        owner = _organization(number)
        tx.organizations.add(Organization(OrganizationId.parse(owner), f"Name of {name}"), now)
        subscription = Subscription(new_id(), owner, PROCESS, access_mode=Mode.SFTP)
        tx.subscriptions.add(subscription, now)
        account = SftpAccount(new_id(), owner, name, password_hash=hashed, public_keys=(key,), flat=True)
        tx.accounts.add(account, now)
        tx.accounts.serve(account.id, {subscription.id})


def _folders(accounts: list[tuple[str, int, int]]) -> Iterator[tuple[str, str, int, int]]:
    """Number, recipient, size and cases of each folder. What is pulled comes one by one, as it does in life."""
    for number, (name, count, size) in enumerate(accounts):
        cases = 1 if name.startswith("puller") else _CASES
        for first in range(0, count, cases):
            yield f"{name}-{first}", _organization(number), size, min(cases, count - first)


async def _fill(office: Office, folders: Iterator[tuple[str, str, int, int]]) -> None:
    for number, recipient, size, cases in folders:
        await deposited(office, folder(number, recipient, [size], cases), [size])
