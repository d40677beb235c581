"""One process of the gateway, from its opening to its end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import structlog

from gateway.api.metrics import PrometheusMeter
from gateway.api.server import ApiServer
from gateway.app.listening import Doors
from gateway.app.moves_folder import MovesFolder
from gateway.app.offices import alerts_for, now, office_for, policy, scanner
from gateway.app.registers import Hands
from gateway.app.table import jobs
from gateway.bridge.alerts import Alerts
from gateway.bridge.push import Pushes
from gateway.bridge.webhooks import Webhooks
from gateway.config import Settings
from gateway.config.move_requests import read_text
from gateway.config.reloading import Reloading, kept_up
from gateway.scheduler.jobs import Scheduler
from gateway.services import figures
from gateway.services.office import Office
from gateway.services.ports import Clock
from gateway.sftp_server.server import SftpServer

log = structlog.get_logger("gateway.app")


class Gateway:
    """One process of the gateway: both doors, the bridge and the scheduler over one store.

    `clock`: what time it is, for a simulation that has a time of its own. `doors`: sockets that listen already, which
    are this object's from now on; without them it listens where the settings say. `hands`: where it counts its
    connections together with other processes.
    """

    office: Office

    def __init__(
        self, settings: Settings, clock: Clock = now, doors: Doors | None = None, hands: Hands | None = None
    ) -> None:
        self._settings = settings
        self._doors = doors
        self._hands = hands
        self._clock = clock
        self._stack = AsyncExitStack()
        self._api: ApiServer | None = None
        self._sftp: SftpServer | None = None
        self._scheduler: Scheduler | None = None
        self._webhooks: Webhooks | None = None
        self._pushes: Pushes | None = None
        self._alerts: Alerts | None = None

    @property
    def http_port(self) -> int:
        """The port on which the REST door listens."""
        assert self._api is not None, "the gateway is not open"
        return self._api.port

    @property
    def sftp_port(self) -> int:
        """The port on which the SFTP door listens."""
        assert self._sftp is not None, "the gateway is not open"
        return self._sftp.port

    async def open(self) -> None:
        """Opens store, scheduler and doors, in this order; what was opened is closed again when one fails."""
        async with AsyncExitStack() as stack:
            meter = PrometheusMeter()
            self.office = await stack.enter_async_context(office_for(self._settings, meter, self._clock))
            if self._settings.scheduler.enabled:
                webhooks = self._webhooks = Webhooks(self.office, private_targets=self._settings.outbox.private_targets)
                stack.push_async_callback(webhooks.close)
                pushes = self._pushes = Pushes(self.office, self._settings.manner, self._settings.data_dir / "spool")
                stack.push_async_callback(pushes.drain, 0)
                self._alerts = alerts_for(self.office, self._settings)
                table = jobs(self.office, webhooks, pushes, self._alerts, self._settings)
                self._scheduler = Scheduler(self.office, table, self._settings.scheduler.lease)
                await self._scheduler.open()
                stack.push_async_callback(self._scheduler.drain, 0)
            self._sftp = await self._open_sftp(stack)
            self._api = await self._open_api(stack, meter)
            self._stack = stack.pop_all()

    def adopt(self, settings: Settings) -> None:
        """Works with changed settings from now on, closing nothing; see `config.changes` for which ones may."""
        assert self._api is not None, "the gateway is not open"
        assert self._sftp is not None, "the gateway is not open"
        self._settings = settings
        self.office.adopt(policy(settings), scanner(settings))
        sizes = settings.limits
        self._api.resize(
            json_max_size=sizes.json_max_size,
            attachment_max_size=sizes.attachment_max_size,
            limits=settings.rates.limits,
        )
        self._sftp.resize(answer_max_size=sizes.answer_max_size)
        if self._scheduler and self._webhooks and self._pushes and self._alerts:
            self._scheduler.retime(jobs(self.office, self._webhooks, self._pushes, self._alerts, settings))

    async def drain(self) -> None:
        """Stops accepting, and lets what runs finish within the deadline of the settings."""
        deadline = self._settings.shutdown.deadline.total_seconds()
        log.info("draining", deadline=deadline)
        parts = [part for part in (self._api, self._sftp, self._scheduler, self._pushes) if part is not None]
        await asyncio.gather(*(part.drain(deadline) for part in parts))

    async def close(self) -> None:
        """Closes everything, the doors first."""
        await self._stack.aclose()

    async def _open_sftp(self, stack: AsyncExitStack) -> SftpServer:
        settings = self._settings
        server = SftpServer(
            self.office,
            host=settings.sftp.host,
            port=settings.sftp.port,
            host_keys=settings.host_keys_path,
            balancers=settings.proxy_protocol.networks,
            spool=settings.data_dir / "spool",
            max_sessions=settings.sftp.max_sessions,
            login_timeout=settings.sftp.login_timeout.total_seconds(),
            idle_timeout=settings.sftp.idle_timeout.total_seconds(),
            answer_max_size=settings.limits.answer_max_size,
            limits=settings.sftp.limits.door,
            quota=settings.sftp.uploads.quota,
            sockets=self._doors.sftp if self._doors else (),
            attendance=self._hands.sftp if self._hands else None,
        )
        await server.open()
        stack.push_async_callback(server.close)
        return server

    async def _open_api(self, stack: AsyncExitStack, meter: PrometheusMeter) -> ApiServer:
        settings = self._settings
        server = ApiServer(
            self.office,
            host=settings.http.host,
            port=settings.http.port,
            json_max_size=settings.limits.json_max_size,
            attachment_max_size=settings.limits.attachment_max_size,
            ready=lambda: figures.ready(self.office),
            meter=meter,
            spool=settings.data_dir / "spool",
            limits=settings.rates.limits,
            head_timeout=settings.rates.head_timeout.total_seconds(),
            keep_alive=settings.rates.keep_alive.total_seconds(),
            sockets=self._doors.http if self._doors else (),
            moves=read_text,
            max_connections=settings.http.max_connections,
            per_address=settings.http.per_address,
            attendance=self._hands.http if self._hands else None,
        )
        await server.open()
        stack.push_async_callback(server.close)
        return server


async def serve(
    settings: Settings, *, config: Path | None = None, announce: Callable[[Gateway], None] = lambda _: None
) -> int:
    """Serves until SIGTERM or SIGINT, then drains; answers the exit code. `announce` is called when doors are open.

    `config`: the file of the settings. Its changes are taken up as they come, and at SIGHUP.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)  # not yet: the watch begins with a look at the files
    gateway = Gateway(settings)
    await gateway.open()
    reloading = Reloading(config, os.environ, settings, gateway.adopt)
    loop.add_signal_handler(signal.SIGHUP, reloading.reload)
    watch = asyncio.create_task(kept_up(reloading))
    folder = settings.moves.folder_beside(config) if settings.scheduler.enabled else None
    planning = asyncio.create_task(MovesFolder(gateway.office, folder).watch()) if folder else None
    try:
        log.info("serving", http=gateway.http_port, sftp=gateway.sftp_port)
        announce(gateway)
        await stop.wait()
        watch.cancel()
        await gateway.drain()
    finally:
        watch.cancel()
        if planning is not None:
            planning.cancel()
            await asyncio.wait([planning])
        await gateway.close()
    log.info("stopped")
    return 0
