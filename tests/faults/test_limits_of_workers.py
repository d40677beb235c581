"""Limits on connections with two workers: they hold for both together, and what a killed one held is free again."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import ExitStack, closing
from pathlib import Path

import paramiko
import pytest

from tests.app.supervised import DEADLINE, Supervised, supervised
from tests.journeys import legacy
from tests.journeys.conftest import keys

__all__ = ["keys"]

LIVE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


def _said(port: int, stack: ExitStack, words: bytes = b"") -> bytes:
    """The first bytes that a door says to a connection, which stays open; nothing when the door let it go."""
    sock = stack.enter_context(closing(socket.create_connection(("127.0.0.1", port), timeout=DEADLINE)))
    try:
        sock.sendall(words)
        return sock.recv(4)
    except ConnectionError:
        return b""


async def _replaced(served: Supervised, number: int) -> None:
    served.workers[number].kill()
    assert (await served.says("worker ended"))["worker"] == number
    await served.says("worker serving")


async def test_an_account_has_its_share_of_all_workers(keys: Path, tmp_path: Path) -> None:
    async with supervised(tmp_path, keys, sftp={"port": 0, "limits": {"per_account": 2}}) as served:
        with ExitStack() as sessions:
            for number in (1, 2):
                with served.served_by(number):
                    server = sessions.enter_context(legacy.session(served.sftp_port, "rennes"))
                    assert server.list() == []
            for number in (1, 2):
                with served.served_by(number), pytest.raises((paramiko.SSHException, EOFError, OSError)):
                    sessions.enter_context(legacy.session(served.sftp_port, "rennes")).list()
            with served.served_by(2):
                assert sessions.enter_context(legacy.session(served.sftp_port, "nantes")).list() == []
            await _replaced(served, 1)
            with served.served_by(2):
                assert sessions.enter_context(legacy.session(served.sftp_port, "rennes")).list() == []
            with served.served_by(1), pytest.raises((paramiko.SSHException, EOFError, OSError)):
                sessions.enter_context(legacy.session(served.sftp_port, "rennes")).list()
        assert await served.ends(signal.SIGTERM) == 0


async def test_who_does_not_log_in_has_an_addresss_share_of_all_workers(keys: Path, tmp_path: Path) -> None:
    async with supervised(tmp_path, keys, sftp={"port": 0, "limits": {"half_open": 4}}) as served:
        with ExitStack() as silent:
            for number, greeting in ((1, b"SSH-"), (2, b"SSH-"), (1, b""), (2, b"")):
                with served.served_by(number):
                    assert await asyncio.to_thread(_said, served.sftp_port, silent) == greeting
            await _replaced(served, 1)
            for number, greeting in ((2, b"SSH-"), (1, b"")):
                with served.served_by(number):
                    assert await asyncio.to_thread(_said, served.sftp_port, silent) == greeting


async def test_the_rest_door_holds_so_many_of_all_workers(keys: Path, tmp_path: Path) -> None:
    async with supervised(tmp_path, keys, http={"port": 0, "max_connections": 2}) as served:
        with ExitStack() as opened:
            for number, answer in ((1, b"HTTP"), (2, b"HTTP"), (1, b""), (2, b"")):
                with served.served_by(number):
                    assert await asyncio.to_thread(_said, served.http_port, opened, LIVE) == answer
            await _replaced(served, 2)
            for number, answer in ((1, b"HTTP"), (2, b"")):
                with served.served_by(number):
                    assert await asyncio.to_thread(_said, served.http_port, opened, LIVE) == answer
