"""`gateway subscriptions`: one subscription shown, switched and certified."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from gateway.cli import certificates
from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.operating import COMMAND
from gateway.cli.printing import moment, print_json

if TYPE_CHECKING:
    from gateway.domain.identity import Caller
    from gateway.domain.referential import Subscription
    from gateway.domain.switches import OpenDeliveries, Switched
    from gateway.services.certify import Balance
    from gateway.services.office import Office


def switch(
    subscriber: str,
    process: str,
    to: str,
    transport: str,
    drain: timedelta | None,
    epoch: int | None,
    config: Path | None,
    *,
    json: bool,
) -> None:
    """Switches one subscription; what is open is carried, or drained for so long."""
    from gateway.domain.identity import Mode, Transport
    from gateway.domain.switches import InFlight, Switch
    from gateway.services import switching

    rule = InFlight.CARRY if drain is None else InFlight.DRAIN
    wanted = Switch(Mode(to), Transport(transport), rule, drain, epoch)

    async def verb(office: Office, caller: Caller) -> Switched:
        found = await switching.find(office, caller, subscriber, process)
        return await switching.switch(office, caller, found.id, wanted)

    done = at_the_office(settings_of(config), f"{COMMAND} subscriptions switch", verb)
    if json:
        print_json(_switched(done))
        return
    print(f"{done.organization} → {done.process}: {done.before[0]} → {done.after[0]}, epoch {done.epoch}.")
    if not done.open.total:
        print("Nothing was open.")
    elif done.pinned_until is None:
        print(f"Carried into the new inbox: {done.open.total}, {done.open.fetched} of them fetched already.")
    else:
        print(f"The old door finishes {done.open.pinned} until {moment(done.pinned_until)}.")
    print(f"What becomes of them: gateway subscriptions certify {done.organization} {done.process} FILE")


def show(subscriber: str, process: str, config: Path | None, *, json: bool) -> None:
    """Shows the door of a subscription and what is open."""
    from gateway.services import switching

    async def verb(office: Office, caller: Caller) -> tuple[Subscription, OpenDeliveries]:
        found = await switching.find(office, caller, subscriber, process)
        return found, await switching.open_deliveries(office, caller, found.id)

    found, opened = at_the_office(settings_of(config), f"{COMMAND} subscriptions show", verb)
    if json:
        print_json(
            {
                "id": found.id,
                "subscriber": found.organization,
                "process": found.process,
                "status": found.status,
                "accessMode": found.access_mode,
                "transport": found.transport,
                "epoch": found.epoch,
                "rehearses": found.rehearsal_mode,
                "open": _open(opened),
            }
        )
        return
    print(f"{found.organization} → {found.process}: {found.status}, mode {found.access_mode}, epoch {found.epoch}.")
    print(f"Open: {opened.ready} to be fetched, {opened.fetched} fetched; {opened.pinned} of them pinned by a drain.")
    if found.rehearsal_mode is not None:
        print(f"A dual run is under way: {found.rehearsal_mode} rehearses.")


def certify(subscriber: str, process: str, epoch: int | None, file: Path, config: Path | None, *, json: bool) -> None:
    """Writes the certificate of a switch. Raises CommandError when it says that something went wrong."""
    from gateway.services import switching
    from gateway.services.certify import Asked, certificate

    async def verb(office: Office, caller: Caller, out: IO[str]) -> Balance:
        found = await switching.find(office, caller, subscriber, process)

        def lines(office: Office, caller: Caller, balance: Balance) -> AsyncIterator[str]:
            about = {"subscriber": found.organization, "process": found.process}
            return certificate(office, caller, [Asked(found.id, epoch)], about, balance)

        return await certificates.write(office, caller, out, lines)

    settings = settings_of(config)
    with certificates.new_file(file) as out:
        command = f"{COMMAND} subscriptions certify"
        balance = at_the_office(settings, command, lambda office, caller: verb(office, caller, out))
    certificates.show(balance.shown(), json=json)
    if not balance.clean:
        raise CommandError("Not everything went as it should: see the certificate", Exit.FAILED)
    if not json:
        print(f"\nCheck it anywhere with: gateway moves verify {file.name} --key KEY.pem")


def _switched(done: Switched) -> dict[str, Any]:
    return {
        "id": done.subscription_id,
        "subscriber": done.organization,
        "process": done.process,
        "from": {"accessMode": done.before[0], "transport": done.before[1]},
        "to": {"accessMode": done.after[0], "transport": done.after[1]},
        "epoch": done.epoch,
        "open": _open(done.open),
        "pinnedUntil": done.pinned_until,
    }


def _open(of: OpenDeliveries) -> dict[str, int]:
    return {"ready": of.ready, "fetched": of.fetched, "pinned": of.pinned}
