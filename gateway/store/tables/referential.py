"""Organizations, processes, subscriptions, and the credentials of both doors."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gateway.store.tables.base import Identifier, Instant, OrganizationName, ProcessCode, metadata

organizations = Table(
    "organizations",
    metadata,
    Column("id", OrganizationName, primary_key=True),
    Column("type", String(20), nullable=False),
    Column("company_register", String(14), nullable=False),
    Column("branch_code", String(10), nullable=False),
    Column("name", String(255), nullable=False),
    Column("code", String(255)),
    Column("country", String(255)),
    Column("postal_code", String(10)),
    Column("territory", String(255)),
    Column("email", String(320)),
    Column("phone_number", String(40)),
    Column("status", String(20), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant),
)

processes = Table(
    "processes",
    metadata,
    Column("code", ProcessCode, primary_key=True),
    Column("name", String(255), nullable=False),
    Column("osl_id", OrganizationName, ForeignKey("organizations.id")),
    Column("is_activated", Boolean, nullable=False),
    Column("settings", Text, nullable=False),  # JSON: the other fields of domain.referential.Process
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("organization_id", OrganizationName, ForeignKey("organizations.id"), nullable=False),
    Column("process_code", ProcessCode, ForeignKey("processes.code"), nullable=False),
    Column("status", String(20), nullable=False),
    Column("access_mode", String(7), nullable=False),
    Column("transport", String(4), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("activate_at", Instant),
    Column("validate_at", Instant),
    Column("reject_at", Instant),
    Column("end_at", Instant),
    Column("rejection_reason", String(1000)),
    Column("datapass_id", BigInteger),
    Column("notification_frequency", String(20)),
    Column("email", String(320)),
    Column("local_administrator", Text),
    Column("delegation_actor", Text),
    Column("template", String(255)),
    Column("complement", String(5), nullable=False),
    Column("webhook", Text),
    Column("webhook_generation", Integer, nullable=False, server_default="1"),  # grows with every rotation of the key
    Column("webhook_previous_until", Instant),  # how long the key before signs too
    Column("push", Text),
    Column("rehearsal_id", Identifier),  # the dual run under way, and the mode of the door that rehearses
    Column("rehearsal_mode", String(7)),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant),
    UniqueConstraint("organization_id", "process_code"),
    Index(None, "process_code"),
    Index(
        "ix_subscriptions_push",
        "id",
        sqlite_where=text("transport = 'push'"),
        postgresql_where=text("transport = 'push'"),
    ),
)

sftp_accounts = Table(
    "sftp_accounts",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("organization_id", OrganizationName, ForeignKey("organizations.id"), nullable=False),
    Column("username", String(64), nullable=False, unique=True),
    Column("password_hash", String(255)),
    Column("imported_hash", String(64)),  # SHA-256 of the hash that was imported, while its password holds
    Column("public_keys", Text, nullable=False),  # JSON list of OpenSSH lines
    Column("flat", Boolean, nullable=False),
    Column("acknowledge_on", Text, nullable=False),  # JSON list of gestures
    Column("allow_unread", Boolean, nullable=False),
    Column("networks", Text, nullable=False),  # JSON list of CIDR networks
    Column("authorities", Text, nullable=False, server_default="[]"),  # JSON list of OpenSSH lines: who signs its keys
    Column("password_until", String(10)),
    Column("legacy_algorithms_until", String(10)),
    Column("enabled", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant),
)

sftp_account_subscriptions = Table(
    "sftp_account_subscriptions",
    metadata,
    Column("account_id", Identifier, ForeignKey("sftp_accounts.id"), primary_key=True),
    Column("subscription_id", Identifier, ForeignKey("subscriptions.id"), primary_key=True),
    Index(None, "subscription_id"),
)

api_clients = Table(
    "api_clients",
    metadata,
    Column("client_id", String(255), primary_key=True),
    Column("organization_id", OrganizationName, ForeignKey("organizations.id"), nullable=False, index=True),
    Column("role", String(8), nullable=False),
    Column("process_code", ProcessCode, ForeignKey("processes.code")),
    Column("secret_hashes", Text, nullable=False),  # JSON list, two while a secret is being rotated
    Column("rights", Text, nullable=False, server_default="[]"),  # JSON list: which steps of moves it may take
    Column("enabled", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("client_id", String(255), ForeignKey("api_clients.client_id"), nullable=False, index=True),
    Column("role", String(8), nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)
