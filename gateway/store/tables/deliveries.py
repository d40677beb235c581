"""Deliveries with their frozen archives, what was served of them, and what legacy servers gave back."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gateway.store.tables.base import Identifier, Instant, ProcessCode, metadata

sequences = Table(
    "sequences",
    metadata,
    Column("process_code", ProcessCode, primary_key=True),
    Column("number", String(120), primary_key=True),
    Column("last", Integer, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("case_id", Identifier, ForeignKey("cases.id"), nullable=False),
    Column("subscription_id", Identifier, ForeignKey("subscriptions.id"), nullable=False),
    Column("process_code", ProcessCode, nullable=False),
    Column("kind", String(11), nullable=False),
    Column("state", String(9), nullable=False),
    Column("number", String(120), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("publication", Integer, nullable=False),
    Column("event_id", Identifier, ForeignKey("events.id")),
    Column("notify", Boolean, nullable=False),
    Column("archive_name", String(255), nullable=False),
    Column("archive_size", BigInteger, nullable=False),
    Column("shown", Boolean, nullable=False),  # some inbox may list it; only these rows are looked through by a poll
    Column("listed_until", Instant),  # accepted by reading: still listed for a grace time
    Column("published_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("fetched_at", Instant),
    Column("closed_at", Instant),
    Column("closed_door", String(7)),
    Column("closed_by", String(255)),
    Column("gesture", String(20)),
    Column("unread", Boolean, nullable=False),
    Column("pinned_mode", String(7)),
    Column("pinned_until", Instant),
    CheckConstraint("state IN ('READY','FETCHED','ACCEPTED','REJECTED','EXPIRED','WITHDRAWN')", name="state"),
    UniqueConstraint("process_code", "archive_name"),
    Index(None, "case_id"),
    Index(None, "event_id"),
    Index(
        "ix_deliveries_inbox",
        "subscription_id",
        "published_at",
        "id",
        sqlite_where=text("shown = 1"),
        postgresql_where=text("shown"),
    ),
    Index(
        "ix_deliveries_listed",
        "listed_until",
        sqlite_where=text("shown = 1 AND listed_until IS NOT NULL"),
        postgresql_where=text("shown AND listed_until IS NOT NULL"),
    ),
    Index(
        "ix_deliveries_expiry",
        "expires_at",
        sqlite_where=text("state IN ('READY','FETCHED')"),
        postgresql_where=text("state IN ('READY','FETCHED')"),
    ),
    Index(
        "ix_deliveries_pins",
        "pinned_until",
        sqlite_where=text("pinned_mode IS NOT NULL"),
        postgresql_where=text("pinned_mode IS NOT NULL"),
    ),
)

archives = Table(
    "archives",
    metadata,
    Column("delivery_id", Identifier, ForeignKey("deliveries.id"), primary_key=True),
    Column("content", LargeBinary, nullable=False),  # pec.archive.Archive.dump(): names, sizes, CRCs, generated XML
)

archive_blobs = Table(
    "archive_blobs",
    metadata,
    Column("blob_key", String(64), primary_key=True),
    Column("delivery_id", Identifier, ForeignKey("deliveries.id"), primary_key=True),
    Column("attachment_id", Identifier, nullable=False),
    Index(None, "delivery_id"),
)

servings = Table(
    "servings",
    metadata,
    Column("delivery_id", Identifier, ForeignKey("deliveries.id"), primary_key=True),
    Column("door", String(7), primary_key=True),
    Column("actor", String(255), primary_key=True),
    Column("owned", Boolean, nullable=False),  # the door owned the delivery when this actor opened it
    Column("epoch", Integer, nullable=False),
    Column("coverage", Text, nullable=False),  # JSON: item → ranges served
    Column("whole_at", Instant),
    Column("closed_at", Instant),  # when its client last closed a handle of it
    Column("updated_at", Instant, nullable=False),
)

sftp_places = Table(
    "sftp_places",
    metadata,
    Column("account_id", Identifier, ForeignKey("sftp_accounts.id"), primary_key=True),
    Column("delivery_id", Identifier, ForeignKey("deliveries.id"), primary_key=True),
    Column("process_code", ProcessCode, nullable=False),
    Column("place", String(7), nullable=False),
    Column("name", String(255), nullable=False),
    Column("placed_at", Instant, nullable=False),
    UniqueConstraint("account_id", "process_code", "place", "name"),
    Index(None, "placed_at"),
)

answers = Table(
    "answers",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("account_id", Identifier, ForeignKey("sftp_accounts.id"), nullable=False),
    Column("process_code", ProcessCode, nullable=False),
    Column("directory", String(6), nullable=False),  # '' is out/ itself, else DONE or FAILED
    Column("name", String(255), nullable=False),
    Column("state", String(9), nullable=False),
    Column("blob_key", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("crc32", BigInteger, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("hidden", Boolean, nullable=False),  # deleted by its account, or replaced by a newer upload of that name
    Column("error", Text),
    Column("case_id", Identifier, ForeignKey("cases.id")),
    Column("publication", Integer),
    Index(
        "uq_answers_listed",
        "account_id",
        "process_code",
        "directory",
        "name",
        unique=True,
        sqlite_where=text("hidden = 0"),
        postgresql_where=text("NOT hidden"),
    ),
    Index(
        "ix_answers_unsettled",
        "state",
        "received_at",
        sqlite_where=text("state IN ('PARTIAL','QUEUED')"),
        postgresql_where=text("state IN ('PARTIAL','QUEUED')"),
    ),
    Index(
        "ix_answers_held",
        "account_id",
        "settled_at",
        sqlite_where=text("state IN ('PARTIAL','QUEUED','REFUSED')"),
        postgresql_where=text("state IN ('PARTIAL','QUEUED','REFUSED')"),
    ),
    Index(
        "ix_answers_grace",
        "settled_at",
        sqlite_where=text("directory = '' AND state IN ('TAKEN','DUPLICATE')"),
        postgresql_where=text("directory = '' AND state IN ('TAKEN','DUPLICATE')"),
    ),
    Index(None, "case_id", "publication", "sha256"),
    Index(None, "blob_key"),
)
