"""`gateway push …`."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.commands.options import Config, Json

push = typer.Typer(help="Deliveries to subscribers' own SFTP servers.", no_args_is_help=True)


@push.command("key")
def push_key(config: Config = None) -> None:
    """Print the gateway's own public key, for subscribers to authorise."""
    from gateway.cli.pushing import show_key

    show_key(config)


@push.command("status")
def push_status(config: Config = None, json: Json = False) -> None:
    """Show what waits for each server, and what went wrong there last."""
    from gateway.cli.pushing import show_states

    show_states(config, json=json)


@push.command("retry")
def push_retry(
    subscriber: Annotated[str, typer.Argument(metavar="SUBSCRIBER", help="SI-siret-branch.")],
    process: Annotated[str, typer.Argument(metavar="PROCESS", help="The process.")],
    config: Config = None,
) -> None:
    """Try a server again now, with all that waits for it or was given up."""
    from gateway.cli.pushing import retry

    retry(subscriber, process, config)
