"""The office of a configuration: store, blobs, keys and policy, for the doors and for commands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.api.metrics import PrometheusMeter
from gateway.bridge.alerts import Alerts
from gateway.bridge.clamd import Clamd
from gateway.config import Settings, master_key
from gateway.domain.errors import UnavailableError
from gateway.domain.identity import OrganizationId
from gateway.domain.retry import RetryPolicy
from gateway.pec.returns import Limits
from gateway.pec.zip_bounds import Bounds
from gateway.services.alerts import signing_key
from gateway.services.office import Office, Policy
from gateway.services.operator import ensure_gateway
from gateway.services.ports import Clock
from gateway.store import schema
from gateway.store.blobs import LocalBlobs
from gateway.store.disk import make_directories
from gateway.store.passwords import Secrets
from gateway.store.postgres import PostgresStore
from gateway.store.signing import LABEL, Signer
from gateway.store.sqlite import SqliteStore


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
        two_people=settings.moves.two_people,
        alert_channels=settings.alerts.channels,
        alert_again=settings.alerts.again,
    )


def alerts_for(office: Office, settings: Settings) -> Alerts:
    """Who sends alerts, as the settings say where."""
    told = settings.alerts
    key = signing_key(office, told.webhook_secret.get_secret_value())
    return Alerts(office, told.webhook, key, told.mailing)


def scanner(settings: Settings) -> Clamd | None:
    """The antivirus, if there is one."""
    found = settings.antivirus
    return Clamd(found.address, timeout=found.timeout, max_stream=found.max_stream) if found.address else None


@asynccontextmanager
async def office_for(
    settings: Settings, meter: PrometheusMeter | None = None, clock: Clock = now
) -> AsyncIterator[Office]:
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
            clock=clock,
            secrets=secrets,
            meter=meter or PrometheusMeter(),
            gateway=str(OrganizationId("ADMIN", operator.company_register, operator.branch_code)),
            policy=policy(settings),
            scanner=scanner(settings),
            signer=Signer(secrets.derive(LABEL)),
        )
        await ensure_gateway(office, operator.name)
        yield office
