"""The command line: names, options and help. What a command does is imported when it runs, so that help is quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.commands.accounts import accounts
from gateway.cli.commands.alerts import alerts
from gateway.cli.commands.bulk import bulk
from gateway.cli.commands.host_keys import host_keys
from gateway.cli.commands.journal import journal
from gateway.cli.commands.moves import moves
from gateway.cli.commands.options import Config, Json
from gateway.cli.commands.push import push
from gateway.cli.commands.rehearsals import subscriptions
from gateway.cli.exits import table
from gateway.cli.failing import Wishes, failures

app = typer.Typer(
    name="gateway",
    help="Managed file-transfer gateway: one dossier store behind an SFTP endpoint and an HTTP API.",
    epilog=f"Exit codes:\n\n{table()}",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
database = typer.Typer(help="The database.", no_args_is_help=True)
deliveries = typer.Typer(help="Deliveries, one by one.", no_args_is_help=True)
outgoing = typer.Typer(help="Outgoing calls that failed for good.", no_args_is_help=True)
app.add_typer(database, name="db")
app.add_typer(deliveries, name="deliveries")
app.add_typer(outgoing, name="outgoing")
clients = typer.Typer(help="Clients of the API and their secrets.", no_args_is_help=True)
app.add_typer(clients, name="clients")
app.add_typer(accounts, name="accounts")
penalties = typer.Typer(help="Who has to wait after failed logins.")
app.add_typer(penalties, name="penalties")
app.add_typer(alerts, name="alerts")
app.add_typer(bulk, name="bulk")
app.add_typer(host_keys, name="host-keys")
app.add_typer(journal, name="journal")
app.add_typer(push, name="push")
app.add_typer(moves, name="moves")
app.add_typer(subscriptions, name="subscriptions")


def run() -> None:
    """Parse the command line, run the command, exit."""
    wishes = Wishes()
    with failures(wishes):
        app(prog_name="gateway", obj=wishes)


@app.callback()
def _options(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show where a failure came from.")] = False,
) -> None:
    context.ensure_object(Wishes).debug = debug


@app.command()
def serve(
    config: Config = None,
    json: Json = False,
    workers: Annotated[
        int | None,
        typer.Option(min=0, max=256, help="Processes that serve, instead of serve.workers; 0: one a processor."),
    ] = None,
) -> None:
    """Open the doors and serve until SIGTERM or Ctrl-C. With --json the first line says where it listens."""
    from gateway.cli.serving import serve_until_stopped

    raise typer.Exit(serve_until_stopped(config, json=json, workers=workers))


@app.command(hidden=True)
def worker(channel: Annotated[int, typer.Argument(help="The descriptor on which the supervisor speaks.")]) -> None:
    """Serve below a supervisor; started by `serve` alone."""
    from gateway.cli.serving import serve_below

    raise typer.Exit(serve_below(channel))


@app.command()
def demo(once: Annotated[bool, typer.Option("--once", help="Stop when the job is done.")] = False) -> None:
    """Run the main job for real, every step asserted, on a gateway of its own; then keep serving for you to try."""
    from gateway.cli.demo import run_demo

    raise typer.Exit(run_demo(once=once))


@app.command()
def doctor(config: Config = None, json: Json = False) -> None:
    """Check configuration, storage, database, keys, clock and ports: what is wrong, and what to do. Changes nothing."""
    from gateway.cli.doctor.examination import examine_and_show

    raise typer.Exit(examine_and_show(config, json=json))


@database.command("upgrade")
def upgrade(config: Config = None) -> None:
    """Bring the database to the schema of this version. The embedded one does so by itself."""
    from gateway.cli.upgrading import upgrade_database

    upgrade_database(config)


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The onboarding file: YAML, or CSV with a row per subscription.")
    ],
    config: Config = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change and change nothing.")] = False,
    credentials_out: Annotated[
        Path | None,
        typer.Option(help="Write generated secrets to this new file (mode 0600) instead of standard output."),
    ] = None,
    json: Json = False,
) -> None:
    """Create or update what FILE declares: all of it or nothing; a second run changes nothing."""
    from gateway.cli.importing import import_file

    import_file(file, config, dry_run=dry_run, credentials_out=credentials_out, json=json)


@deliveries.command("undo-expiry")
def undo_expiry(
    delivery: Annotated[str, typer.Argument(metavar="ID", help="The delivery that expired.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Publish an expired delivery again."""
    from gateway.cli.operating import undo_expiry

    undo_expiry(delivery, config, json=json)


@outgoing.command("list")
def outgoing_list(
    config: Config = None,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 100,
    json: Json = False,
) -> None:
    """Show the dead letters: calls whose every attempt failed."""
    from gateway.cli.operating import list_dead

    list_dead(config, most, json=json)


@outgoing.command("replay")
def outgoing_replay(
    call: Annotated[str, typer.Argument(metavar="ID", help="The dead letter.")], config: Config = None
) -> None:
    """Try a dead letter again, from its first attempt on."""
    from gateway.cli.operating import replay_dead

    replay_dead(call, config)


ClientId = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="The client.")]


@clients.command("list")
def clients_list(config: Config = None, json: Json = False) -> None:
    """Show the clients: whose they are, and how many secrets they have."""
    from gateway.cli.clients import list_clients

    list_clients(config, json=json)


@clients.command("rotate")
def clients_rotate(client: ClientId, config: Config = None, json: Json = False) -> None:
    """Give a client a second secret beside its present one, and print it."""
    from gateway.cli.clients import rotate

    rotate(client, config, json=json)


@clients.command("retire")
def clients_retire(
    client: ClientId,
    which: Annotated[str, typer.Argument(metavar="[old|new]", help="Which of its two secrets.")] = "old",
    config: Config = None,
) -> None:
    """End one of a client's two secrets."""
    from gateway.cli.clients import retire

    retire(client, which, config)


@clients.command("revoke")
def clients_revoke(client: ClientId, config: Config = None, json: Json = False) -> None:
    """End every token of a client at once, in every process."""
    from gateway.cli.clients import revoke

    revoke(client, config, json=json)


@penalties.callback(invoke_without_command=True)
def penalties_list(
    context: typer.Context,
    config: Config = None,
    json: Json = False,
    all_: Annotated[bool, typer.Option("--all", help="Show failures that led to no wait yet, too.")] = False,
) -> None:
    """Show who has to wait before logging in again: account, address, failures, until when."""
    if context.invoked_subcommand is None:
        from gateway.cli.penalties import show

        show(config, json=json, all_=all_)


@penalties.command("lift")
def penalties_lift(
    account: Annotated[str | None, typer.Argument(metavar="[ACCOUNT]", help="Whose login failed.")] = None,
    address: Annotated[str | None, typer.Option(help="From where.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Let everybody in.")] = False,
    config: Config = None,
) -> None:
    """Let an account, an address, or both together log in again at once."""
    from gateway.cli.penalties import lift

    lift(account, address, config, everything=everything)


@app.command()
def timeline(
    folder: Annotated[str, typer.Argument(metavar="FOLDER_ID", help="The folder.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Show what happened to a dossier: who, through which door, when."""
    from gateway.cli.timeline import show_timeline

    show_timeline(folder, config, json=json)


@app.command()
def version(json: Json = False) -> None:
    """Print the version."""
    from gateway import __version__
    from gateway.cli.printing import print_json

    _say: Any = print_json if json else print
    _say({"version": __version__} if json else f"gateway {__version__}")
