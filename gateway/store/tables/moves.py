"""Switches: planned moves with their waves and rows, rehearsals with their overlay, and the seals of the journal."""

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
    UniqueConstraint,
    text,
)

from gateway.store.tables.base import Identifier, Instant, Serial, metadata

moves = Table(
    "moves",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("state", String(11), nullable=False),
    Column("spec", Text, nullable=False),  # JSON: what the file asks for, with every default spelt out
    Column("plan_digest", String(64), nullable=False),  # SHA-256 of the plan, by which approval and apply name it
    Column("size", Integer, nullable=False),
    Column("planned_by", String(255), nullable=False),
    Column("planned_at", Instant, nullable=False),
    Column("approved_by", String(255)),
    Column("approved_at", Instant),
    Column("applied_by", String(255)),
    Column("applied_at", Instant),
    Column("resumed_at", Instant),  # what went wrong before does not stop it a second time
    Column("ended_at", Instant),
    Column("reason", String(500)),  # why it is paused
    Index(
        "ix_moves_running",
        "state",
        sqlite_where=text("state IN ('RUNNING','ROLLBACK')"),
        postgresql_where=text("state IN ('RUNNING','ROLLBACK')"),
    ),
)

move_waves = Table(
    "move_waves",
    metadata,
    Column("move_id", Identifier, ForeignKey("moves.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", String(8), nullable=False),
    Column("size", Integer, nullable=False),
    Column("starts_at", Instant, nullable=False),  # not before; the window of the move may hold it back further
    Column("started_at", Instant),
    Column("ended_at", Instant),
)

move_rows = Table(
    "move_rows",
    metadata,
    Column("move_id", Identifier, ForeignKey("moves.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("subscription_id", Identifier, ForeignKey("subscriptions.id"), nullable=False),
    Column("wave", Integer, nullable=False),
    Column("from_mode", String(7), nullable=False),
    Column("from_transport", String(4), nullable=False),
    Column("from_epoch", Integer, nullable=False),
    Column("in_flight", Integer, nullable=False),  # open deliveries when it was planned
    Column("state", String(11), nullable=False),
    Column("reason", String(500)),  # why it was left out, blocked or failed
    Column("rehearsal_id", Identifier),
    Column("epoch", Integer),  # the one that its switch began
    Column("changed_at", Instant),
    Index(None, "move_id", "state", "position", "wave"),  # the next ones to do, without passing those that are done
    Index(None, "subscription_id"),
)

rehearsals = Table(
    "rehearsals",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("subscription_id", Identifier, ForeignKey("subscriptions.id"), nullable=False),
    Column("mode", String(7), nullable=False),  # of the door that rehearses
    Column("epoch", Integer, nullable=False),
    Column("started_by", String(255), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("result", Text),  # JSON: what was compared, kept when the overlay goes
    Index(None, "subscription_id", "started_at"),
    Index(
        "ix_rehearsals_running",
        "ends_at",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

rehearsed_deliveries = Table(
    "rehearsed_deliveries",
    metadata,
    Column("rehearsal_id", Identifier, ForeignKey("rehearsals.id", ondelete="CASCADE"), primary_key=True),
    Column("delivery_id", Identifier, ForeignKey("deliveries.id"), primary_key=True),
    Column("case_id", Identifier, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("state", String(9), nullable=False),
    Column("dismissed", Boolean, nullable=False),
    Column("place", String(7)),
    Column("name", String(255)),
    Column("gesture", String(20)),
    Column("fetched_at", Instant),
    Column("closed_at", Instant),
    Column("listed_until", Instant),  # accepted by reading: still listed for a grace time
    Index(None, "delivery_id"),
    Index(None, "rehearsal_id", "published_at", "delivery_id"),
)

rehearsed_cases = Table(
    "rehearsed_cases",
    metadata,
    Column("rehearsal_id", Identifier, ForeignKey("rehearsals.id", ondelete="CASCADE"), primary_key=True),
    Column("case_id", Identifier, ForeignKey("cases.id"), primary_key=True),
    Column("begun", String(15), nullable=False),  # the status from which both sides went on
    Column("status", String(15), nullable=False),
    Column("way", Text, nullable=False),  # JSON: every status that was set, in order, marked where it was inserted
)

rehearsed_events = Table(
    "rehearsed_events",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("rehearsal_id", Identifier, ForeignKey("rehearsals.id", ondelete="CASCADE"), nullable=False),
    Column("case_id", Identifier, ForeignKey("cases.id"), nullable=False),
    Column("content", Text, nullable=False),  # JSON: the event with its attachments as they were posted
    Column("created_at", Instant, nullable=False),
    Index(None, "rehearsal_id", "case_id", "created_at"),
)

rehearsed_attachments = Table(
    "rehearsed_attachments",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("rehearsal_id", Identifier, ForeignKey("rehearsals.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", Identifier, ForeignKey("rehearsed_events.id", ondelete="CASCADE"), nullable=False),
    Column("folder_id", Identifier, nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("file_name", String(255), nullable=False),
    Column("type", String(100), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mime_type", String(255), nullable=False),
    Column("status", String(9), nullable=False),
    Column("blob_key", String(64)),
    Column("sha256", LargeBinary(32)),
    Column("crc32", BigInteger),
    Index(None, "rehearsal_id"),
    Index(None, "event_id"),
    Index(None, "blob_key"),
)

seals = Table(
    "seals",
    metadata,
    Column("number", Serial, primary_key=True, autoincrement=True),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("missing", Text, nullable=False),  # JSON: numbers in between that no line had yet
    Column("late", Text, nullable=False),  # JSON: numbers that an earlier seal missed
    Column("digests", LargeBinary, nullable=False),  # SHA-256 of each line, 32 bytes each, by number
    Column("previous", LargeBinary(32), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
    Column("sealed_at", Instant, nullable=False),
    UniqueConstraint("previous"),  # two who seal at once make one chain
)
