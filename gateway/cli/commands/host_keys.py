"""`gateway host-keys …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.commands.options import Config, Json

host_keys = typer.Typer(help="The SFTP door's own keys, as clients know them.", no_args_is_help=True)

Kind = Annotated[str, typer.Argument(metavar="KIND", help="ed25519, rsa or ecdsa.")]


@host_keys.command("list")
def host_keys_list(config: Config = None, json: Json = False) -> None:
    """List the keys: in use, announced beside them, or replaced and still announced."""
    from gateway.cli.host_keys import list_keys

    list_keys(config, json=json)


@host_keys.command("rotate")
def host_keys_rotate(kind: Kind, config: Config = None) -> None:
    """Make the next key of a kind and announce it to clients beside the one in use."""
    from gateway.cli.host_keys import rotate

    rotate(kind, config)


@host_keys.command("activate")
def host_keys_activate(kind: Kind, config: Config = None) -> None:
    """Use the announced key from now on. Clients that have not learnt it by then will ask or refuse."""
    from gateway.cli.host_keys import activate

    activate(kind, config)


@host_keys.command("retire")
def host_keys_retire(kind: Kind, config: Config = None) -> None:
    """End the replaced key, or else the announced one. The one in use stays."""
    from gateway.cli.host_keys import retire

    retire(kind, config)


@host_keys.command("import")
def host_keys_import(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A private host key, OpenSSH or PEM, mode 600.")],
    config: Config = None,
) -> None:
    """Take over a host key of another server, so that its clients see no change."""
    from gateway.cli.host_keys import take_over

    take_over(file, config)
