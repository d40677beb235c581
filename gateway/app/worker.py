"""One of several processes below a supervisor: serves on sockets that it was given, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import tempfile

import structlog

from gateway.app.channel import READY, Orders, receive
from gateway.app.listening import inherited
from gateway.app.moves_folder import MovesFolder
from gateway.app.serving import Gateway
from gateway.config import Settings
from gateway.config.logs import configure_logs

log = structlog.get_logger("gateway.app")


async def work(descriptor: int) -> int:
    """Serves as the supervisor at the other end of the channel `descriptor` says; answers the exit code.

    Ends, when it has drained, at SIGTERM and when the supervisor is gone. Raises what opening a gateway raises.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    for number in (signal.SIGINT, signal.SIGHUP):  # a terminal sends them to all; the supervisor decides
        loop.add_signal_handler(number, lambda: None)
    reader, writer = await asyncio.open_unix_connection(sock=socket.socket(fileno=descriptor))
    try:
        orders = await receive(reader)
    except EOFError:
        return 0
    assert isinstance(orders, Orders)
    configure_logs(orders.settings.log, worker=orders.number)
    tempfile.tempdir = str(orders.settings.data_dir.absolute() / "spool")
    gateway = Gateway(
        orders.settings, doors=inherited(orders.http, orders.sftp), hands=orders.registers.hands(orders.number)
    )
    await gateway.open()
    following = asyncio.create_task(_follow(reader, gateway, orders, stop))
    settings = orders.settings
    folder = settings.moves.folder_beside(orders.config) if settings.scheduler.enabled else None
    planning = asyncio.create_task(MovesFolder(gateway.office, folder).watch()) if folder else None
    try:
        log.info("worker serving", process=os.getpid())
        writer.write(READY)  # behind it in the log: that all of them serve
        await stop.wait()
        await gateway.drain()
    finally:
        ending = [task for task in (following, planning) if task is not None]
        for task in ending:
            task.cancel()
        await asyncio.wait(ending)
        await gateway.close()
        writer.close()
    log.info("worker stopped")
    return 0


async def _follow(reader: asyncio.StreamReader, gateway: Gateway, orders: Orders, stop: asyncio.Event) -> None:
    """Takes up what the supervisor tells; stops when it tells no more."""
    running = orders.settings
    try:
        while True:
            settings = await receive(reader)
            assert isinstance(settings, Settings)
            gateway.adopt(settings)
            if settings.log != running.log:
                configure_logs(settings.log, worker=orders.number)
            running = settings
    except EOFError:
        if not stop.is_set():
            log.warning("the supervisor is gone")
    finally:
        stop.set()
