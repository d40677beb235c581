"""What switches need: moves with their waves and rows, rehearsals with their overlay, seals of the journal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ID = sa.String(length=36)


def upgrade() -> None:
    """Builds them; and drops two indexes of the journal that no query used."""
    for column in ("case_id", "delivery_id"):
        op.drop_index(op.f(f"ix_journal_{column}"), "journal")
    _moves()
    _rehearsals()
    _alerts()
    op.create_table(
        "seals",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=False),
        sa.Column("late", sa.Text(), nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=64), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_seals")),
        sa.UniqueConstraint("previous", name=op.f("uq_seals_previous")),
    )
    op.add_column("subscriptions", sa.Column("rehearsal_id", _ID))
    op.add_column("subscriptions", sa.Column("rehearsal_mode", sa.String(length=7)))
    op.add_column("api_clients", sa.Column("rights", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("outbox", sa.Column("case_id", _ID))
    op.create_table(
        "secret_uses",
        sa.Column("door", sa.String(length=7), nullable=False),
        sa.Column("credential", sa.String(length=255), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("door", "credential", "mark", name=op.f("pk_secret_uses")),
    )
    op.add_column("folders", sa.Column("synthetic", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_folders_synthetic",
        "folders",
        ["id"],
        sqlite_where=sa.text("synthetic = 1"),
        postgresql_where=sa.text("synthetic"),
    )
    recent = ["subscription_id", "created_at", "status"]
    op.create_index(op.f("ix_cases_subscription_id_created_at_status"), "cases", recent)
    held = sa.text("subscription_id IS NOT NULL")
    op.create_index(
        op.f("ix_journal_subscription_id_at"),
        "journal",
        ["subscription_id", "at"],
        postgresql_include=["seq"],
        sqlite_where=held,
        postgresql_where=held,
    )
    op.create_index(op.f("ix_api_clients_organization_id"), "api_clients", ["organization_id"])


def _moves() -> None:
    op.create_table(
        "moves",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=11), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("plan_digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("planned_by", sa.String(length=255), nullable=False),
        sa.Column("planned_at", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.String(length=255)),
        sa.Column("approved_at", sa.BigInteger()),
        sa.Column("applied_by", sa.String(length=255)),
        sa.Column("applied_at", sa.BigInteger()),
        sa.Column("resumed_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("reason", sa.String(length=500)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moves")),
        sa.UniqueConstraint("name", name=op.f("uq_moves_name")),
    )
    running = sa.text("state IN ('RUNNING','ROLLBACK')")
    op.create_index("ix_moves_running", "moves", ["state"], sqlite_where=running, postgresql_where=running)
    op.create_table(
        "move_waves",
        sa.Column("move_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["move_id"], ["moves.id"], name=op.f("fk_move_waves_move_id")),
        sa.PrimaryKeyConstraint("move_id", "number", name=op.f("pk_move_waves")),
    )
    op.create_table(
        "move_rows",
        sa.Column("move_id", _ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("subscription_id", _ID, nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("from_mode", sa.String(length=7), nullable=False),
        sa.Column("from_transport", sa.String(length=4), nullable=False),
        sa.Column("from_epoch", sa.Integer(), nullable=False),
        sa.Column("in_flight", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=11), nullable=False),
        sa.Column("reason", sa.String(length=500)),
        sa.Column("rehearsal_id", _ID),
        sa.Column("epoch", sa.Integer()),
        sa.Column("changed_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["move_id"], ["moves.id"], name=op.f("fk_move_rows_move_id")),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name=op.f("fk_move_rows_subscription_id")),
        sa.PrimaryKeyConstraint("move_id", "position", name=op.f("pk_move_rows")),
    )
    next_ones = ["move_id", "state", "position", "wave"]
    op.create_index(op.f("ix_move_rows_move_id_state_position_wave"), "move_rows", next_ones)
    op.create_index(op.f("ix_move_rows_subscription_id"), "move_rows", ["subscription_id"])


def _rehearsals() -> None:
    op.create_table(
        "rehearsals",
        sa.Column("id", _ID, nullable=False),
        sa.Column("subscription_id", _ID, nullable=False),
        sa.Column("mode", sa.String(length=7), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("started_by", sa.String(length=255), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("result", sa.Text()),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name=op.f("fk_rehearsals_subscription_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rehearsals")),
    )
    op.create_index(op.f("ix_rehearsals_subscription_id_started_at"), "rehearsals", ["subscription_id", "started_at"])
    running = sa.text("ended_at IS NULL")
    op.create_index("ix_rehearsals_running", "rehearsals", ["ends_at"], sqlite_where=running, postgresql_where=running)
    op.create_table(
        "rehearsed_deliveries",
        sa.Column("rehearsal_id", _ID, nullable=False),
        sa.Column("delivery_id", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("dismissed", sa.Boolean(), nullable=False),
        sa.Column("place", sa.String(length=7)),
        sa.Column("name", sa.String(length=255)),
        sa.Column("gesture", sa.String(length=20)),
        sa.Column("fetched_at", sa.BigInteger()),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("listed_until", sa.BigInteger()),
        _of_rehearsal("rehearsed_deliveries"),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_rehearsed_deliveries_delivery_id")),
        sa.PrimaryKeyConstraint("rehearsal_id", "delivery_id", name=op.f("pk_rehearsed_deliveries")),
    )
    op.create_index(op.f("ix_rehearsed_deliveries_delivery_id"), "rehearsed_deliveries", ["delivery_id"])
    op.create_index(
        op.f("ix_rehearsed_deliveries_rehearsal_id_published_at_delivery_id"),
        "rehearsed_deliveries",
        ["rehearsal_id", "published_at", "delivery_id"],
    )
    op.create_table(
        "rehearsed_cases",
        sa.Column("rehearsal_id", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("begun", sa.String(length=15), nullable=False),
        sa.Column("status", sa.String(length=15), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        _of_rehearsal("rehearsed_cases"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_rehearsed_cases_case_id")),
        sa.PrimaryKeyConstraint("rehearsal_id", "case_id", name=op.f("pk_rehearsed_cases")),
    )
    op.create_table(
        "rehearsed_events",
        sa.Column("id", _ID, nullable=False),
        sa.Column("rehearsal_id", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _of_rehearsal("rehearsed_events"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_rehearsed_events_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rehearsed_events")),
    )
    op.create_index(
        op.f("ix_rehearsed_events_rehearsal_id_case_id_created_at"),
        "rehearsed_events",
        ["rehearsal_id", "case_id", "created_at"],
    )
    op.create_table(
        "rehearsed_attachments",
        sa.Column("id", _ID, nullable=False),
        sa.Column("rehearsal_id", _ID, nullable=False),
        sa.Column("event_id", _ID, nullable=False),
        sa.Column("folder_id", _ID, nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mime_type", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=9), nullable=False),
        sa.Column("blob_key", sa.String(length=64)),
        sa.Column("sha256", sa.LargeBinary(length=32)),
        sa.Column("crc32", sa.BigInteger()),
        _of_rehearsal("rehearsed_attachments"),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["rehearsed_events.id"],
            name=op.f("fk_rehearsed_attachments_event_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rehearsed_attachments")),
    )
    for column in ("rehearsal_id", "event_id", "blob_key"):
        op.create_index(op.f(f"ix_rehearsed_attachments_{column}"), "rehearsed_attachments", [column])


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=7), nullable=False),
        sa.Column("about", sa.String(length=255), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=7), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger()),
        sa.Column("last_error", sa.String(length=500)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_kind_about_created_at"), "alerts", ["kind", "about", "created_at"])
    op.create_index(op.f("ix_alerts_state_created_at"), "alerts", ["state", "created_at"])
    pending = sa.text("state = 'PENDING'")
    op.create_index("ix_alerts_due", "alerts", ["next_at"], sqlite_where=pending, postgresql_where=pending)


def _of_rehearsal(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["rehearsal_id"], ["rehearsals.id"], name=op.f(f"fk_{table}_rehearsal_id"), ondelete="CASCADE"
    )
