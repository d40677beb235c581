"""`gateway moves …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.commands.options import Config, Json

moves = typer.Typer(help="Switches of many subscriptions, planned and applied in waves.", no_args_is_help=True)


@moves.command("plan")
def moves_plan(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of moves, such as config/moves/example.yaml.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="PLAN", help="A new file for the plan, to be applied.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Name every blocked subscription and every subscriber.")] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Show what a move would do: waves with their dates, what is blocked and why, what is in flight. It only reads."""
    from gateway.cli.planning import plan

    plan(file, out, config, json=json, every=every)


@moves.command("verify")
def moves_verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A certificate.")],
    key: Annotated[Path, typer.Option("--key", help="The public key, from `gateway journal key`.")],
    json: Json = False,
) -> None:
    """Check a certificate with nothing but the public key; a tampered one is named at its first wrong line."""
    from gateway.cli.certificates import verify

    verify(file, key, json=json)
