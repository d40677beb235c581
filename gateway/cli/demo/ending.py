"""What a person can try on the gateway that the demo leaves running: lines to paste that work."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from rich.markup import escape

from gateway.cli.demo import documents, openssh
from gateway.cli.demo.cast import Cast
from gateway.cli.demo.people import Part
from gateway.cli.demo.rest import BASE
from gateway.cli.demo.world import API_TOWN, SFTP_TOWN, Client, World

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console


async def leave_something(cast: Cast) -> str:
    """Two fresh dossiers, one waiting at each door; answers the folder id of the first."""
    record, union = "DEMO-EC-0100", "DEMO-PACS-0101"
    parts = (Part(f"{record}-01", SFTP_TOWN, documents.civil_status_request(record)),)
    folder = await cast.services.deposit("EtatCivil", record, parts)
    parts = (Part(f"{union}-01", API_TOWN, documents.civil_union(union)),)
    await cast.services.deposit("depotDossierPACS", union, parts)
    return str(folder["id"])


def lines_to_paste(
    cast: Cast, world: World, config: Path, folder: str, *, tokens: dict[str, str]
) -> list[tuple[str, str]]:
    """(what it shows, shell line) pairs; `tokens` by client id."""
    doors, client = cast.doors, world.town_unions
    bearer = f"Authorization: Bearer {tokens[client.client_id]}"
    inbox = shlex.join(["curl", "-sS", "-H", bearer, f"{doors.url}{BASE}/notifications"])
    command = [sys.executable, "-m", "gateway"]
    sftp = openssh.pasted(doors, cast.key, cast.login.known_hosts)
    return [
        ("the legacy town's account (try: ls EtatCivil/in, then get)", sftp),
        ("what waits for it, in one line", f"echo 'ls -l EtatCivil/in' | {_batched(sftp)}"),
        ("a token for the town that uses the API", _token(doors.url, client)),
        ("its inbox, with a token already fetched", inbox),
        ("the gateway's figures", shlex.join(["curl", "-sS", f"{doors.url}/metrics"])),
        ("the time line of what waits there", shlex.join([*command, "timeline", folder, "--config", str(config)])),
    ]


def show(out: Console, pairs: list[tuple[str, str]], world: World) -> None:
    """Prints the lines, unbroken so that they can be pasted."""
    out.print("\n[bold]── The gateway keeps serving: try it ──[/bold]")
    for what, line in pairs:
        out.print(f"\n[dim]# {escape(what)}[/dim]")
        out.print(line, markup=False, soft_wrap=True)
    out.print(f"\n[dim]The same account by password: {world.password}   Ctrl-C ends it.[/dim]", soft_wrap=True)


def _batched(sftp: str) -> str:
    return sftp.replace("sftp ", "sftp -b - ", 1)


def _token(url: str, client: Client) -> str:
    form = ["-d", "grant_type=client_credentials", "-d", f"scope={client.role}"]
    return shlex.join(["curl", "-sS", "-u", f"{client.client_id}:{client.secret}", *form, f"{url}/token"])
