"""Deliveries with their frozen archives, what was served of them, and the answers of legacy servers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Builds them."""
    op.create_table(
        "sequences",
        sa.Column("process_code", sa.String(length=30), nullable=False),
        sa.Column("number", sa.String(length=120), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("process_code", "number", name=op.f("pk_sequences")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("process_code", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=11), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("number", sa.String(length=120), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("publication", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(length=36)),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("archive_name", sa.String(length=255), nullable=False),
        sa.Column("archive_size", sa.BigInteger(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("listed_until", sa.BigInteger()),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("fetched_at", sa.BigInteger()),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("closed_door", sa.String(length=7)),
        sa.Column("closed_by", sa.String(length=255)),
        sa.Column("gesture", sa.String(length=20)),
        sa.Column("unread", sa.Boolean(), nullable=False),
        sa.Column("pinned_mode", sa.String(length=7)),
        sa.Column("pinned_until", sa.BigInteger()),
        sa.CheckConstraint(
            "state IN ('READY','FETCHED','ACCEPTED','REJECTED','EXPIRED','WITHDRAWN')", name=op.f("ck_deliveries_state")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_deliveries_case_id")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_deliveries_event_id")),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name=op.f("fk_deliveries_subscription_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("process_code", "archive_name", name=op.f("uq_deliveries_process_code_archive_name")),
    )
    op.create_index(op.f("ix_deliveries_case_id"), "deliveries", ["case_id"])
    op.create_index(op.f("ix_deliveries_event_id"), "deliveries", ["event_id"])
    op.create_index(
        "ix_deliveries_expiry",
        "deliveries",
        ["expires_at"],
        sqlite_where=sa.text("state IN ('READY','FETCHED')"),
        postgresql_where=sa.text("state IN ('READY','FETCHED')"),
    )
    op.create_index(
        "ix_deliveries_inbox",
        "deliveries",
        ["subscription_id", "published_at", "id"],
        sqlite_where=sa.text("shown = 1"),
        postgresql_where=sa.text("shown"),
    )
    op.create_index(
        "ix_deliveries_listed",
        "deliveries",
        ["listed_until"],
        sqlite_where=sa.text("shown = 1 AND listed_until IS NOT NULL"),
        postgresql_where=sa.text("shown AND listed_until IS NOT NULL"),
    )
    op.create_index(
        "ix_deliveries_pins",
        "deliveries",
        ["pinned_until"],
        sqlite_where=sa.text("pinned_mode IS NOT NULL"),
        postgresql_where=sa.text("pinned_mode IS NOT NULL"),
    )
    op.create_table(
        "archives",
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_archives_delivery_id")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_archives")),
    )
    op.create_table(
        "archive_blobs",
        sa.Column("blob_key", sa.String(length=64), nullable=False),
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("attachment_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_archive_blobs_delivery_id")),
        sa.PrimaryKeyConstraint("blob_key", "delivery_id", name=op.f("pk_archive_blobs")),
    )
    op.create_index(op.f("ix_archive_blobs_delivery_id"), "archive_blobs", ["delivery_id"])
    op.create_table(
        "servings",
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("door", sa.String(length=7), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("owned", sa.Boolean(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("coverage", sa.Text(), nullable=False),
        sa.Column("whole_at", sa.BigInteger()),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_servings_delivery_id")),
        sa.PrimaryKeyConstraint("delivery_id", "door", "actor", name=op.f("pk_servings")),
    )
    op.create_table(
        "sftp_places",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("process_code", sa.String(length=30), nullable=False),
        sa.Column("place", sa.String(length=7), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["sftp_accounts.id"], name=op.f("fk_sftp_places_account_id")),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_sftp_places_delivery_id")),
        sa.PrimaryKeyConstraint("account_id", "delivery_id", name=op.f("pk_sftp_places")),
        sa.UniqueConstraint(
            "account_id",
            "process_code",
            "place",
            "name",
            name=op.f("uq_sftp_places_account_id_process_code_place_name"),
        ),
    )
    op.create_index(op.f("ix_sftp_places_placed_at"), "sftp_places", ["placed_at"])
    op.create_table(
        "answers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("process_code", sa.String(length=30), nullable=False),
        sa.Column("directory", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("blob_key", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("crc32", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger()),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("case_id", sa.String(length=36)),
        sa.Column("publication", sa.Integer()),
        sa.ForeignKeyConstraint(["account_id"], ["sftp_accounts.id"], name=op.f("fk_answers_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_answers_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
    )
    op.create_index(op.f("ix_answers_blob_key"), "answers", ["blob_key"])
    op.create_index(op.f("ix_answers_case_id_publication_sha256"), "answers", ["case_id", "publication", "sha256"])
    op.create_index(
        "ix_answers_grace",
        "answers",
        ["settled_at"],
        sqlite_where=sa.text("directory = '' AND state IN ('TAKEN','DUPLICATE')"),
        postgresql_where=sa.text("directory = '' AND state IN ('TAKEN','DUPLICATE')"),
    )
    op.create_index(
        "ix_answers_unsettled",
        "answers",
        ["state", "received_at"],
        sqlite_where=sa.text("state IN ('PARTIAL','QUEUED')"),
        postgresql_where=sa.text("state IN ('PARTIAL','QUEUED')"),
    )
    op.create_index(
        "uq_answers_listed",
        "answers",
        ["account_id", "process_code", "directory", "name"],
        unique=True,
        sqlite_where=sa.text("hidden = 0"),
        postgresql_where=sa.text("NOT hidden"),
    )
