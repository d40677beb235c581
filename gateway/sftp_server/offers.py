"""What the door offers at this moment: its host keys, and old algorithms while an account has an exception."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import asyncssh
from structlog.typing import FilteringBoundLogger

from gateway.services.office import Office
from gateway.sftp_server import algorithms, host_keys
from gateway.sftp_server.algorithms import Lists
from gateway.sftp_server.negotiated import OLD_SIGNATURE

FRESH: Final = timedelta(seconds=10)
"""How long an offer stands before it is looked at again; so long may an operator wait for a change to show."""


@dataclass(frozen=True)
class Offer:
    """Host keys, those in use first, and whether any account may use old algorithms."""

    keys: Sequence[asyncssh.SSHKey]
    legacy: bool
    pairs: dict[bytes, asyncssh.SSHKeyPair] = field(init=False)
    lists: Lists = field(init=False)

    def __post_init__(self) -> None:
        found: dict[bytes, asyncssh.SSHKeyPair] = {}
        for pair in host_keys.pairs(self.keys):
            found.setdefault(pair.host_key_algorithms[0], pair)
        modern = list(found)
        for key in self.keys:
            if key.get_algorithm() == OLD_SIGNATURE:
                (pair,) = asyncssh.load_keypairs([key])
                found.setdefault(OLD_SIGNATURE.encode(), pair)
        object.__setattr__(self, "pairs", found)
        object.__setattr__(self, "lists", algorithms.modern(modern))


class Offers:
    """The present offer; read again when it is no longer fresh, by the connection that comes next."""

    def __init__(self, office: Office, directory: Path, log: FilteringBoundLogger) -> None:
        self._office = office
        self._directory = directory
        self._log = log
        self._offer: Offer | None = None
        self._seen: host_keys.Look = ()
        self._at: datetime | None = None
        self._reading: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Reads, or makes, the host keys. Raises HostKeyError or OSError."""
        keys = await asyncio.to_thread(host_keys.load, self._directory)
        self._seen = await asyncio.to_thread(host_keys.look, self._directory)
        self._offer = Offer(keys, await self._legacy())
        self._at = self._office.clock()

    @property
    def offer(self) -> Offer:
        """As it was last read. Raises RuntimeError before `open`."""
        if self._offer is None:
            raise RuntimeError("the host keys are not read yet")
        return self._offer

    @property
    def fresh(self) -> bool:
        """Whether it was read lately."""
        return self._at is not None and self._office.clock() - self._at < FRESH

    async def current(self) -> Offer:
        """A fresh offer. What cannot be read again stays as it was, with a line in the log."""
        if not self.fresh:
            if self._reading is None:
                self._reading = asyncio.get_running_loop().create_task(self._read())
                self._reading.add_done_callback(self._done)
            await asyncio.shield(self._reading)
        return self.offer

    async def _read(self) -> None:
        try:
            seen = await asyncio.to_thread(host_keys.look, self._directory)
            keys = self.offer.keys
            if seen != self._seen:
                self._seen = seen
                keys = await asyncio.to_thread(host_keys.load, self._directory)
                self._log.info("host keys read again", keys=[key.get_fingerprint() for key in keys])
            legacy = await self._legacy()
            if keys is not self.offer.keys or legacy != self.offer.legacy:
                self._offer = Offer(keys, legacy)
        except Exception as error:
            self._log.error("the offer stays as it was", error=type(error).__name__)
        self._at = self._office.clock()

    async def _legacy(self) -> bool:
        today = self._office.clock().date()
        until = await self._office.store.read(lambda tx: tx.figures.legacy_until())
        return any(last >= today for last in until.values())

    def _done(self, _: asyncio.Task[None]) -> None:
        self._reading = None
