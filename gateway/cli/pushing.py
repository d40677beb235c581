"""What `gateway push …` does: the key that subscribers authorise, how their servers do, another try."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.printing import console, moment, print_json

if TYPE_CHECKING:
    from gateway.domain.pushing import PushState


def show_key(config: Path | None) -> None:
    """Prints the gateway's own public key."""
    from gateway.services import push_operator

    print(at_the_office(settings_of(config), "gateway push key", push_operator.own_key))


def show_states(config: Path | None, *, json: bool) -> None:
    """Shows how pushing stands, subscriber by subscriber."""
    from gateway.services import push_operator

    found = at_the_office(settings_of(config), "gateway push status", push_operator.states)
    if json:
        print_json([_shown(state) for state in found])
        return
    if not found:
        print("Nothing is pushed to anybody.")
        return
    from rich.table import Table

    table = Table("subscriber", "process", "host", "waiting", "dead", "tried again", "last error", box=None)
    for state in found:
        until = state.breaker.open_until
        again = moment(until, "seconds") if until else ""
        numbers = (str(state.waiting), str(state.dead))
        table.add_row(state.organization, state.process, state.host, *numbers, again, state.last_error or "")
    console().print(table)


def retry(organization: str, process: str, config: Path | None) -> None:
    """Tries a subscriber's server again at once."""
    from gateway.services import push_operator

    again = at_the_office(
        settings_of(config), "gateway push retry", lambda o, c: push_operator.retry(o, c, organization, process)
    )
    print(f"It will be tried again now, with {again} archive{'' if again == 1 else 's'}.")


def _shown(state: PushState) -> dict[str, object]:
    return {
        "subscriber": state.organization,
        "process": state.process,
        "host": state.host,
        "waiting": state.waiting,
        "dead": state.dead,
        "oldest": state.oldest,
        "failures": state.breaker.failures,
        "openUntil": state.breaker.open_until,
        "lastError": state.last_error,
    }
