"""`gateway accounts …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.commands.options import Config, Json

accounts = typer.Typer(help="SFTP accounts.", no_args_is_help=True)


@accounts.command("show")
def accounts_show(
    username: Annotated[str, typer.Argument(metavar="USERNAME", help="The account.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Show an account: what it may do, what software uses it and how. Never its secrets."""
    from gateway.cli.accounts import show

    show(username, config, json=json)


@accounts.command("revoke-certificates")
def accounts_revoke_certificates(
    authority: Annotated[str, typer.Argument(metavar="AUTHORITY", help="Its fingerprint, SHA256:…, or its key.")],
    entries: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ENTRY]…", help='"serial: 12", "serial: 12-20", "id: NAME", "key: …", "hash: SHA256:…".'
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A list of such entries, as ssh-keygen -k takes it.")
    ] = None,
    restore: Annotated[bool, typer.Option("--restore", help="Take the entries back instead.")] = False,
    config: Config = None,
) -> None:
    """Revoke certificates of an authority, on every account that trusts it, at once."""
    from gateway.cli.revocations import revoke

    revoke(authority, entries or [], file, config, restore=restore)


@accounts.command("revoked-certificates")
def accounts_revoked_certificates(config: Config = None, json: Json = False) -> None:
    """Show which certificates are revoked."""
    from gateway.cli.revocations import show

    show(config, json=json)


@accounts.command("legacy")
def accounts_legacy(config: Config = None, json: Json = False) -> None:
    """Show who may use old algorithms, until when, and who still does."""
    from gateway.cli.legacy import show

    show(config, json=json)


@accounts.command("expiring")
def accounts_expiring(
    within: Annotated[int, typer.Option(min=0, max=3650, help="Days to look ahead.")] = 30,
    config: Config = None,
    json: Json = False,
) -> None:
    """Show the passwords and keys that end soon, or have ended."""
    from gateway.cli.accounts import expiring

    expiring(within, config, json=json)
