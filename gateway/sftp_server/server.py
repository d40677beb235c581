"""The SFTP server: listens, lets clients in, and drains them when the gateway stops."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import asyncssh
import structlog
from structlog.typing import FilteringBoundLogger

from gateway.domain.identity import Door
from gateway.domain.ids import new_id
from gateway.services.attendance import Attendance
from gateway.services.office import Office
from gateway.sftp_server import algorithms, host_keys, proxy
from gateway.sftp_server.admission import Admission, Limits
from gateway.sftp_server.connection import Connection
from gateway.sftp_server.handshake import Handshake
from gateway.sftp_server.login import Login, ParsedKeys
from gateway.sftp_server.offers import Offers
from gateway.sftp_server.protocol import Protocol
from gateway.sftp_server.quota import Quota, Quotas
from gateway.sftp_server.session import Session

_SOFTWARE: Final = "Gateway"  # all that the greeting says
_BACKLOG: Final = 1024
_ONE: Final = 1  # taken at a time from a queue that others serve too
_KEEPALIVE: Final = 60.0  # seconds of silence after which a client is asked whether it is there


class SftpServer:
    """The door's server. Times in seconds, sizes in bytes.

    `host_keys` is the directory of the private keys, made when missing. `spool` is a directory of its own for uploads
    that are not closed yet. `balancers`: the networks from which connections begin with a PROXY protocol v2 header.
    `login_timeout` runs from the connection; `idle_timeout` from a session's latest request. `sockets`: listening
    sockets that are shared with other processes, instead of `host` and `port`; `attendance`: where those count too.
    """

    def __init__(
        self,
        office: Office,
        *,
        host: str,
        port: int,
        host_keys: Path,
        spool: Path,
        max_sessions: int,
        login_timeout: float,
        idle_timeout: float,
        answer_max_size: int,
        limits: Limits | None = None,
        quota: Quota | None = None,
        balancers: Sequence[proxy.Network] = (),
        sockets: Sequence[socket.socket] = (),
        attendance: Attendance | None = None,
    ) -> None:
        self._office = office
        self._host = host
        self._asked_port = port
        self._sockets = sockets
        self._balancers = tuple(balancers)
        self._spool = spool
        self._login_timeout = login_timeout
        self._idle_timeout = idle_timeout
        self._answer_max_size = answer_max_size
        self._admission = Admission(max_sessions, limits, attendance)
        self._quotas = Quotas(office, quota)
        self._parsed = ParsedKeys()
        self._acceptors: list[asyncssh.SSHAcceptor] = []
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._log: FilteringBoundLogger = structlog.get_logger("gateway.sftp_server")
        self._offers = Offers(office, host_keys, self._log)

    async def open(self) -> None:
        """Listens. Raises HostKeyError for keys that cannot be used, OSError for an address that is taken."""
        # At its usual level asyncssh writes user names and paths, and formats them even when nobody listens.
        logging.getLogger("asyncssh").setLevel(logging.WARNING)
        self._spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        await self._offers.open()
        options = await asyncssh.SSHServerConnectionOptions.construct(
            server_factory=self._login,
            server_version=_SOFTWARE,
            server_host_keys=host_keys.pairs(self._offers.offer.keys),
            send_server_host_keys=True,
            kex_algs=algorithms.key_exchanges(),
            encryption_algs=algorithms.ENCRYPTIONS,
            mac_algs=algorithms.MACS,
            compression_algs=algorithms.COMPRESSIONS,
            signature_algs=algorithms.SIGNATURES,
            kbdint_auth=False,
            host_based_auth=False,
            gss_host=None,
            gss_kex=False,
            gss_auth=False,
            allow_pty=False,
            allow_scp=False,
            agent_forwarding=False,
            x11_forwarding=False,
            line_editor=False,
            rdns_lookup=False,
            login_timeout=self._login_timeout,
            keepalive_interval=_KEEPALIVE,
        )

        def handshake() -> Handshake:
            return Handshake(options, self._offers, self._balancers, self._log, self._turned_away)

        serve = asyncio.get_running_loop().create_server
        listening = [await serve(handshake, sock=each, backlog=_ONE) for each in self._sockets] or [
            await serve(handshake, self._host, self._asked_port, backlog=_BACKLOG)
        ]
        self._acceptors = [asyncssh.SSHAcceptor(each, options) for each in listening]

    @property
    def port(self) -> int:
        """The TCP port on which it listens. Raises RuntimeError when it does not."""
        if not self._acceptors:
            raise RuntimeError("the server is not open")
        return self._acceptors[0].get_port()

    @property
    def host_key_fingerprints(self) -> list[str]:
        """The SHA-256 fingerprints of the host keys, those in use first. Raises RuntimeError before `open`."""
        return [key.get_fingerprint() for key in self._offers.offer.keys]

    def resize(self, *, answer_max_size: int) -> None:
        """Changes how large an answer may be, for sessions that begin from now on."""
        self._answer_max_size = answer_max_size

    async def drain(self, deadline: float) -> None:
        """Takes no new clients and opens no new files; each client is disconnected when it has closed its own.

        Returns when all are gone, after `deadline` seconds at the latest.
        """
        for acceptor in self._acceptors:
            acceptor.close()
        for connection in list(self._connections):
            connection.drain()
        try:
            await asyncio.wait_for(self._empty.wait(), deadline)
        except TimeoutError:
            self._log.info("sessions cut at the deadline", sessions=len(self._connections))

    async def close(self) -> None:
        """Disconnects everybody, and returns when what they had open is settled. May be called twice."""
        acceptors, self._acceptors = self._acceptors, []
        for acceptor in acceptors:
            acceptor.close()
        for connection in list(self._connections):
            connection.ssh.abort()
        await self._empty.wait()
        while self._tasks:
            await asyncio.wait(self._tasks)
        for acceptor in acceptors:
            await acceptor.wait_closed()

    def _login(self) -> Login:
        log = self._log.bind(session=new_id())
        return Login(
            self._office,
            self._admission,
            self._parsed,
            log,
            self._idle_timeout,
            served=lambda connection: partial(self._serve, connection),
            opened=self._opened,
            closed=self._closed,
        )

    def _serve(
        self,
        connection: Connection,
        channel: asyncssh.SSHServerChannel[bytes],
        reader: asyncssh.SSHReader[bytes],
        writer: asyncssh.SSHWriter[bytes],
    ) -> Protocol:
        assert connection.account is not None
        session = Session(
            channel,
            self._office,
            connection.account,
            spool=self._spool,
            quotas=self._quotas,
            answer_max_size=self._answer_max_size,
            log=connection.log,
            certificate=connection.certificate,
        )
        return Protocol(session, reader, writer, connection, self._office.meter)

    def _turned_away(self) -> None:
        self._office.meter.count("logins_total", door=Door.SFTP, outcome="turned-away")

    def _opened(self, connection: Connection) -> None:
        self._connections.add(connection)
        self._empty.clear()

    def _closed(self, connection: Connection) -> None:
        """The channels of a lost connection may still be settling what their client had open."""
        self._tasks |= connection.tasks
        for task in connection.tasks:
            task.add_done_callback(self._tasks.discard)
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()
