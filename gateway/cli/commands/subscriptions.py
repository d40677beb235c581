"""`gateway subscriptions …`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.commands.options import Config, Json
from gateway.domain.identity import Mode, Transport

subscriptions = typer.Typer(help="One subscription: its door, its switch, its certificate.", no_args_is_help=True)

Subscriber = Annotated[
    str, typer.Argument(metavar="ORGANIZATION", help="The subscriber, such as SI-21350238800019-35238.")
]
Process = Annotated[str, typer.Argument(metavar="PROCESS", help="The code of the process, such as EtatCivil.")]
Epoch = Annotated[int | None, typer.Option("--epoch", min=1, help="Only if its epoch is still this one.")]


def _duration(text: str) -> timedelta:
    from gateway.config.units import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@subscriptions.command("show")
def subscriptions_show(subscriber: Subscriber, process: Process, config: Config = None, json: Json = False) -> None:
    """Show the door of a subscription, and what is open."""
    from gateway.cli.subscriptions import show

    show(subscriber, process, config, json=json)


@subscriptions.command("switch")
def subscriptions_switch(
    subscriber: Subscriber,
    process: Process,
    to: Annotated[Mode, typer.Option("--to", help="The new access mode.")],
    transport: Annotated[Transport, typer.Option(help="For SFTP: who moves the files.")] = Transport.PULL,
    drain: Annotated[
        timedelta | None,
        typer.Option(parser=_duration, metavar="DURATION", help="Let the old door finish what is open, for 7d say."),
    ] = None,
    epoch: Epoch = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Switch a subscription to another door; what is open goes with it. A switch back is the way back."""
    from gateway.cli.subscriptions import switch

    switch(subscriber, process, to, transport, drain, epoch, config, json=json)


@subscriptions.command("certify")
def subscriptions_certify(
    subscriber: Subscriber,
    process: Process,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    epoch: Annotated[
        int | None, typer.Option("--epoch", min=2, help="From the switch that began it on; else from the latest.")
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Write the signed certificate of a switch: what became of every delivery, lost and counted twice none."""
    from gateway.cli.subscriptions import certify

    certify(subscriber, process, epoch, file, config, json=json)
