"""The only wiring: builds stores, services and doors, opens them in order, drains and closes them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from gateway.api.metrics import PrometheusMeter
from gateway.api.server import ApiServer
from gateway.bridge.answers import carry_answers
from gateway.bridge.clamd import Clamd
from gateway.bridge.push import Pushes
from gateway.bridge.reminders import Reminders
from gateway.bridge.webhooks import Webhooks
from gateway.config import Settings, master_key
from gateway.config.reloading import Reloading, kept_up
from gateway.domain.errors import UnavailableError
from gateway.domain.identity import OrganizationId
from gateway.domain.retry import RetryPolicy
from gateway.pec.returns import Limits
from gateway.pec.zip_bounds import Bounds
from gateway.scheduler.jobs import Job, Scheduler
from gateway.services import expire, figures, housekeeping, push_queue, sealing, subscriptions
from gateway.services.office import Office, Policy
from gateway.services.operator import ensure_gateway
from gateway.sftp_server.server import SftpServer
from gateway.store import schema
from gateway.store.blobs import LocalBlobs
from gateway.store.disk import make_directories
from gateway.store.passwords import Secrets
from gateway.store.postgres import PostgresStore
from gateway.store.signing import LABEL, Signer
from gateway.store.sqlite import SqliteStore

log = structlog.get_logger(__name__)

_CARRY_EVERY: Final = timedelta(milliseconds=500)
_SETTLE_EVERY: Final = timedelta(seconds=10)
_ACTIVATE_EVERY: Final = timedelta(minutes=1)
_SEAL_EVERY: Final = timedelta(seconds=10)
_FORGET_EVERY: Final = timedelta(hours=1)


def now() -> datetime:
    """The present moment, UTC, in whole milliseconds as everything that is kept."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def database_url(settings: Settings) -> str:
    """Where the rows are: the configured database, or SQLite in the data directory."""
    return settings.database.url.get_secret_value() or f"sqlite:///{settings.data_dir / 'gateway.db'}"


def store_for(settings: Settings) -> SqliteStore | PostgresStore:
    """The store on that database, not opened yet."""
    url = database_url(settings)
    path = url.removeprefix("sqlite:///")
    return PostgresStore(url) if path == url else SqliteStore(Path(path))


def prepare(settings: Settings) -> None:
    """Makes the data directory and brings the database to the present schema. Blocks; to be run before serving."""
    make_directories(settings.data_dir)
    schema.upgrade(database_url(settings))


def policy(settings: Settings) -> Policy:
    """The figures of the configuration as verbs take them."""
    limits = settings.limits
    outbox = settings.outbox
    return Policy(
        token_lifetime=settings.tokens.lifetime,
        attachment_max_size=limits.attachment_max_size,
        answer_max_size=limits.answer_max_size,
        answer_limits=Limits(
            entries=limits.answer_max_entries, total=limits.answer_max_expanded, ratio=limits.answer_max_ratio
        ),
        answer_codes=settings.answers.codes,
        expire_after=settings.expiry.default_after,
        grace=settings.answers.grace,
        partial_after=settings.answers.partial_after,
        retention=settings.retention.doors,
        upload_lifetime=settings.retention.uploads,
        retry=RetryPolicy(outbox.first_delay, outbox.ceiling, outbox.max_attempts),
        outgoing_timeout=outbox.timeout,
        outgoing_batch=outbox.batch,
        zip_bounds=Bounds(
            entries=limits.attachment_max_entries,
            total=limits.attachment_max_expanded,
            ratio=limits.attachment_max_ratio,
            nesting=limits.attachment_max_nesting,
        ),
        penalties=settings.penalties.rules,
        accept_unscanned=settings.antivirus.when_away == "accept",
        accept_too_large=settings.antivirus.too_large == "accept",
    )


def scanner(settings: Settings) -> Clamd | None:
    """The antivirus, if there is one."""
    found = settings.antivirus
    return Clamd(found.address, timeout=found.timeout, max_stream=found.max_stream) if found.address else None


@asynccontextmanager
async def office_for(settings: Settings, meter: PrometheusMeter | None = None) -> AsyncIterator[Office]:
    """Store and blobs, open, without any door: for commands. The schema must be the present one."""
    url = database_url(settings)
    if await asyncio.to_thread(schema.needs_upgrade, url):
        raise UnavailableError("The database is not prepared: run `gateway db upgrade`", timedelta(minutes=1))
    store = store_for(settings)
    blobs = LocalBlobs(settings.blobs_path)
    operator = settings.operator
    async with AsyncExitStack() as stack:
        await store.open()
        stack.push_async_callback(store.close)
        await blobs.open()
        stack.push_async_callback(blobs.close)
        secrets = Secrets(master_key(settings))
        office = Office(
            store=store,
            blobs=blobs,
            clock=now,
            secrets=secrets,
            meter=meter or PrometheusMeter(),
            gateway=str(OrganizationId("ADMIN", operator.company_register, operator.branch_code)),
            policy=policy(settings),
            scanner=scanner(settings),
            signer=Signer(secrets.derive(LABEL)),
        )
        await ensure_gateway(office, operator.name)
        yield office


class Gateway:
    """One process of the gateway: both doors, the bridge and the scheduler over one store."""

    office: Office

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self._api: ApiServer | None = None
        self._sftp: SftpServer | None = None
        self._scheduler: Scheduler | None = None
        self._webhooks: Webhooks | None = None
        self._pushes: Pushes | None = None

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
            self.office = await stack.enter_async_context(office_for(self._settings, meter))
            if self._settings.scheduler.enabled:
                webhooks = self._webhooks = Webhooks(self.office, private_targets=self._settings.outbox.private_targets)
                stack.push_async_callback(webhooks.close)
                pushes = self._pushes = Pushes(self.office, self._settings.manner, self._settings.data_dir / "spool")
                stack.push_async_callback(pushes.drain, 0)
                table = jobs(self.office, webhooks, pushes, self._settings)
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
        if self._scheduler is not None and self._webhooks is not None and self._pushes is not None:
            self._scheduler.retime(jobs(self.office, self._webhooks, self._pushes, settings))

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
        )
        await server.open()
        stack.push_async_callback(server.close)
        return server


def jobs(office: Office, webhooks: Webhooks, pushes: Pushes, settings: Settings) -> tuple[Job, ...]:
    """The table of periodic jobs."""
    return (
        Job("answers", _CARRY_EVERY, lambda: carry_answers(office)),
        Job("outbox", settings.outbox.every, webhooks.send_due, leased=False),
        Job("push", settings.outbox.every, pushes.send_due, leased=False),
        Job("push-answers", settings.push.poll, pushes.look_for_answers),
        Job("push-carried", _SETTLE_EVERY, lambda: push_queue.adopt(office)),
        Job("push-sweep", _FORGET_EVERY, lambda: push_queue.sweep(office)),
        Job("expiry", settings.expiry.every, lambda: expire.expire_due(office)),
        Job("activation", _ACTIVATE_EVERY, lambda: subscriptions.activate_due(office)),
        Job("settled-answers", _SETTLE_EVERY, lambda: housekeeping.settle_answers(office)),
        Job("seal", _SEAL_EVERY, lambda: sealing.seal_new(office)),
        Job("reminders", _FORGET_EVERY, Reminders(office).tell, leased=False),
        Job("forget", _FORGET_EVERY, lambda: housekeeping.forget(office)),
        Job("sweep", _FORGET_EVERY, lambda: housekeeping.sweep_blobs(office)),
    )


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
    try:
        log.info("serving", http=gateway.http_port, sftp=gateway.sftp_port)
        announce(gateway)
        await stop.wait()
        watch.cancel()
        await gateway.drain()
    finally:
        watch.cancel()
        await gateway.close()
    log.info("stopped")
    return 0
