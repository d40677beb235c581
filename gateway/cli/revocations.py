"""`gateway accounts revoke-certificates` and `revoked-certificates`: certificates that end before their time."""

from __future__ import annotations

from pathlib import Path

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.operating import COMMAND
from gateway.cli.printing import console, print_json


def revoke(authority: str, entries: list[str], file: Path | None, config: Path | None, *, restore: bool) -> None:
    """Revokes what the entries and the file name, or takes it back."""
    from gateway.services import revocations

    if not entries and file is None:
        raise CommandError('Say which: an ENTRY such as "serial: 12", or --file with a list', Exit.USAGE)
    lines = "\n".join([*entries, *([_read(file)] if file else [])])
    verb = revocations.restore if restore else revocations.revoke
    actor = f"{COMMAND} accounts revoke-certificates"
    changed = at_the_office(settings_of(config), actor, lambda o, c: verb(o, c, authority, lines))
    print(f"{'Restored' if restore else 'Revoked'}: {changed}.")


def show(config: Path | None, *, json: bool) -> None:
    """Lists everything that is revoked."""
    from gateway.services import revocations

    actor = f"{COMMAND} accounts revoked-certificates"
    found = at_the_office(settings_of(config), actor, lambda o, c: revocations.find(o, c))
    if json:
        print_json([{"authority": one.authority, "entry": str(one)} for one in found])
        return
    if not found:
        print("No certificate is revoked.")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("authority", "revoked", box=None, pad_edge=False)
    for one in found:
        table.add_row(one.authority, Text(str(one)))
    console().print(table)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text; binary lists are not read"
        raise CommandError(f"{file.name}: {reason}", Exit.INVALID) from None
