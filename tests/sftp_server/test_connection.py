from __future__ import annotations

import asyncio
from typing import Any

import pytest
import structlog

from gateway.sftp_server.connection import Connection


class Ssh:
    """As much of an SSH connection as is needed."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.goodbye = ""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"peername": ("192.0.2.1", 2222)}.get(name, default)

    def send_packet(self, kind: int, *parts: bytes) -> None:
        """Sends nothing."""

    def data_received(self, data: bytes) -> None:
        """Takes nothing in."""

    def pause_writing(self) -> None:
        raise AssertionError("asyncssh ignores this")

    def resume_writing(self) -> None:
        raise AssertionError("asyncssh ignores this")

    def abort(self) -> None:
        self.ended.set()

    def disconnect(self, code: int, reason: str) -> None:
        self.goodbye = reason
        self.ended.set()


class Open:
    """A channel with that many open files."""

    def __init__(self, open_files: int) -> None:
        self.open_files = open_files

    def leaving(self) -> None:
        """It has nothing to do for that."""


def connection(ssh: Any, idle_timeout: float = 600) -> Connection:
    return Connection(ssh, structlog.get_logger(), idle_timeout)


async def test_a_full_socket_holds_up_until_it_takes_more() -> None:
    ssh = Ssh()
    made = connection(ssh)
    await made.writable()
    ssh.pause_writing()
    waiting = asyncio.ensure_future(made.writable())
    await asyncio.sleep(0)
    assert not waiting.done()
    ssh.resume_writing()
    await waiting


async def test_a_lost_connection_holds_nobody_up() -> None:
    ssh = Ssh()
    made = connection(ssh)
    ssh.pause_writing()
    made.lost()
    await made.writable()


async def test_it_ends_when_nothing_was_asked_for_a_while() -> None:
    ssh = Ssh()
    connection(ssh, 0.01).watch()
    await ssh.ended.wait()


async def test_work_is_no_idleness(monkeypatch: pytest.MonkeyPatch) -> None:
    ssh = Ssh()
    made = connection(ssh, 100)
    now = asyncio.get_running_loop().time()
    made.watch()
    with made.work():
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now + 1000)
        made._look()
        assert not ssh.ended.is_set()
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now + 1099)
    made._look()
    assert not ssh.ended.is_set()
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now + 1101)
    made._look()
    assert ssh.ended.is_set()
    made.lost()


async def test_a_draining_connection_ends_with_its_last_file() -> None:
    ssh = Ssh()
    made = connection(ssh)
    channel = Open(1)
    made.channels.add(channel)
    made.settle()
    made.drain()
    assert not ssh.ended.is_set()
    channel.open_files = 0
    with made.work():
        made.settle()
        assert not ssh.ended.is_set()
    made.settle()
    assert ssh.goodbye == "The server is stopping; connect again"


async def test_the_address_of_the_client_is_known() -> None:
    assert connection(Ssh()).address == "192.0.2.1"
