"""`gateway moves …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.commands.options import Json

moves = typer.Typer(help="Switches of many subscriptions, planned and applied in waves.", no_args_is_help=True)


@moves.command("verify")
def moves_verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A certificate.")],
    key: Annotated[Path, typer.Option("--key", help="The public key, from `gateway journal key`.")],
    json: Json = False,
) -> None:
    """Check a certificate with nothing but the public key; a tampered one is named at its first wrong line."""
    from gateway.cli.certificates import verify

    verify(file, key, json=json)
