"""`gateway accounts legacy`: who still needs old algorithms."""

from __future__ import annotations

from pathlib import Path

from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.operating import COMMAND
from gateway.cli.printing import console, moment, print_json


def show(config: Path | None, *, json: bool) -> None:
    """Lists the accounts with an exception, by subscriber, and when each last needed it."""
    from gateway.services import old_algorithms

    found = at_the_office(settings_of(config), f"{COMMAND} accounts legacy", old_algorithms.excepted)
    if json:
        print_json(
            [
                {
                    "account": one.username,
                    "organization": one.organization,
                    "until": one.until.isoformat(),
                    "lastUsedAt": one.used_at,
                    "software": one.software,
                    "algorithms": one.algorithms,
                }
                for one in found
            ]
        )
        return
    if not found:
        print("No account may use old algorithms.")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("account", "organization", "until", "last needed", "software", box=None, pad_edge=False)
    for one in found:
        used = moment(one.used_at) if one.used_at else "never seen"
        table.add_row(Text(one.username), Text(one.organization), str(one.until), used, Text(one.software or ""))
    console().print(table)
    print(f"{len({one.organization for one in found if one.used_at})} subscribers still need old algorithms.")
