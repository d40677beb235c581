"""`gateway clients`: the credentials of the API, as an operator keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.operating import COMMAND
from gateway.cli.printing import console, print_json

if TYPE_CHECKING:
    from gateway.domain.identity import Caller
    from gateway.domain.referential import ApiClient
    from gateway.services.office import Office

_PAGE: Final = 500


def list_clients(config: Path | None, *, json: bool) -> None:
    """Shows every client, by its id."""
    found = at_the_office(settings_of(config), f"{COMMAND} clients list", _all)
    if json:
        print_json([_shown(client) for client in found])
        return
    if not found:
        print("No API clients: declare them with gateway import.")
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table(
        "client id", "organization", "role", "process", "secrets", "enabled", "rights", box=None, pad_edge=False
    )
    for client in found:
        secrets, enabled = str(len(client.secret_hashes)), "yes" if client.enabled else "no"
        names = (escape(client.client_id), client.organization, client.role, client.process or "")
        table.add_row(*names, secrets, enabled, " ".join(_rights(client)))
    console().print(table)


def rotate(client_id: str, config: Path | None, *, json: bool) -> None:
    """Makes a further secret and shows it, this once."""
    from gateway.services import clients

    secret = at_the_office(
        settings_of(config), f"{COMMAND} clients rotate", lambda o, c: clients.add_secret(o, c, client_id)
    )
    if json:
        print_json({"clientId": client_id, "clientSecret": secret})
        return
    print(secret)
    print("\nIt is not shown again. The old secret works until: gateway clients retire CLIENT_ID old")


def retire(client_id: str, which: str, config: Path | None) -> None:
    """Ends the old or the new secret of a client that has two."""
    from gateway.services import clients

    at_the_office(
        settings_of(config), f"{COMMAND} clients retire", lambda o, c: clients.retire_secret(o, c, client_id, which)
    )
    print("It is good for no further token. Tokens it obtained end with: gateway clients revoke CLIENT_ID")


def revoke(client_id: str, config: Path | None, *, json: bool) -> None:
    """Ends every token of a client."""
    from gateway.services import clients

    tokens = at_the_office(
        settings_of(config), f"{COMMAND} clients revoke", lambda o, c: clients.revoke_tokens(o, c, client_id)
    )
    if json:
        print_json({"clientId": client_id, "tokens": tokens})
    else:
        print(f"Tokens ended: {tokens}.")


async def _all(office: Office, caller: Caller) -> list[ApiClient]:
    from gateway.services import clients

    found: list[ApiClient] = []
    while page := await clients.find(office, caller, found[-1].client_id if found else "", _PAGE):
        found += page
    return found


def _shown(client: ApiClient) -> dict[str, object]:
    return {
        "clientId": client.client_id,
        "organization": client.organization,
        "role": client.role,
        "processCode": client.process,
        "secrets": len(client.secret_hashes),
        "enabled": client.enabled,
        "rights": _rights(client),
    }


def _rights(client: ApiClient) -> list[str]:
    """What it may do of planned moves, in the order of a move's steps."""
    from gateway.domain.identity import Right

    return [str(right) for right in Right if right in client.rights]
