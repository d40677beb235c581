"""Runs the steps on the connection, and in the transaction, that `gateway.store.schema` has opened."""

from __future__ import annotations

from alembic import context

from gateway.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
