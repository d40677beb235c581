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


Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of the move, as its file gives it.")]
Wait = Annotated[bool, typer.Option("--wait", help="Carry it out here, to its end or its pause, with its progress.")]


@moves.command("apply")
def moves_apply(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan, from `gateway moves plan -o`.")],
    wait: Wait = False,
    config: Config = None,
) -> None:
    """Let a plan run: record it, approve it where one person may, and apply it. The same plan twice is once."""
    from gateway.cli.moves import apply

    apply(plan, config, wait=wait)


@moves.command("approve")
def moves_approve(
    name: Name,
    digest: Annotated[str, typer.Argument(metavar="DIGEST", help="The digest of the plan that you have seen.")],
    config: Config = None,
) -> None:
    """Approve a plan that somebody recorded."""
    from gateway.cli.moves import step

    step(name, config, "approve", digest=digest)


@moves.command("status")
def moves_status(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One move; without it all.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Name every subscription that was not switched.")] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Show where moves stand: their waves, who was switched, and who was not and why."""
    from gateway.cli.move_status import status

    status(name, config, json=json, every=every)


@moves.command("pause")
def moves_pause(name: Name, config: Config = None) -> None:
    """Begin no wave and switch nothing more until it is resumed; what was switched stays so."""
    from gateway.cli.moves import step

    step(name, config, "pause")


@moves.command("resume")
def moves_resume(name: Name, config: Config = None) -> None:
    """Go on with a paused move; its stop rules look at what happens from now on."""
    from gateway.cli.moves import step

    step(name, config, "resume")


@moves.command("rollback")
def moves_rollback(name: Name, wait: Wait = False, config: Config = None) -> None:
    """Switch back what a move has switched, the last first, with what was delivered since."""
    from gateway.cli.moves import step

    step(name, config, "rollback", wait=wait)


@moves.command("certify")
def moves_certify(
    name: Name,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Write the signed certificate of a move: what became of every delivery, lost and counted twice none."""
    from gateway.cli.moves import certify

    certify(name, file, config, json=json)


@moves.command("verify")
def moves_verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A certificate.")],
    key: Annotated[Path, typer.Option("--key", help="The public key, from `gateway journal key`.")],
    json: Json = False,
) -> None:
    """Check a certificate with nothing but the public key; a tampered one is named at its first wrong line."""
    from gateway.cli.certificates import verify

    verify(file, key, json=json)
