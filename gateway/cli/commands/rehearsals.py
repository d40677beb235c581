"""`gateway subscriptions rehearse`, `rehearsal` and `end-rehearsal`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from gateway.cli.commands.options import Config, Json
from gateway.cli.commands.subscriptions import Process, Subscriber, duration, subscriptions
from gateway.domain.identity import Mode

__all__ = ["subscriptions"]


@subscriptions.command("rehearse")
def subscriptions_rehearse(
    subscriber: Subscriber,
    process: Process,
    mode: Annotated[Mode, typer.Option("--in", help="The access mode whose door rehearses.")],
    lasting: Annotated[
        timedelta, typer.Option("--for", parser=duration, metavar="DURATION", help="For how long, 14d say.")
    ],
    config: Config = None,
    json: Json = False,
) -> None:
    """Let another door show the inbox as if it owned it; what it writes has no effect elsewhere."""
    from gateway.cli.rehearsals import start

    start(subscriber, process, mode, lasting, config, json=json)


@subscriptions.command("rehearsal")
def subscriptions_rehearsal(
    subscriber: Subscriber, process: Process, config: Config = None, json: Json = False
) -> None:
    """Show the dual run that began last: what the two systems did is equal, different or pending, with the list."""
    from gateway.cli.rehearsals import show

    show(subscriber, process, config, json=json)


@subscriptions.command("end-rehearsal")
def subscriptions_end_rehearsal(
    subscriber: Subscriber, process: Process, config: Config = None, json: Json = False
) -> None:
    """End the dual run that is under way; its result is kept, what was rehearsed goes."""
    from gateway.cli.rehearsals import end

    end(subscriber, process, config, json=json)
