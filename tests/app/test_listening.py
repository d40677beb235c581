from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest

from gateway.app import listening
from gateway.app.listening import Doors, SharedSocket, bound, inherited, listen, port_of
from gateway.config import Settings
from gateway.config.settings import Http, Sftp

LOOPBACK = "127.0.0.1"


def settings(**ports: int) -> Settings:
    return Settings(http=Http(port=ports.get("http", 0)), sftp=Sftp(port=ports.get("sftp", 0)))


def test_both_doors_listen_where_the_settings_say() -> None:
    doors = listen(settings())
    ports = doors.http_port, doors.sftp_port
    try:
        assert ports[0] != ports[1]
        for port in ports:
            socket.create_connection((LOOPBACK, port), 5).close()
    finally:
        doors.close()
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((LOOPBACK, port), 5)


def test_a_port_that_is_taken_is_told_and_the_other_one_given_back() -> None:
    (taken,) = bound(LOOPBACK, 0)
    (free,) = bound(LOOPBACK, 0)
    port = port_of([free])
    free.close()
    with taken, pytest.raises(OSError) as failure:
        listen(settings(http=port, sftp=port_of([taken])))
    assert failure.value.errno == errno.EADDRINUSE
    (again,) = bound(LOOPBACK, port)
    again.close()


def test_a_name_with_several_addresses_has_one_port(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0)) for host in ("127.0.0.2", LOOPBACK, "127.0.0.2")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
    sockets = bound("somewhere", 0)
    assert [each.getsockname()[0] for each in sockets] == ["127.0.0.2", LOOPBACK]
    assert len({port_of([each]) for each in sockets}) == 1
    for each in sockets:
        each.close()


def test_a_port_that_is_taken_on_one_of_the_addresses_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, calls = listening._all_bound, list[int]()

    def once_taken(addresses: object) -> tuple[SharedSocket, ...]:
        calls.append(1)
        if len(calls) == 1:
            raise OSError(errno.EADDRINUSE, "taken")
        return whole(addresses)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(listening, "_all_bound", once_taken)
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0)) for host in (LOOPBACK, "127.0.0.2")],
    )
    for each in bound("somewhere", 0):
        each.close()
    assert len(calls) == 2


def test_the_queue_is_as_long_as_it_was_whoever_listens() -> None:
    (door,) = bound(LOOPBACK, 0)
    with door:
        door.listen(1)
        callers = [socket.create_connection(door.getsockname(), 5) for _ in range(20)]
        for caller in callers:
            caller.close()


def test_a_worker_has_the_same_sockets_and_closes_its_own_alone() -> None:
    doors = listen(settings())
    theirs = inherited(*([os.dup(number) for number in each] for each in doors.descriptors))
    assert isinstance(theirs, Doors)
    assert (theirs.http_port, theirs.sftp_port) == (doors.http_port, doors.sftp_port)
    theirs.close()
    socket.create_connection((LOOPBACK, doors.http_port), 5).close()
    doors.close()


def test_an_unknown_host_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        bound("no such host.invalid", 0)
