"""`gateway subscriptions readiness`, `try` and `clean`: who is ready, and made-up dossiers to get ready with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.operating import COMMAND
from gateway.cli.printing import console, print_json

if TYPE_CHECKING:
    from gateway.domain.identity import Caller
    from gateway.domain.readiness import Readiness
    from gateway.domain.referential import Subscription
    from gateway.services.office import Office
    from gateway.services.synthetic import Sent

_SAID = {True: "go", False: "no-go", None: "info"}


def show(subscriber: str, process: str, to: str, transport: str, config: Path | None, *, json: bool) -> None:
    """Shows every point of one subscription. Raises CommandError when something speaks against the switch."""
    from gateway.domain.identity import Mode, Transport
    from gateway.services import readiness, switching

    async def verb(office: Office, caller: Caller) -> tuple[Subscription, Readiness]:
        known = await switching.find(office, caller, subscriber, process)
        return known, await readiness.readiness(office, caller, known.id, Mode(to), Transport(transport))

    known, found = at_the_office(settings_of(config), f"{COMMAND} subscriptions readiness", verb)
    if json:
        print_json(
            {
                "id": known.id,
                "subscriber": known.organization,
                "process": known.process,
                "to": to,
                "go": found.go,
                "points": [{"name": one.name, "go": one.ok, "reason": one.reason} for one in found.points],
            }
        )
    else:
        from rich.table import Table

        table = Table("point", "go?", "reason", box=None, pad_edge=False)
        for one in found.points:
            table.add_row(one.name, _SAID[one.ok], one.reason)
        console().print(table)
    if not found.go:
        raise CommandError(f"Not ready for {to}: {found.against}", Exit.FAILED)
    if not json:
        print(f"\nReady. Switch it with: gateway subscriptions switch {known.organization} {known.process} --to {to}")


def send(
    subscriber: str | None, process: str | None, listed: Path | None, count: int, config: Path | None, *, json: bool
) -> None:
    """Sends made-up dossiers to one subscription, or to each of a list."""
    from gateway.services import synthetic

    asked = _asked(subscriber, process, listed)

    async def verb(office: Office, caller: Caller) -> list[Sent]:
        return await synthetic.send(office, caller, await _ids(office, caller, asked), count)

    sent = at_the_office(settings_of(config), f"{COMMAND} subscriptions try", verb)
    if json:
        print_json([{"subscription": one.subscription_id, "number": one.external_id} for one in sent])
        return
    for one in sent[:20]:
        print(one.external_id)
    if len(sent) > 20:
        print(f"… and {len(sent) - 20} more")
    print(f"\nSent {len(sent)} to {len(asked)}. Take them back with: gateway subscriptions clean")


def clean(subscriber: str | None, process: str | None, listed: Path | None, config: Path | None, *, json: bool) -> None:
    """Takes back what was made up for one subscription, or for each of a list."""
    from gateway.services import synthetic

    asked = _asked(subscriber, process, listed)

    async def verb(office: Office, caller: Caller) -> int:
        return await synthetic.clean(office, caller, await _ids(office, caller, asked))

    cleaned = at_the_office(settings_of(config), f"{COMMAND} subscriptions clean", verb)
    if json:
        print_json({"cleaned": cleaned})
    else:
        print(f"Taken back: {cleaned}.")


def _asked(subscriber: str | None, process: str | None, listed: Path | None) -> list[tuple[str, str]]:
    if listed is not None and subscriber is None:
        from gateway.config.move_list import read_list

        return [(row.organization, row.process) for row in read_list(listed)]
    if subscriber is None or process is None or listed is not None:
        raise CommandError("Name ORGANIZATION and PROCESS, or a file with --list: one of the two", Exit.USAGE)
    return [(subscriber, process)]


async def _ids(office: Office, caller: Caller, asked: list[tuple[str, str]]) -> list[str]:
    """The subscriptions of those names. Raises InvalidRequestError naming each that does not exist."""
    from gateway.domain.errors import InvalidRequestError, NotFoundError
    from gateway.services import switching

    found, faults = [], []
    for subscriber, process in asked:
        try:
            found.append((await switching.find(office, caller, subscriber, process)).id)
        except NotFoundError as error:
            faults.append(error.message)
    if faults:
        raise InvalidRequestError(*faults)
    return found
