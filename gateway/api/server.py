"""The REST door as the wiring sees it: opened, drained, closed."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from aiohttp import web

from gateway.api import middleware, routes
from gateway.api.connections import Connections
from gateway.api.context import CONTEXT, Context
from gateway.api.discretion import discreet_logger
from gateway.api.metrics import PrometheusMeter
from gateway.api.planning import PLANNING, MoveReader, Planning
from gateway.api.spool import SPOOL
from gateway.api.strictness import StrictRunner
from gateway.api.traffic import Traffic
from gateway.api.waiting import WAITING, Waiting
from gateway.domain.rates import UNLIMITED, Limits
from gateway.services.allowance import Allowances
from gateway.services.attendance import Attendance
from gateway.services.office import Office

LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
KEEP_ALIVE: Final = 75.0
MAX_CONNECTIONS: Final = 4000
PER_ADDRESS: Final = 400
HEAD_TIMEOUT: Final = 10.0
_LONGEST_LINE: Final = 8 * 1024
_LONGEST_HEADER: Final = 8 * 1024
_MOST_HEADERS: Final = 100
_LINGERING: Final = 5.0
_CLOSING: Final = 0.5
_BACKLOG: Final = 1024
_ONE: Final = 1  # taken at a time from a queue that others serve too
_READ_BUFFER: Final = 256 * 1024


class ApiServer:
    """Serves the office over HTTP on `host` and `port` (0: the system chooses, see `port`). Sizes in bytes.

    `spool`: a directory for large bodies on their way in, made when missing. `metrics_networks`: who may read
    /metrics, as networks in CIDR notation. `ready` raises UnavailableError when store or blobs are not usable.
    `head_timeout`: seconds to send a request's head; `keep_alive`: seconds that a connection may be without a
    request. `sockets`: listening sockets that are shared with other processes, instead of `host` and `port`;
    `attendance`: where those count connections too, of which there may be `max_connections`, and `per_address` of one.
    `moves`: what reads the texts that ask for planned moves.
    """

    def __init__(
        self,
        office: Office,
        *,
        host: str,
        port: int,
        json_max_size: int,
        attachment_max_size: int,
        ready: Callable[[], Awaitable[None]],
        meter: PrometheusMeter,
        metrics_networks: Sequence[str] = LOOPBACK,
        spool: Path | None = None,
        limits: Limits = UNLIMITED,
        head_timeout: float = HEAD_TIMEOUT,
        keep_alive: float = KEEP_ALIVE,
        sockets: Sequence[socket.socket] = (),
        max_connections: int = MAX_CONNECTIONS,
        per_address: int = PER_ADDRESS,
        attendance: Attendance | None = None,
        moves: MoveReader | None = None,
    ) -> None:
        self._traffic = Traffic()
        self._host, self._port = host, port
        self._sockets = sockets
        application = web.Application(middlewares=[middleware.guard])
        self._context = application[CONTEXT] = Context(
            office=office,
            meter=meter,
            traffic=self._traffic,
            ready=ready,
            json_max_size=json_max_size,
            attachment_max_size=attachment_max_size,
            metrics_networks=tuple(ip_network(network, strict=False) for network in metrics_networks),
            limits=limits,
            allowances=Allowances(office),
        )
        self._waiting = application[WAITING] = Waiting(office)
        self._spool = spool
        if spool is not None:
            application[SPOOL] = spool
        if moves is not None:
            application[PLANNING] = Planning(moves)
        application.on_response_prepare.append(middleware.secure)
        routes.connect(application.router)
        self._runner = StrictRunner(
            application,
            connections=Connections(max_connections, per_address, attendance),
            head_timeout=head_timeout,
            turned_away=lambda reason: meter.count("connections_refused_total", reason=reason),
            access_log=None,
            logger=discreet_logger(),
            auto_decompress=False,
            keepalive_timeout=keep_alive,
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_HEADER,
            max_headers=_MOST_HEADERS,
            lingering_time=_LINGERING,
            read_bufsize=_READ_BUFFER,
            shutdown_timeout=_CLOSING,
        )
        self._sites: list[web.BaseSite] = []

    @property
    def port(self) -> int:
        """The port listened on, once open."""
        return self._port

    @property
    def waiting(self) -> int:
        """How many requests wait for something to come."""
        return self._waiting.count

    async def open(self) -> None:
        """Starts listening. Raises OSError when host and port cannot be had."""
        if self._spool is not None:
            self._spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        await self._runner.setup()
        self._sites = [web.SockSite(self._runner, each, backlog=_ONE) for each in self._sockets] or [
            web.TCPSite(self._runner, self._host, self._port, backlog=_BACKLOG)
        ]
        try:
            for site in self._sites:
                await site.start()
        except BaseException:
            await self._runner.cleanup()
            raise
        self._port = int(self._runner.addresses[0][1])

    def resize(self, *, json_max_size: int, attachment_max_size: int, limits: Limits) -> None:
        """Changes how much requests may hold, and how many there may be, from now on."""
        self._context.resize(json_max_size=json_max_size, attachment_max_size=attachment_max_size, limits=limits)

    async def drain(self, deadline: float) -> None:
        """Stops accepting and lets what runs finish, for at most `deadline` seconds.

        Connections that are open are answered with `Connection: close`; /health/ready says 503 on them.
        """
        self._traffic.draining = True
        self._waiting.end()
        while self._sites:
            await self._sites.pop().stop()
        await self._traffic.idle(deadline)

    async def close(self) -> None:
        """Ends every connection and frees the port. May be called twice."""
        self._sites.clear()
        await self._waiting.close()
        await self._runner.cleanup()
