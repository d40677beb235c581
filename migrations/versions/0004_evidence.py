"""The journal, idempotency records, outgoing calls and leases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Builds them."""
    op.create_table(
        "idempotency",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request", sa.LargeBinary(length=32), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client", "key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_created_at"), "idempotency", ["created_at"])
    op.create_table(
        "journal",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.String(length=40), nullable=False),
        sa.Column("door", sa.String(length=7), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("folder_id", sa.String(length=36)),
        sa.Column("case_id", sa.String(length=36)),
        sa.Column("delivery_id", sa.String(length=36)),
        sa.Column("subscription_id", sa.String(length=36)),
        sa.Column("epoch", sa.Integer()),
        sa.Column("digest", sa.String(length=64)),
        sa.Column("detail", sa.Text()),
        sa.Column("commitment", sa.String(length=64)),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_journal")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_journal_case_id"), "journal", ["case_id"])
    op.create_index(op.f("ix_journal_delivery_id"), "journal", ["delivery_id"])
    op.create_index(op.f("ix_journal_folder_id"), "journal", ["folder_id"])
    op.create_table(
        "journal_payloads",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["journal.seq"], name=op.f("fk_journal_payloads_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_journal_payloads")),
    )
    op.create_table(
        "repetitions",
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("gesture", sa.String(length=20), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", "actor", "gesture", "day", name=op.f("pk_repetitions")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=7), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger()),
        sa.Column("last_error", sa.String(length=500)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name=op.f("fk_outbox_subscription_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["next_at"],
        sqlite_where=sa.text("state = 'PENDING'"),
        postgresql_where=sa.text("state = 'PENDING'"),
    )
    op.create_index(
        "ix_outbox_unsent",
        "outbox",
        ["state", "created_at"],
        sqlite_where=sa.text("state IN ('PENDING','DEAD')"),
        postgresql_where=sa.text("state IN ('PENDING','DEAD')"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
