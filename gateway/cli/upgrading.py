"""`gateway db upgrade`."""

from __future__ import annotations

from pathlib import Path

from gateway.cli.opening import settings_of


def upgrade_database(config: Path | None) -> None:
    """Brings the schema up to date. Raises UnavailableError when the database cannot be reached."""
    from gateway.app import prepare

    prepare(settings_of(config))
    print("The database has the schema of this version.")
