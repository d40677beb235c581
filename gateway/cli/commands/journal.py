"""`gateway journal …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.commands.options import Config, Json

journal = typer.Typer(help="The journal: its key, its export and its check.", no_args_is_help=True)

Key = Annotated[
    Path | None,
    typer.Option("--key", help="The public key, from `gateway journal key`; this gateway's own if not given."),
]


@journal.command("key")
def journal_key(config: Config = None) -> None:
    """Print the public key under which the journal and certificates are signed."""
    from gateway.cli.journal import show_key

    show_key(config)


@journal.command("export")
def journal_export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")], config: Config = None
) -> None:
    """Write every line of the journal and its seals, to be checked elsewhere. Personal data is not among them."""
    from gateway.cli.journal import export

    export(file, config)


@journal.command("verify")
def journal_verify(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="An export; without it the kept journal.")
    ] = None,
    key: Key = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Compare the journal with its seals: a line changed, taken out or put in is named. An export needs no gateway."""
    from gateway.cli.journal import verify

    verify(file, key, config, json=json)
