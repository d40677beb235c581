"""What the whole SFTP door needs: penalties of failed logins, what was seen of each credential, authorities, expiry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Builds them."""
    op.create_table(
        "penalties",
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("blocked_until", sa.BigInteger()),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_penalties")),
    )
    op.create_index(op.f("ix_penalties_expires_at"), "penalties", ["expires_at"])
    op.create_table(
        "revocations",
        sa.Column("authority", sa.String(length=50), nullable=False),
        sa.Column("means", sa.String(length=6), nullable=False),
        sa.Column("first", sa.String(length=255), nullable=False),
        sa.Column("last", sa.String(length=255), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("authority", "means", "first", "last", name=op.f("pk_revocations")),
    )
    op.create_table(
        "sightings",
        sa.Column("door", sa.String(length=7), nullable=False),
        sa.Column("credential", sa.String(length=255), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("software", sa.String(length=255)),
        sa.Column("algorithms", sa.Text()),
        sa.Column("legacy_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("door", "credential", name=op.f("pk_sightings")),
    )
    op.add_column("sftp_accounts", sa.Column("authorities", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("servings", sa.Column("closed_at", sa.BigInteger()))
    op.add_column("sftp_accounts", sa.Column("password_until", sa.String(length=10)))
    op.add_column("sftp_accounts", sa.Column("imported_hash", sa.String(length=64)))
    op.create_table(
        "breakers",
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("open_until", sa.BigInteger()),
        sa.Column("last_error", sa.String(length=500)),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name=op.f("fk_breakers_subscription_id")),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_breakers")),
    )
    op.drop_index("ix_outbox_due", table_name="outbox")
    _partial_index("ix_outbox_due", "outbox", ["next_at"], "state = 'PENDING' AND kind <> 'push'")
    _partial_index("ix_outbox_push", "outbox", ["subscription_id", "next_at"], "state = 'PENDING' AND kind = 'push'")
    _partial_index(
        "ix_answers_held", "answers", ["account_id", "settled_at"], "state IN ('PARTIAL','QUEUED','REFUSED')"
    )
    _partial_index("ix_subscriptions_push", "subscriptions", ["id"], "transport = 'push'")


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
