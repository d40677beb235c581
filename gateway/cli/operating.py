"""`gateway deliveries` and `gateway outgoing`: what an operator does to one object."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.printing import console, moment, print_json
from gateway.domain.ids import canonical_id

if TYPE_CHECKING:
    from gateway.domain.outgoing import Outgoing

COMMAND = "gateway"


def identifier(text: str) -> str:
    """The id as the store has it. Raises CommandError with the code for wrong usage."""
    try:
        return canonical_id(text)
    except ValueError:
        raise CommandError(f"{text!r} is not an id: expected a UUID such as {_SAMPLE}", Exit.USAGE) from None


_SAMPLE = "0197a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"


def undo_expiry(delivery: str, config: Path | None, *, json: bool) -> None:
    """Publishes an expired delivery again and tells the new one's id."""
    from gateway.services import expire

    wanted = identifier(delivery)
    new = at_the_office(
        settings_of(config), f"{COMMAND} deliveries undo-expiry", lambda o, c: expire.undo_expiry(o, c, wanted)
    )
    if json:
        print_json({"delivery": new})
    else:
        print(f"Published again, as delivery {new}.")


def list_dead(config: Path | None, most: int, *, json: bool) -> None:
    """Shows the calls that were given up, oldest first."""
    from gateway.services import outgoing

    dead = at_the_office(settings_of(config), f"{COMMAND} outgoing list", lambda o, _: outgoing.dead(o, most))
    if json:
        print_json([_shown(call) for call in dead])
        return
    if not dead:
        print("No dead letters.")
        return
    from rich.table import Table

    table = Table("id", "kind", "subscription", "since", "attempts", "last error", box=None, pad_edge=False)
    for call in dead:
        made = moment(call.created_at)
        table.add_row(call.id, call.kind, call.subscription_id, made, str(call.attempts), call.last_error or "")
    console().print(table)
    print("\nTry one again with: gateway outgoing replay ID")


def replay_dead(call: str, config: Path | None) -> None:
    """Puts one dead letter back to be attempted."""
    from gateway.services import outgoing

    wanted = identifier(call)
    at_the_office(settings_of(config), f"{COMMAND} outgoing replay", lambda o, c: outgoing.replay(o, c, wanted))
    print("It will be tried again now.")


def _shown(call: Outgoing) -> dict[str, object]:
    return {
        "id": call.id,
        "kind": call.kind,
        "subscription": call.subscription_id,
        "createdAt": call.created_at,
        "attempts": call.attempts,
        "lastError": call.last_error,
    }
