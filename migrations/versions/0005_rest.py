"""What the whole REST door needs: resumable uploads, shared rate limits, portals' purges."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Builds them."""
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("attachment_id", sa.String(length=36), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("blob_key", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachments.id"], name=op.f("fk_uploads_attachment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_attachment_id"), "uploads", ["attachment_id"])
    op.create_index(op.f("ix_uploads_blob_key"), "uploads", ["blob_key"])
    op.create_index(op.f("ix_uploads_expires_at"), "uploads", ["expires_at"])
    op.create_table(
        "rates",
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("period", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "period", name=op.f("pk_rates")),
    )
    op.create_index(op.f("ix_rates_expires_at"), "rates", ["expires_at"])
    op.add_column("attachment_cases", sa.Column("purged_at", sa.BigInteger()))
    op.create_index(op.f("ix_access_tokens_client_id"), "access_tokens", ["client_id"])
    op.add_column("subscriptions", sa.Column("webhook_generation", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("subscriptions", sa.Column("webhook_previous_until", sa.BigInteger()))
    op.create_index(op.f("ix_outbox_subscription_id_id"), "outbox", ["subscription_id", "id"])
