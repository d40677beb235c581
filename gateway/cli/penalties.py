"""`gateway penalties`: who has to wait before logging in again, and letting them in."""

from __future__ import annotations

from pathlib import Path

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.operating import COMMAND
from gateway.cli.printing import console, moment, print_json


def show(config: Path | None, *, json: bool, all_: bool) -> None:
    """Lists who has to wait now; with `all_` everything that is counted."""
    from gateway.services import penalties

    found = at_the_office(
        settings_of(config), f"{COMMAND} penalties", lambda o, c: penalties.find(o, c, blocking=not all_)
    )
    if json:
        rows = [(one.name.door, one.name.account, one.name.address, one.failures, one.blocked_until) for one in found]
        names = ("door", "account", "address", "failures", "until")
        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    if not found:
        print("Nobody has to wait." if not all_ else "No failed logins are counted.")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("door", "account", "address", "failures", "until", box=None, pad_edge=False)
    for one in found:
        until = moment(one.blocked_until, "seconds") if one.blocked_until else ""
        table.add_row(one.name.door, Text(_account(one.name.account)), one.name.address, str(one.failures), until)
    console().print(table)
    print("\nLet one in with: gateway penalties lift ACCOUNT")


def lift(account: str | None, address: str | None, config: Path | None, *, everything: bool) -> None:
    """Forgets what is counted of an account, an address, or everybody."""
    from gateway.services import penalties

    if everything == bool(account or address):
        raise CommandError("Say whom: an ACCOUNT, an --address, or --all", Exit.USAGE)
    lifted = at_the_office(
        settings_of(config),
        f"{COMMAND} penalties lift",
        lambda o, c: penalties.lift(o, c, account=account, address=address),
    )
    print(f"Lifted: {lifted}.")


def _account(name: str) -> str:
    if name == "*":
        return "(the address itself)"
    return "(no such account)" if name.startswith("?") else name
