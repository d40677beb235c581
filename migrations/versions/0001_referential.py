"""Organizations, processes, subscriptions, and the credentials of both doors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Builds them."""
    op.create_table(
        "organizations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("company_register", sa.String(length=14), nullable=False),
        sa.Column("branch_code", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("code", sa.String(length=255)),
        sa.Column("country", sa.String(length=255)),
        sa.Column("postal_code", sa.String(length=10)),
        sa.Column("territory", sa.String(length=255)),
        sa.Column("email", sa.String(length=320)),
        sa.Column("phone_number", sa.String(length=40)),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
    )
    op.create_table(
        "processes",
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("osl_id", sa.String(length=40)),
        sa.Column("is_activated", sa.Boolean(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["osl_id"], ["organizations.id"], name=op.f("fk_processes_osl_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_processes")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("process_code", sa.String(length=30), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("access_mode", sa.String(length=7), nullable=False),
        sa.Column("transport", sa.String(length=4), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("activate_at", sa.BigInteger()),
        sa.Column("validate_at", sa.BigInteger()),
        sa.Column("reject_at", sa.BigInteger()),
        sa.Column("end_at", sa.BigInteger()),
        sa.Column("rejection_reason", sa.String(length=1000)),
        sa.Column("datapass_id", sa.BigInteger()),
        sa.Column("notification_frequency", sa.String(length=20)),
        sa.Column("email", sa.String(length=320)),
        sa.Column("local_administrator", sa.Text()),
        sa.Column("delegation_actor", sa.Text()),
        sa.Column("template", sa.String(length=255)),
        sa.Column("complement", sa.String(length=5), nullable=False),
        sa.Column("webhook", sa.Text()),
        sa.Column("push", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_subscriptions_organization_id")
        ),
        sa.ForeignKeyConstraint(["process_code"], ["processes.code"], name=op.f("fk_subscriptions_process_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint(
            "organization_id", "process_code", name=op.f("uq_subscriptions_organization_id_process_code")
        ),
    )
    op.create_index(op.f("ix_subscriptions_process_code"), "subscriptions", ["process_code"])
    op.create_table(
        "sftp_accounts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=255)),
        sa.Column("public_keys", sa.Text(), nullable=False),
        sa.Column("flat", sa.Boolean(), nullable=False),
        sa.Column("acknowledge_on", sa.Text(), nullable=False),
        sa.Column("allow_unread", sa.Boolean(), nullable=False),
        sa.Column("networks", sa.Text(), nullable=False),
        sa.Column("legacy_algorithms_until", sa.String(length=10)),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_sftp_accounts_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sftp_accounts")),
        sa.UniqueConstraint("username", name=op.f("uq_sftp_accounts_username")),
    )
    op.create_table(
        "sftp_account_subscriptions",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sftp_accounts.id"], name=op.f("fk_sftp_account_subscriptions_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_sftp_account_subscriptions_subscription_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "subscription_id", name=op.f("pk_sftp_account_subscriptions")),
    )
    op.create_index(
        op.f("ix_sftp_account_subscriptions_subscription_id"), "sftp_account_subscriptions", ["subscription_id"]
    )
    op.create_table(
        "api_clients",
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("process_code", sa.String(length=30)),
        sa.Column("secret_hashes", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_api_clients_organization_id")),
        sa.ForeignKeyConstraint(["process_code"], ["processes.code"], name=op.f("fk_api_clients_process_code")),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_api_clients")),
    )
    op.create_table(
        "access_tokens",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["api_clients.client_id"], name=op.f("fk_access_tokens_client_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_access_tokens")),
    )
    op.create_index(op.f("ix_access_tokens_expires_at"), "access_tokens", ["expires_at"])
