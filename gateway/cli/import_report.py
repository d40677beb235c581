"""What an import tells: for people, for scripts, and the secrets on their own."""

from __future__ import annotations

import json as encoding
from typing import TYPE_CHECKING, Any

from gateway.cli.printing import console, plain, print_json
from gateway.services.declaration import Kind, Outcome

if TYPE_CHECKING:
    from gateway.services.declaration import Report

MOST_CHANGES = 50


def show_report(report: Report, *, json: bool, secrets_in: str | None = None) -> None:
    """Prints the report; the secrets only if they were not written to the file `secrets_in`."""
    if json:
        print_json(as_json(report, secrets_in))
        return
    _show_counts(report)
    if secrets_in is not None:
        made = len(report.credentials) + len(report.webhooks)
        print(f"\n{made} secret{'s' if made > 1 else ''} written to {secrets_in}; they are kept nowhere else.")
    elif report.credentials or report.webhooks:
        _show_secrets(report)
    for name in report.withheld:
        print(f"Would make a {name}.")


def as_json(report: Report, secrets_in: str | None = None) -> dict[str, Any]:
    """The report for scripts: counts per kind, changes, and the secrets unless a file has them."""
    credentials = [] if secrets_in else plain(report.credentials)
    webhooks = [] if secrets_in else plain(report.webhooks)
    return {
        "dryRun": report.dry_run,
        "changed": report.changed,
        "counts": plain(report.counts),
        "changes": plain(report.changes),
        "credentials": credentials,
        "webhooks": webhooks,
        "secretsIn": secrets_in,
        "withheld": list(report.withheld),
    }


def secrets_of(report: Report) -> str:
    """The secrets alone, as one JSON document."""
    return encoding.dumps(
        {"credentials": plain(report.credentials), "webhooks": plain(report.webhooks)}, ensure_ascii=False, indent=2
    )


def _show_counts(report: Report) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for outcome in Outcome:
        table.add_column(outcome.value, justify="right")
    for kind in Kind:
        counts = report.counts[kind]
        if any(counts.values()):
            table.add_row(kind.value, *(str(counts[outcome]) for outcome in Outcome))
    out = console()
    out.print(table)
    for change in report.changes[:MOST_CHANGES]:
        said = f" ({', '.join(change.fields)})" if change.fields else ""
        out.print(f"  {change.outcome.value} {change.name}{said}", markup=False)
    if len(report.changes) > MOST_CHANGES:
        out.print(f"  … and {len(report.changes) - MOST_CHANGES} more")
    if not report.changed:
        out.print("Everything is as declared: nothing changed.")
    elif report.dry_run:
        out.print("Dry run: nothing was changed.")


def _show_secrets(report: Report) -> None:
    from rich.table import Table

    out = console()
    out.print("\nMade now, shown once and kept nowhere else:")
    table = Table("what", "name", "of", "secret", box=None, pad_edge=False)
    table.columns[3].overflow = "fold"
    for made in report.credentials:
        table.add_row(made.kind.value.removesuffix("s"), made.name, made.organization, made.secret)
    for key in report.webhooks:
        table.add_row("webhook signing", key.process, key.subscriber, key.secret)
    out.print(table)
