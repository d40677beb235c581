"""What travels: folders, cases, events, attachments and notifications."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    false,
    text,
)

from gateway.store.tables.base import Identifier, Instant, OrganizationName, ProcessCode, metadata

folders = Table(
    "folders",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("depositor_id", OrganizationName, ForeignKey("organizations.id"), nullable=False),
    Column("process_code", ProcessCode, ForeignKey("processes.code"), nullable=False),
    Column("external_id", String(30), nullable=False),
    Column("status", String(15), nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("applicant", Text),  # JSON; personal data, erased by a purge
    Column("partner", Text),
    Column("close_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant),
    Column("completed_at", Instant),
    Column("purged_at", Instant),
    Column("synthetic", Boolean, nullable=False, server_default=false()),  # a made-up one: outside statistics
    Index(None, "depositor_id", "external_id"),
    Index("ix_folders_synthetic", "id", sqlite_where=text("synthetic = 1"), postgresql_where=text("synthetic")),
)

cases = Table(
    "cases",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("folder_id", Identifier, ForeignKey("folders.id", ondelete="CASCADE"), nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("depositor_id", OrganizationName, nullable=False),
    Column("recipient_id", OrganizationName, ForeignKey("organizations.id"), nullable=False),
    Column("subscription_id", Identifier, ForeignKey("subscriptions.id"), nullable=False),
    Column("process_code", ProcessCode, nullable=False),
    Column("external_id", String(100), nullable=False),
    Column("number", String(120), nullable=False),  # the folder's external number as legacy answers name it
    Column("status", String(15), nullable=False),
    Column("partner_attributes", String(1024)),
    Column("publication", Integer, nullable=False),
    Column("reopening", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant),
    Column("transmitted_at", Instant),
    Column("closed_at", Instant),
    Index(None, "folder_id"),
    Index(None, "subscription_id", "number"),
    Index(None, "subscription_id", "external_id"),
    Index(None, "subscription_id", "created_at", "status"),
)

events = Table(
    "events",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("case_id", Identifier, ForeignKey("cases.id", ondelete="CASCADE"), nullable=False),
    Column("transmitter_id", OrganizationName, ForeignKey("organizations.id"), nullable=False),
    Column("action", String(100), nullable=False),
    Column("status", String(12), nullable=False),
    Column("author", String(255)),
    Column("message", Text),
    Column("comment", Text),
    Column("notification", Boolean),
    Column("current_status", String(15)),
    Column("new_status", String(15)),
    Column("partner_attributes", String(1024)),
    Column("partner", Text),
    Column("inserted", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index(None, "case_id", "created_at", "id"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("folder_id", Identifier, ForeignKey("folders.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", Identifier, ForeignKey("events.id", ondelete="CASCADE")),
    Column("position", SmallInteger, nullable=False),
    Column("file_name", String(255), nullable=False),
    Column("type", String(100), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mime_type", String(255), nullable=False),
    Column("status", String(9), nullable=False),
    Column("blob_key", String(64)),
    Column("sha256", LargeBinary(32)),
    Column("crc32", BigInteger),
    Column("received_at", Instant),
    Index(None, "folder_id"),
    Index(None, "event_id"),
    Index(None, "blob_key"),
)

attachment_cases = Table(
    "attachment_cases",
    metadata,
    Column("case_id", Identifier, ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True),
    Column("attachment_id", Identifier, ForeignKey("attachments.id", ondelete="CASCADE"), primary_key=True),
    Column("purged_at", Instant),  # the recipient's portal says that it has deleted its own copy
    Index(None, "attachment_id"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("attachment_id", Identifier, ForeignKey("attachments.id", ondelete="CASCADE"), nullable=False),
    Column("client", String(255), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),  # bytes that are durable
    Column("blob_key", String(64), nullable=False),
    Column("sha256", LargeBinary(32)),  # as announced
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Index(None, "attachment_id"),
    Index(None, "blob_key"),
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("recipient_id", OrganizationName, ForeignKey("organizations.id"), nullable=False),
    Column("transmitter_id", OrganizationName, nullable=False),
    Column("process_code", ProcessCode, nullable=False),
    Column("case_id", Identifier, ForeignKey("cases.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", Identifier, ForeignKey("events.id", ondelete="CASCADE")),
    Column("created_at", Instant, nullable=False),
    Index(None, "recipient_id", "created_at", "id"),
    Index(None, "case_id"),
    Index(None, "event_id"),
)
