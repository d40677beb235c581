"""`gateway alerts …`."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.commands.options import Config, Json

alerts = typer.Typer(help="How the people who run the gateway are told of trouble.", no_args_is_help=True)


@alerts.command("test")
def alerts_test(config: Config = None, json: Json = False) -> None:
    """Send one alert over each configured channel now, and say what became of it."""
    from gateway.cli.alerts import test

    test(config, json=json)


@alerts.command("key")
def alerts_key(config: Config = None) -> None:
    """Print the secret that signs alerts, for their receiver to check them by (Standard Webhooks)."""
    from gateway.cli.alerts import show_key

    show_key(config)


@alerts.command("list")
def alerts_list(
    config: Config = None,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 100,
    json: Json = False,
) -> None:
    """Show the alerts whose every attempt failed."""
    from gateway.cli.alerts import list_dead

    list_dead(config, most, json=json)


@alerts.command("replay")
def alerts_replay(
    alert: Annotated[str, typer.Argument(metavar="ID", help="The alert.")], config: Config = None
) -> None:
    """Try an alert again that was given up."""
    from gateway.cli.alerts import replay

    replay(alert, config)
