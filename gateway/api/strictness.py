"""Connections of the REST door: a head and an answer have their time, and what is no HTTP is told so."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.web_protocol import RequestHandler

from gateway.api.connections import Connections
from gateway.api.errors import error_response

TAKE_TIMEOUT: Final = 60.0
_LATE_BODY: Final = b'{"errors":[{"code":408,"message":"The head of the request did not arrive in time"}]}'
_LATE: Final = (
    b"HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\nConnection: close\r\nServer: gateway\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_LATE_BODY), _LATE_BODY)
)
_NOT_HTTP: Final = "The request cannot be read: it is not well-formed HTTP"
_TOO_LONG: Final = "The request line or a header is too long"


class StrictHandler(RequestHandler):
    """One connection. A head that has begun is there whole within `head_timeout` seconds, or the connection ends.

    So it does when the client takes nothing of an answer for `take_timeout` seconds; the system sees to that, where it
    knows how, whoever writes to the connection. One too many for `connections` ends at once; `turned_away` is told why.
    """

    __slots__ = ("_connections", "_head_timeout", "_head_timer", "_seat", "_take_timeout", "_turned_away")

    def __init__(
        self,
        manager: web.Server,
        *,
        head_timeout: float,
        take_timeout: float,
        connections: Connections | None,
        turned_away: Callable[[str], None],
        **options: Any,
    ) -> None:
        super().__init__(manager, **options)
        self._head_timeout = head_timeout
        self._take_timeout = take_timeout
        self._connections = connections
        self._turned_away = turned_away
        self._seat: int | None = None
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        super().connection_made(transport)
        if self._connections is not None:
            found = self._connections.enter(str((transport.get_extra_info("peername") or ("",))[0]))
            if isinstance(found, str):
                self._turned_away(found)
                self.force_close()
                return
            self._seat = found
        connection = transport.get_extra_info("socket")
        if connection is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            milliseconds = int(self._take_timeout * 1000)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)

    def data_received(self, data: bytes) -> None:
        """Bytes came in; those that end no head start its time, those that end it stop it."""
        super().data_received(data)
        waiter = self._waiter
        if waiter is None or waiter.done():
            self._stop_timer()
        elif self._head_timer is None:
            self._head_timer = asyncio.get_running_loop().call_later(self._head_timeout, self._late)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The connection is over."""
        self._stop_timer()
        if self._connections is not None and self._seat is not None:
            self._connections.leave(self._seat)
            self._seat = None
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what did not become a request; the connection ends with it."""
        answer = super().handle_error(request, status, exc, message)
        if not 400 <= status < 500:
            return answer
        long = isinstance(exc, LineTooLong)
        answer = error_response(
            431 if long else status, _TOO_LONG if long else _NOT_HTTP, headers={"Server": "gateway"}
        )
        answer.force_close()
        return answer

    def _late(self) -> None:
        self._head_timer = None
        if self.transport is not None and self._waiter is not None and not self._waiter.done():
            self.transport.write(_LATE)
            self.force_close()

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


class StrictServer(web.Server):
    """Makes a StrictHandler of every connection."""

    def __init__(self, made: web.Server, **strictness: Any) -> None:
        super().__init__(made.request_handler, request_factory=made.request_factory, **made._kwargs)
        self._strictness = strictness

    def __call__(self) -> RequestHandler:
        """A new connection."""
        return StrictHandler(self, loop=self._loop, **self._strictness, **self._kwargs)


class StrictRunner(web.AppRunner):
    """Runs an application on a StrictServer."""

    def __init__(
        self,
        app: web.Application,
        *,
        head_timeout: float,
        take_timeout: float = TAKE_TIMEOUT,
        connections: Connections | None = None,
        turned_away: Callable[[str], None] = lambda _: None,
        **options: Any,
    ) -> None:
        super().__init__(app, **options)
        self._strictness: dict[str, Any] = {
            "head_timeout": head_timeout,
            "take_timeout": take_timeout,
            "connections": connections,
            "turned_away": turned_away,
        }

    async def _make_server(self) -> web.Server:
        return StrictServer(await super()._make_server(), **self._strictness)
