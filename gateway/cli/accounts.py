"""`gateway accounts`: SFTP accounts, what software uses them, and which of their credentials end soon."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.operating import COMMAND
from gateway.cli.printing import console, moment, print_json

if TYPE_CHECKING:
    from gateway.services.accounts import AccountView


def show(username: str, config: Path | None, *, json: bool) -> None:
    """Shows one account; never a secret or a hash of one."""
    from gateway.services import accounts

    view = at_the_office(settings_of(config), f"{COMMAND} accounts show", lambda o, c: accounts.read(o, c, username))
    said = _shown(view)
    if json:
        print_json(said)
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in said.items():
        table.add_row(name, _text(value))
    console().print(table, markup=False)


def expiring(within: int, config: Path | None, *, json: bool) -> None:
    """Lists the passwords and keys that end within so many days, or have ended."""
    from gateway.services import expiring as service

    found = at_the_office(
        settings_of(config),
        f"{COMMAND} accounts expiring",
        lambda o, c: service.find(o, c, timedelta(days=within)),
    )
    if json:
        print_json(
            [
                {
                    "account": one.username,
                    **_credential(one.kind, one.position),
                    "organization": one.organization,
                    "endsAt": one.ends_at,
                }
                for one in found
            ]
        )
        return
    if not found:
        print(f"No password or key ends within {within} days.")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("account", "organization", "what", "ends", box=None, pad_edge=False)
    for one in found:
        what = f"{one.kind} {one.position}" if one.position else str(one.kind)
        table.add_row(Text(one.username), Text(one.organization), what, moment(one.ends_at))
    console().print(table)


def _credential(kind: str, position: int) -> dict[str, object]:
    return {"kind": str(kind)} | ({"key": position} if position else {})


def _shown(view: AccountView) -> dict[str, object]:
    account, seen = view.account, view.sighting
    return {
        "username": account.username,
        "organization": account.organization,
        "enabled": account.enabled,
        "processes": account.processes,
        "flat": account.flat,
        "acknowledgeOn": sorted(account.acknowledge_on),
        "allowUnread": account.allow_unread,
        "networks": account.networks,
        "password": account.password_hash is not None,
        "passwordUntil": _day(account.password_until),
        "publicKeys": [_key(line) for line in account.public_keys],
        "authorities": [_key(line) for line in account.authorities],
        "legacyAlgorithmsUntil": _day(account.legacy_algorithms_until),
        "lastLogin": seen.seen_at if seen else None,
        "software": seen.software if seen else None,
        "algorithms": seen.algorithms if seen else None,
        "legacyAlgorithmsUsed": seen.legacy_at if seen else None,
        "failedLogins": [
            {"address": one.name.address, "failures": one.failures, "until": one.blocked_until}
            for one in view.penalties
        ],
    }


def _key(line: str) -> str:
    """A key as people tell keys apart: options, type, comment and the end of what it is."""
    return " ".join(word if len(word) < 44 or "=" in word.rstrip("=") else f"…{word[-12:]}" for word in line.split())


def _day(day: object) -> str | None:
    return None if day is None else str(day)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return "\n".join(_joined(one) if isinstance(one, dict) else str(one) for one in value)
    return "" if value is None else str(value)


def _joined(parts: dict[str, object]) -> str:
    return ", ".join(f"{name} {each}" for name, each in parts.items() if each is not None)
