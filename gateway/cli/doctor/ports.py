"""The ports of the doors: free, or held by a gateway that runs."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from gateway.cli.doctor.findings import Finding, problem, reason, warning, well
from gateway.config import Settings

_PATIENCE: Final = 3.0
_EVERYWHERE_4: Final = str(IPv4Address(0))
_EVERYWHERE_6: Final = str(IPv6Address(0))
_HTTP: Final = (b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"HTTP/1.1 200")
_SFTP: Final = (b"", b"SSH-2.0-Gateway")


def check(settings: Settings) -> list[Finding]:
    """One finding a door."""
    return [
        door("ports.http", settings.http.host, settings.http.port, *_HTTP),
        door("ports.sftp", settings.sftp.host, settings.sftp.port, *_SFTP),
    ]


def door(name: str, host: str, port: int, question: bytes, answer: bytes) -> Finding:
    """`answer`: how what a gateway's door says to `question` begins."""
    if port == 0:
        return well(name, "the system chooses a free port")
    try:
        kind, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError:
        return problem(name, f"the host {host} is not known", f"correct {name.removeprefix('ports.')}.host")
    try:
        with socket.socket(kind, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return _refused(name, host, port, error, question, answer)
    return well(name, f"{host} port {port} is free")


def _refused(name: str, host: str, port: int, error: OSError, question: bytes, answer: bytes) -> Finding:
    key = name.removeprefix("ports.")
    if error.errno == errno.EADDRINUSE:
        if _asked(host, port, question).startswith(answer):
            return well(name, f"a running gateway answers on port {port}")
        advice = f"stop what holds it, or choose another {key}.port"
        return problem(name, f"port {port} is held by something that does not answer as this gateway", advice)
    if error.errno == errno.EACCES:
        advice = f"choose {key}.port from 1024 on, or allow it (AmbientCapabilities=CAP_NET_BIND_SERVICE)"
        return problem(name, f"port {port} is privileged and this user may not have it", advice)
    if error.errno == errno.EADDRNOTAVAIL:
        return problem(name, f"{host} is no address of this machine", f"correct {key}.host")
    return warning(name, f"port {port} cannot be tried: {reason(error)}", "try it on the machine that will serve")


def _asked(host: str, port: int, question: bytes) -> bytes:
    """The first bytes that are said on the port; a door that listens everywhere listens here too."""
    here = {_EVERYWHERE_4: "127.0.0.1", _EVERYWHERE_6: "::1"}.get(host, host)
    with suppress(OSError), socket.create_connection((here, port), _PATIENCE) as connection:
        connection.settimeout(_PATIENCE)
        connection.sendall(question)
        return connection.recv(256)
    return b""
