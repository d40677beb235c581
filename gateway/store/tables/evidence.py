"""The journal, idempotency records, outgoing calls and leases."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, text

from gateway.store.tables.base import Identifier, Instant, OrganizationName, Serial, metadata

idempotency = Table(
    "idempotency",
    metadata,
    Column("client", String(255), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("request", LargeBinary(32), nullable=False),
    Column("answer", Text, nullable=False),
    Column("created_at", Instant, nullable=False, index=True),
)

journal = Table(
    "journal",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("entry", String(40), nullable=False),
    Column("door", String(7), nullable=False),
    Column("actor", String(255), nullable=False),
    Column("organization_id", OrganizationName, nullable=False),
    Column("folder_id", Identifier),
    Column("case_id", Identifier),
    Column("delivery_id", Identifier),
    Column("subscription_id", Identifier),
    Column("epoch", Integer),
    Column("digest", String(64)),
    Column("detail", Text),  # JSON without personal data
    Column("commitment", String(64)),
    # Each index here costs every verb a page of its commit: lines of a case are found by its folder.
    Index(None, "folder_id"),
    Index(
        None,
        "subscription_id",
        "at",  # what happened since a switch is looked at again and again
        postgresql_include=["seq"],  # as SQLite's has it by itself: a certificate finds its lines by it
        sqlite_where=text("subscription_id IS NOT NULL"),
        postgresql_where=text("subscription_id IS NOT NULL"),
    ),
    sqlite_autoincrement=True,  # a number is never given twice, not even after the last line was lost
)

journal_payloads = Table(
    "journal_payloads",
    metadata,
    Column("seq", Serial, ForeignKey("journal.seq"), primary_key=True, autoincrement=False),
    Column("salt", LargeBinary(16), nullable=False),
    Column("payload", Text, nullable=False),
)

repetitions = Table(
    "repetitions",
    metadata,
    Column("delivery_id", Identifier, primary_key=True),
    Column("actor", String(255), primary_key=True),
    Column("gesture", String(20), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("times", Integer, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("subscription_id", Identifier, ForeignKey("subscriptions.id"), nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", String(7), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("next_at", Instant),
    Column("last_error", String(500)),
    Column("created_at", Instant, nullable=False),
    Column("done_at", Instant),
    Column("case_id", Identifier),  # what the call tells of, or the archive is of; none: it is a test
    Index(None, "subscription_id", "id"),
    Index(
        "ix_outbox_due",
        "next_at",
        sqlite_where=text("state = 'PENDING' AND kind <> 'push'"),
        postgresql_where=text("state = 'PENDING' AND kind <> 'push'"),
    ),
    Index(
        "ix_outbox_push",
        "subscription_id",
        "next_at",
        sqlite_where=text("state = 'PENDING' AND kind = 'push'"),
        postgresql_where=text("state = 'PENDING' AND kind = 'push'"),
    ),
    Index(
        "ix_outbox_unsent",
        "state",
        "created_at",
        sqlite_where=text("state IN ('PENDING','DEAD')"),
        postgresql_where=text("state IN ('PENDING','DEAD')"),
    ),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("channel", String(7), nullable=False),
    Column("about", String(255), nullable=False),  # what lasts, and is not told again at once; empty: told each time
    Column("payload", Text, nullable=False),  # JSON without personal data
    Column("state", String(7), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("next_at", Instant),
    Column("last_error", String(500)),
    Column("created_at", Instant, nullable=False),
    Column("done_at", Instant),
    Index(None, "kind", "about", "created_at"),
    Index(None, "state", "created_at"),
    Index(
        "ix_alerts_due",
        "next_at",
        sqlite_where=text("state = 'PENDING'"),
        postgresql_where=text("state = 'PENDING'"),
    ),
)

breakers = Table(
    "breakers",
    metadata,
    Column("subscription_id", Identifier, ForeignKey("subscriptions.id"), primary_key=True),  # whose server failed
    Column("failures", Integer, nullable=False),
    Column("open_until", Instant),
    Column("last_error", String(500)),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("holder", String(80), nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("until", Instant, nullable=False),
)

rates = Table(
    "rates",
    metadata,
    Column("name", String(300), primary_key=True),  # what is limited: a client, an organization, an address
    Column("period", BigInteger, primary_key=True),  # number of the period since 1970
    Column("taken", BigInteger, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

penalties = Table(
    "penalties",
    metadata,
    Column("name", String(400), primary_key=True),  # who failed to log in: an address with an account
    Column("failures", Integer, nullable=False),
    Column("blocked_until", Instant),
    Column("expires_at", Instant, nullable=False, index=True),
)

revocations = Table(
    "revocations",
    metadata,
    Column("authority", String(50), primary_key=True),  # its fingerprint
    Column("means", String(6), primary_key=True),  # serial, id or key
    Column("first", String(255), primary_key=True),  # serials of twenty digits; the id or the key's fingerprint twice
    Column("last", String(255), primary_key=True),
    Column("revoked_at", Instant, nullable=False),
)

sightings = Table(
    "sightings",
    metadata,
    Column("door", String(7), primary_key=True),
    Column("credential", String(255), primary_key=True),  # name of the account, id of the client
    Column("seen_at", Instant, nullable=False),
    Column("software", String(255)),  # as the client names itself
    Column("algorithms", Text),  # JSON: what was negotiated
    Column("legacy_at", Instant),  # when an algorithm was last used that only the account's exception allows
)

secret_uses = Table(
    "secret_uses",
    metadata,
    Column("door", String(7), primary_key=True),
    Column("credential", String(255), primary_key=True),
    Column("mark", String(64), primary_key=True),  # SHA-256 of the stored hash of a secret, or of a public key
    Column("used_at", Instant, nullable=False),
)
