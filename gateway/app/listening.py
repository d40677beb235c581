"""The sockets of both doors, bound once and shared by all workers.

Workers take connections from one queue: the one that is free takes the next, and a worker that ends leaves the queue to
the others.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from gateway.config import Settings

_WAITING: Final = 1024
_ANY_PORT_TRIES: Final = 20


class SharedSocket(socket.socket):
    """A listening socket whose queue is as long as it was made, whatever `listen` is told.

    Event loops take as many connections at a time as the queue that they ask for is long: a worker that asks for a
    short one takes connections one by one and leaves the others their share.
    """

    def listen(self, _backlog: int = _WAITING, /) -> None:
        super().listen(_WAITING)


@dataclass(frozen=True, slots=True)
class Doors:
    """The listening sockets of each door; several where a host name has several addresses."""

    http: tuple[SharedSocket, ...]
    sftp: tuple[SharedSocket, ...]

    @property
    def http_port(self) -> int:
        """The port of the REST door."""
        return port_of(self.http)

    @property
    def sftp_port(self) -> int:
        """The port of the SFTP door."""
        return port_of(self.sftp)

    @property
    def descriptors(self) -> tuple[list[int], list[int]]:
        """What a worker inherits."""
        return [each.fileno() for each in self.http], [each.fileno() for each in self.sftp]

    def close(self) -> None:
        """Listens no more, as far as this process is concerned."""
        for each in (*self.http, *self.sftp):
            each.close()


def listen(settings: Settings) -> Doors:
    """Binds both doors where the settings say. Raises OSError for an address that cannot be had."""
    with ExitStack() as stack:
        http = bound(settings.http.host, settings.http.port)
        for each in http:
            stack.callback(each.close)
        doors = Doors(http, bound(settings.sftp.host, settings.sftp.port))
        stack.pop_all()
    return doors


def inherited(http: Sequence[int], sftp: Sequence[int]) -> Doors:
    """The doors of the process that started this one."""
    return Doors(*(tuple(SharedSocket(fileno=number) for number in each) for each in (http, sftp)))


def bound(host: str, port: int) -> tuple[SharedSocket, ...]:
    """Listening sockets on every address of `host`, all on the same port, which the system chooses for 0.

    Raises OSError, socket.gaierror included.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    addresses = list(dict.fromkeys((family, address) for family, _, _, _, address in found))
    for left in reversed(range(_ANY_PORT_TRIES if port == 0 else 1)):
        try:
            return _all_bound(addresses)
        except OSError:
            if not left or len(addresses) == 1:
                raise
    raise AssertionError("not reached")


def port_of(sockets: Sequence[socket.socket]) -> int:
    """The port that they listen on."""
    return int(sockets[0].getsockname()[1])


def _all_bound(addresses: Sequence[tuple[socket.AddressFamily, tuple[object, ...]]]) -> tuple[SharedSocket, ...]:
    with ExitStack() as stack:
        made: list[SharedSocket] = []
        for family, (host, port, *more) in addresses:
            one = stack.enter_context(SharedSocket(family, socket.SOCK_STREAM))
            if os.name == "posix":
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind((host, port or (port_of(made) if made else 0), *more))
            one.listen()
            one.setblocking(False)
            made.append(one)
        stack.pop_all()
    return tuple(made)
