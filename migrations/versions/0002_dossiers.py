"""What travels: folders, cases, events, attachments and notifications."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Builds them."""
    op.create_table(
        "folders",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("depositor_id", sa.String(length=40), nullable=False),
        sa.Column("process_code", sa.String(length=30), nullable=False),
        sa.Column("external_id", sa.String(length=30), nullable=False),
        sa.Column("status", sa.String(length=15), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("applicant", sa.Text()),
        sa.Column("partner", sa.Text()),
        sa.Column("close_at", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger()),
        sa.Column("completed_at", sa.BigInteger()),
        sa.Column("purged_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["depositor_id"], ["organizations.id"], name=op.f("fk_folders_depositor_id")),
        sa.ForeignKeyConstraint(["process_code"], ["processes.code"], name=op.f("fk_folders_process_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folders")),
    )
    op.create_index(op.f("ix_folders_depositor_id_external_id"), "folders", ["depositor_id", "external_id"])
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("folder_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("depositor_id", sa.String(length=40), nullable=False),
        sa.Column("recipient_id", sa.String(length=40), nullable=False),
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("process_code", sa.String(length=30), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=False),
        sa.Column("number", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=15), nullable=False),
        sa.Column("partner_attributes", sa.String(length=1024)),
        sa.Column("publication", sa.Integer(), nullable=False),
        sa.Column("reopening", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger()),
        sa.Column("transmitted_at", sa.BigInteger()),
        sa.Column("closed_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["folder_id"], ["folders.id"], name=op.f("fk_cases_folder_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["recipient_id"], ["organizations.id"], name=op.f("fk_cases_recipient_id")),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name=op.f("fk_cases_subscription_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index(op.f("ix_cases_folder_id"), "cases", ["folder_id"])
    op.create_index(op.f("ix_cases_subscription_id_external_id"), "cases", ["subscription_id", "external_id"])
    op.create_index(op.f("ix_cases_subscription_id_number"), "cases", ["subscription_id", "number"])
    op.create_table(
        "events",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("transmitter_id", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("author", sa.String(length=255)),
        sa.Column("message", sa.Text()),
        sa.Column("comment", sa.Text()),
        sa.Column("notification", sa.Boolean()),
        sa.Column("current_status", sa.String(length=15)),
        sa.Column("new_status", sa.String(length=15)),
        sa.Column("partner_attributes", sa.String(length=1024)),
        sa.Column("partner", sa.Text()),
        sa.Column("inserted", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_events_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["transmitter_id"], ["organizations.id"], name=op.f("fk_events_transmitter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_case_id_created_at_id"), "events", ["case_id", "created_at", "id"])
    op.create_table(
        "attachments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("folder_id", sa.String(length=36), nullable=False),
        sa.Column("event_id", sa.String(length=36)),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mime_type", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=9), nullable=False),
        sa.Column("blob_key", sa.String(length=64)),
        sa.Column("sha256", sa.LargeBinary(length=32)),
        sa.Column("crc32", sa.BigInteger()),
        sa.Column("received_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_attachments_event_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["folder_id"], ["folders.id"], name=op.f("fk_attachments_folder_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_blob_key"), "attachments", ["blob_key"])
    op.create_index(op.f("ix_attachments_event_id"), "attachments", ["event_id"])
    op.create_index(op.f("ix_attachments_folder_id"), "attachments", ["folder_id"])
    op.create_table(
        "attachment_cases",
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("attachment_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachments.id"], name=op.f("fk_attachment_cases_attachment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_attachment_cases_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", "attachment_id", name=op.f("pk_attachment_cases")),
    )
    op.create_index(op.f("ix_attachment_cases_attachment_id"), "attachment_cases", ["attachment_id"])
    op.create_table(
        "notifications",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recipient_id", sa.String(length=40), nullable=False),
        sa.Column("transmitter_id", sa.String(length=40), nullable=False),
        sa.Column("process_code", sa.String(length=30), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("event_id", sa.String(length=36)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_notifications_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_notifications_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["recipient_id"], ["organizations.id"], name=op.f("fk_notifications_recipient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
    )
    op.create_index(op.f("ix_notifications_case_id"), "notifications", ["case_id"])
    op.create_index(op.f("ix_notifications_event_id"), "notifications", ["event_id"])
    op.create_index(
        op.f("ix_notifications_recipient_id_created_at_id"), "notifications", ["recipient_id", "created_at", "id"]
    )
