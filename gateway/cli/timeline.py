"""`gateway timeline`: the journal's lines about one dossier, as a person would want to see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.operating import identifier
from gateway.cli.printing import console, print_json
from gateway.cli.telling import ZONE, told
from gateway.services import deposit, timeline

if TYPE_CHECKING:
    from rich.console import Console

    from gateway.domain.identity import Caller
    from gateway.domain.journal import Line
    from gateway.services.deposit import FolderView
    from gateway.services.office import Office


@dataclass(frozen=True, slots=True)
class Story:
    """A dossier as it stands and what happened to it, oldest first."""

    view: FolderView
    lines: Sequence[Line]


async def read_story(office: Office, caller: Caller, folder_id: str) -> Story:
    """Raises NotFoundError when there is no such folder."""
    view = await deposit.read_folder(office, caller, folder_id)
    return Story(view, await timeline.of_folder(office, caller, folder_id))


def show_timeline(folder: str, config: Path | None, *, json: bool) -> None:
    """Prints the time line of one folder."""
    wanted = identifier(folder)
    story = at_the_office(settings_of(config), "gateway timeline", lambda o, c: read_story(o, c, wanted))
    if json:
        print_json(as_json(story))
    else:
        show_story(console(), story)


def show_story(out: Console, story: Story, *, after: int = 0, indent: str = "") -> int:
    """Prints head and lines behind the number `after`; returns the number of the last line."""
    view = story.view
    head = f"[bold]{_text(view.folder.external_id)}[/bold]  {_text(view.folder.process)}"
    out.print(f"{indent}{head}  {_coloured(view.folder.status)}")
    names = {case.id: case.external_id for case in view.cases}
    for case in view.cases:
        out.print(f"{indent}  {_text(case.external_id)} → {case.recipient}  {_coloured(case.status)}")
    for line in story.lines:
        if line.seq <= after:
            continue
        one = told(line)
        about = f"  [dim]{_text(names[one.case_id])}[/dim]" if one.case_id in names else ""
        moment = f"{one.at:%Y-%m-%d %H:%M:%S}.{one.at.microsecond // 1000:03d}"
        out.print(f"{indent}  [dim]{moment}[/dim]  {one.door:<7}  {_text(one.who):<22}  {_text(one.what)}{about}")
    return max((line.seq for line in story.lines), default=after)


def as_json(story: Story) -> dict[str, Any]:
    """The story for scripts."""
    view = story.view
    return {
        "folder": {
            "id": view.folder.id,
            "externalId": view.folder.external_id,
            "processCode": view.folder.process,
            "globalStatus": view.folder.status,
        },
        "cases": [
            {"id": case.id, "externalId": case.external_id, "recipient": case.recipient, "status": case.status}
            for case in view.cases
        ],
        "lines": [
            {
                "at": line.at.astimezone(ZONE),
                "entry": line.entry,
                "door": line.door,
                "actor": line.actor,
                "organization": line.organization,
                "caseId": line.case_id,
                "deliveryId": line.delivery_id,
                "digest": line.digest,
                "detail": line.detail,
                "text": told(line).what,
            }
            for line in story.lines
        ],
    }


def _coloured(status: str) -> str:
    colour = {"DONE": "green", "REFUSED": "red", "SI_INTG_ERROR": "red", "CLOSED": "dim"}.get(status, "cyan")
    return f"[{colour}]{status}[/{colour}]"


def _text(text: str) -> str:
    """Foreign text for a terminal: no control characters, no markup."""
    return escape("".join(character if character.isprintable() else "·" for character in text))
