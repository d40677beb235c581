"""`gateway bulk …`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.commands.options import Config, Json
from gateway.cli.commands.subscriptions import duration

bulk = typer.Typer(
    help="Many subscriptions, credentials or organizations at once, from CSV files.", no_args_is_help=True
)

Subscriptions = Annotated[Path, typer.Argument(metavar="FILE", help="CSV: organization, process.")]
Credentials = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV: client_id or username, and perhaps the account's next public_key.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change and change nothing.")]
Reason = Annotated[str | None, typer.Option(help="Why, kept beside the journal.")]


@bulk.command("suspend")
def bulk_suspend(
    file: Subscriptions, reason: Reason = None, config: Config = None, dry_run: DryRun = False, json: Json = False
) -> None:
    """Suspend the subscriptions of FILE: all of them or none. Nobody is shown their inboxes meanwhile."""
    from gateway.cli.bulk import change_status

    change_status(file, config, resume=False, reason=reason, dry_run=dry_run, json=json)


@bulk.command("resume")
def bulk_resume(
    file: Subscriptions, reason: Reason = None, config: Config = None, dry_run: DryRun = False, json: Json = False
) -> None:
    """Make the suspended subscriptions of FILE active again: all of them or none."""
    from gateway.cli.bulk import change_status

    change_status(file, config, resume=True, reason=reason, dry_run=dry_run, json=json)


@bulk.command("rotate")
def bulk_rotate(
    file: Credentials,
    credentials_out: Annotated[
        Path | None, typer.Option(help="Write the new secrets to this new file (mode 0600).")
    ] = None,
    print_secrets: Annotated[bool, typer.Option("--print-secrets", help="Print them.")] = False,
    retire_after: Annotated[
        timedelta | None,
        typer.Option(parser=duration, metavar="DURATION", help="Let the accounts' older keys end after, such as 30d."),
    ] = None,
    config: Config = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Give the credentials of FILE their next ones: a second secret, another key, or a new password."""
    from gateway.cli.bulk import rotate

    rotate(
        file,
        config,
        credentials_out=credentials_out,
        print_secrets=print_secrets,
        retire_after=retire_after,
        dry_run=dry_run,
        json=json,
    )


@bulk.command("retire")
def bulk_retire(
    file: Credentials,
    unused_too: Annotated[
        bool,
        typer.Option("--unused-too", help="Also where nobody has used the new one: they are shut out until they do."),
    ] = False,
    config: Config = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """End the older secrets and keys of the credentials of FILE, which were rotated before: all of them or none."""
    from gateway.cli.bulk import retire

    retire(file, config, unused_too=unused_too, dry_run=dry_run, json=json)


@bulk.command("merge")
def bulk_merge(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV: source, target, two organizations.")],
    config: Config = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Give the cases of each source to its target, row by row; run it again to go on after a failure."""
    from gateway.cli.bulk import merge

    merge(file, config, dry_run=dry_run, json=json)
