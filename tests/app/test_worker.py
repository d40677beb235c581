"""A worker alone; what it does below its supervisor is in test_supervising."""

from __future__ import annotations

import asyncio
import pickle
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

from gateway.app.channel import READY, Orders, send
from gateway.app.listening import listen
from gateway.app.registers import Registers
from tests.app.supervised import DEADLINE
from tests.journeys.conftest import keys
from tests.journeys.gateways import prepare, settings_for

__all__ = ["keys"]

ROOT = Path(__file__).parents[2]


def worker(channel: socket.socket, *descriptors: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "gateway", "worker", str(channel.fileno())],
        pass_fds=(channel.fileno(), *descriptors),
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )


def test_without_orders_it_does_nothing() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        process = worker(theirs)
    ours.close()
    _, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, err) == (0, b"")


async def test_it_serves_on_the_sockets_it_was_given_and_ends_with_the_channel(keys: Path, tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data", keys)
    await prepare(settings)
    (tmp_path / "data" / "spool").mkdir(exist_ok=True)
    doors = listen(settings)
    ours, theirs = socket.socketpair()
    http, sftp = doors.descriptors
    with theirs:
        process = worker(theirs, *http, *sftp)
    reader, writer = await asyncio.open_unix_connection(sock=ours)
    async with asyncio.timeout(DEADLINE):
        send(writer, Orders(1, settings, None, http, sftp, Registers.make(tmp_path, settings, 1)))
        assert await reader.read(10) == READY
        for port in (doors.http_port, doors.sftp_port):
            _, out = await asyncio.open_connection("127.0.0.1", port)
            out.close()
        writer.close()
        assert await asyncio.to_thread(process.wait) == 0
    assert process.stderr is not None
    assert b"the supervisor is gone" in process.stderr.read()
    process.stderr.close()
    doors.close()


def test_a_database_that_is_not_prepared_is_told(keys: Path, tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data", keys)
    doors = listen(settings)
    ours, theirs = socket.socketpair()
    http, sftp = doors.descriptors
    with theirs:
        process = worker(theirs, *http, *sftp)
    orders = pickle.dumps(Orders(1, settings, None, http, sftp, Registers.make(tmp_path, settings, 1)))
    ours.sendall(struct.pack("!I", len(orders)) + orders)
    _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 5
    assert b"gateway db upgrade" in err
    assert process.returncode != -signal.SIGTERM
    ours.close()
    doors.close()
