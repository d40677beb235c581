from __future__ import annotations

import errno
import socket
import threading

import pytest

from gateway.cli.doctor.ports import check, door
from gateway.config import Settings
from tests.cli.doctor.states import states


def test_ports_that_the_system_chooses(settings: Settings) -> None:
    free = Settings.model_validate({"http": {"port": 0}, "sftp": {"port": 0}})
    assert states(check(free)) == {"ports.http": "ok", "ports.sftp": "ok"}


@pytest.mark.parametrize(("says", "state"), [(b"SSH-2.0-Gateway\r\n", "ok"), (b"SSH-2.0-Another\r\n", "problem")])
def test_a_port_that_is_held_by_us_or_by_something_else(says: bytes, state: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(says)

        greeter = threading.Thread(target=greet)
        greeter.start()
        found = door("ports.sftp", "127.0.0.1", server.getsockname()[1], b"", b"SSH-2.0-Gateway")
        greeter.join()
    assert str(found.state) == state


def test_a_port_that_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = door("ports.http", "127.0.0.1", port, b"", b"x")
    assert (str(found.state), found.found) == ("ok", f"127.0.0.1 port {port} is free")


@pytest.mark.parametrize(
    ("host", "says"), [("192.0.2.1", "no address of this machine"), ("no-such-host.invalid", "is not known")]
)
def test_an_address_that_is_not_ours(host: str, says: str) -> None:
    found = door("ports.http", host, 8080, b"", b"x")
    assert str(found.state) == "problem"
    assert says in found.found
    assert "http.host" in found.advice


@pytest.mark.parametrize(("number", "state"), [(errno.EACCES, "problem"), (errno.EPERM, "warning")])
def test_a_port_that_the_system_keeps(number: int, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(socket.socket):
        def bind(self, address: object) -> None:
            raise OSError(number, "refused")

    monkeypatch.setattr(socket, "socket", Refusing)
    found = door("ports.http", "127.0.0.1", 443, b"", b"x")
    assert str(found.state) == state
