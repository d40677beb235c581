"""The state of one client connection that its login, its channels and the server share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import asyncssh
from structlog.typing import FilteringBoundLogger

from gateway.domain.referential import SftpAccount
from gateway.domain.revocations import Presented
from gateway.sftp_server import lean
from gateway.sftp_server.handshake import Handshake


class Channel(Protocol):
    """One running SFTP channel."""

    @property
    def open_files(self) -> int:
        """How many handles its client has not closed."""

    def leaving(self) -> None:
        """The client says that it ends the channel, or the connection."""


class Connection:
    """One client connection: back-pressure of its socket, idleness, and what still runs on it.

    `idle_timeout` in seconds; a request that is being worked on is no idleness, one whose answer the client does not
    take is.
    """

    def __init__(self, ssh: asyncssh.SSHServerConnection, log: FilteringBoundLogger, idle_timeout: float) -> None:
        self.ssh = ssh
        self.log = log
        self.address = str((ssh.get_extra_info("peername") or ("",))[0])
        self.account: SftpAccount | None = None
        self.certificate: Presented | None = None  # with which it logged in
        self.channels: set[Channel] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.draining = False
        self.ended = False
        """Whether this side has ended it."""
        self.left = False
        """Whether the client has said goodbye: no answer reaches it any more."""
        self._loop = asyncio.get_running_loop()
        self._idle_timeout = idle_timeout
        self._last = self._loop.time()
        self._working = 0
        self._writable = asyncio.Event()
        self._writable.set()
        self._timer: asyncio.TimerHandle | None = None
        lean.slim(ssh)
        lean.acknowledge_at_once(ssh)
        # asyncssh ignores these two calls of the transport, and would buffer without bound for a client that opens a
        # large channel window and then reads nothing.
        vars(ssh).update(pause_writing=self._writable.clear, resume_writing=self._writable.set)

    async def writable(self) -> None:
        """Returns when the socket takes more, or is gone."""
        await self._writable.wait()

    @contextmanager
    def work(self) -> Iterator[None]:
        """Marks that the gateway is busy for this client."""
        self._working += 1
        try:
            yield
        finally:
            self._working -= 1
            self._last = self._loop.time()

    def watch(self) -> None:
        """Starts to count idleness."""
        self._last = self._loop.time()
        self._timer = self._loop.call_later(self._idle_timeout, self._look)

    @property
    def busy(self) -> bool:
        """Whether a request is being worked on, or a client has files open."""
        return self._working > 0 or any(channel.open_files for channel in self.channels)

    def drain(self) -> None:
        """Takes no new files; disconnects as soon as nothing is open."""
        self.draining = True
        self.settle()

    def settle(self) -> None:
        """To be called after each answer: ends a draining connection that has nothing left to do."""
        if self.draining and not self.busy:
            self.disconnect("The server is stopping; connect again")

    def disconnect(self, reason: str) -> None:
        """Says goodbye and closes."""
        self.ended = True
        self.ssh.disconnect(asyncssh.DISC_BY_APPLICATION, reason)

    def abort(self) -> None:
        """Closes without a word."""
        self.ended = True
        self.ssh.abort()

    def written(self) -> int | None:
        """How many bytes were sent, or None while that cannot be told."""
        return self.ssh.written() if isinstance(self.ssh, Handshake) else None

    def has_arrived(self, position: int) -> bool:
        """Whether the client's machine is known to have got so many bytes."""
        acknowledged = self.ssh.acknowledged() if isinstance(self.ssh, Handshake) else None
        return acknowledged is not None and acknowledged >= position

    def leaving(self) -> None:
        """To be called when the client says goodbye, while the connection is still there."""
        self.left = True
        for channel in self.channels:
            channel.leaving()

    def lost(self) -> None:
        """To be called when the connection is gone."""
        self._writable.set()
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        now = self._loop.time()
        due = (now if self._working else self._last) + self._idle_timeout
        if due <= now:
            self.log.info("idle session closed")
            self.abort()
        else:
            self._timer = self._loop.call_at(due, self._look)
