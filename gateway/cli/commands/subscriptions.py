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
OneSubscriber = Annotated[str | None, typer.Argument(metavar="ORGANIZATION", help="The subscriber.")]
OneProcess = Annotated[str | None, typer.Argument(metavar="PROCESS", help="The code of the process.")]
Listed = Annotated[
    Path | None,
    typer.Option("--list", metavar="FILE", help="Instead of one: a CSV with the columns organization and process."),
]
Epoch = Annotated[int | None, typer.Option("--epoch", min=1, help="Only if its epoch is still this one.")]


def duration(text: str) -> timedelta:
    """A duration as people write it. Raises BadParameter."""
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
        typer.Option(parser=duration, metavar="DURATION", help="Let the old door finish what is open, for 7d say."),
    ] = None,
    epoch: Epoch = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Switch a subscription to another door; what is open goes with it. A switch back is the way back."""
    from gateway.cli.subscriptions import switch

    switch(subscriber, process, to, transport, drain, epoch, config, json=json)


@subscriptions.command("readiness")
def subscriptions_readiness(
    subscriber: Subscriber,
    process: Process,
    to: Annotated[Mode, typer.Option("--to", help="The new access mode.")],
    transport: Annotated[Transport, typer.Option(help="For SFTP: who moves the files.")] = Transport.PULL,
    config: Config = None,
    json: Json = False,
) -> None:
    """Say what speaks for and against a switch, point by point; the exit code is 1 when anything speaks against it."""
    from gateway.cli.readiness import show

    show(subscriber, process, to, transport, config, json=json)


@subscriptions.command("try")
def subscriptions_try(
    subscriber: OneSubscriber = None,
    process: OneProcess = None,
    listed: Listed = None,
    count: Annotated[int, typer.Option(min=1, max=100, help="So many to each.")] = 3,
    config: Config = None,
    json: Json = False,
) -> None:
    """Send made-up dossiers, marked TEST, through the same path as real ones; statistics leave them out."""
    from gateway.cli.readiness import send

    send(subscriber, process, listed, count, config, json=json)


@subscriptions.command("clean")
def subscriptions_clean(
    subscriber: OneSubscriber = None,
    process: OneProcess = None,
    listed: Listed = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Take back the made-up dossiers: withdraw what is open, close the cases, delete the bytes."""
    from gateway.cli.readiness import clean

    clean(subscriber, process, listed, config, json=json)


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
