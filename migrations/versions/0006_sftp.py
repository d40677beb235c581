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
    op.add_column("sftp_accounts", sa.Column("password_until", sa.String(length=10)))
