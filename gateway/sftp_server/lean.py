"""What asyncssh does for every packet and this door has no use for, left out; what it leaves to the system, done."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import asyncssh
from asyncssh import MSG_IGNORE

_CHAINED: Final = "-cbc"
"""How ciphers end whose next initial vector can be foreseen; for them an empty packet before each keeps it unknown."""
_NO_REQUEST: Final = 64  # bytes: no request of SFTP is as short, what makes room in a channel's window is
_QUICK: Final = getattr(socket, "TCP_QUICKACK", None)

Side = asyncssh.SSHServerConnection | asyncssh.SSHClientConnection


def slim(ssh: Side) -> None:
    """Sends no empty packet before each one where the cipher has no need of it, and describes no packets for a log.

    Takes only what the object already calls on itself; of an asyncssh that calls it no more, nothing changes.
    """
    vars(ssh)["send_packet"] = _sending(ssh, ssh.send_packet)
    silence(ssh)


def silence(logged: object) -> None:
    """Describes no packets of that connection or channel: asyncssh does even when nobody listens."""
    vars(logged).update(log_sent_packet=_nothing, log_received_packet=_nothing)


def _sending(ssh: Side, send: Callable[..., None]) -> Callable[..., None]:
    def send_packet(kind: int, *parts: bytes, handler: Any = None) -> None:
        if kind != MSG_IGNORE or str(ssh.get_extra_info("send_cipher", _CHAINED)).partition("@")[0].endswith(_CHAINED):
            send(kind, *parts, handler=handler)

    return send_packet


def _nothing(*_: object) -> None:
    """Describes nothing."""


def acknowledge_at_once(ssh: asyncssh.SSHServerConnection) -> None:
    """Has the system acknowledge right away what a client sends by the way, such as room for more data.

    Clients that leave Nagle's algorithm on, paramiko for one, keep their next request back until that came; the system
    would wait 40 ms for an answer to send it with. Requests are longer, and have one. Without effect but on Linux.
    """
    sock, receive = ssh.get_extra_info("socket"), ssh.data_received
    if sock is None or _QUICK is None:
        return

    def data_received(data: bytes, datatype: int | None = None) -> None:
        receive(data, datatype)
        if len(data) <= _NO_REQUEST:
            with suppress(OSError):  # it was closed meanwhile
                sock.setsockopt(socket.IPPROTO_TCP, _QUICK, 1)

    vars(ssh)["data_received"] = data_received
