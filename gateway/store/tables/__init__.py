"""Every table of the gateway; migrations/ builds the same schema, which a test checks."""

from gateway.store.tables.base import metadata
from gateway.store.tables.deliveries import (
    answers,
    archive_blobs,
    archives,
    deliveries,
    sequences,
    servings,
    sftp_places,
)
from gateway.store.tables.dossiers import attachment_cases, attachments, cases, events, folders, notifications, uploads
from gateway.store.tables.evidence import (
    idempotency,
    journal,
    journal_payloads,
    leases,
    outbox,
    penalties,
    rates,
    repetitions,
    sightings,
)
from gateway.store.tables.referential import (
    access_tokens,
    api_clients,
    organizations,
    processes,
    sftp_account_subscriptions,
    sftp_accounts,
    subscriptions,
)

__all__ = [
    "access_tokens",
    "answers",
    "api_clients",
    "archive_blobs",
    "archives",
    "attachment_cases",
    "attachments",
    "cases",
    "deliveries",
    "events",
    "folders",
    "idempotency",
    "journal",
    "journal_payloads",
    "leases",
    "metadata",
    "notifications",
    "organizations",
    "outbox",
    "penalties",
    "processes",
    "rates",
    "repetitions",
    "sequences",
    "servings",
    "sftp_account_subscriptions",
    "sftp_accounts",
    "sftp_places",
    "sightings",
    "subscriptions",
    "uploads",
]
