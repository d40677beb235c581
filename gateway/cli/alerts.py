"""What `gateway alerts …` does: tries the channels, shows what could not be told."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.operating import COMMAND, identifier
from gateway.cli.printing import console, moment, print_json

if TYPE_CHECKING:
    from gateway.domain.alerts import Alert
    from gateway.domain.identity import Caller
    from gateway.services.office import Office


def test(config: Path | None, *, json: bool) -> None:
    """Sends one alert over each channel. Raises CommandError when none is configured, or one of them failed."""
    from gateway.app import alerts_for
    from gateway.domain.alerts import AlertKind
    from gateway.services.alerts import unkept

    settings = settings_of(config)
    if not settings.alerts.channels:
        raise CommandError("Nobody is told of anything: set alerts.webhook or alerts.email", Exit.REFUSED)

    async def verb(office: Office, _: Caller) -> dict[str, str | None]:
        sender = alerts_for(office, settings)
        return {
            channel.value: await sender.deliver(unkept(office, AlertKind.TEST, f"{COMMAND} alerts test", channel))
            for channel in settings.alerts.channels
        }

    failures = at_the_office(settings, f"{COMMAND} alerts test", verb)
    if json:
        print_json([{"channel": channel, "failure": failure} for channel, failure in failures.items()])
    else:
        for channel, failure in failures.items():
            print(f"{channel}: {failure or 'arrived'}")
    if any(failures.values()):
        raise CommandError("Not every channel works", Exit.FAILED)


def show_key(config: Path | None) -> None:
    """Prints the secret that signs alerts."""
    from gateway.services.alerts import signing_key

    settings = settings_of(config)
    given = settings.alerts.webhook_secret.get_secret_value()

    async def verb(office: Office, _: Caller) -> bytes:
        return signing_key(office, given)

    print("whsec_" + base64.b64encode(at_the_office(settings, f"{COMMAND} alerts key", verb)).decode())


def list_dead(config: Path | None, most: int, *, json: bool) -> None:
    """Shows the alerts that were given up, oldest first."""
    from gateway.services import alerts

    dead = at_the_office(
        settings_of(config), f"{COMMAND} alerts list", lambda office, caller: alerts.dead(office, caller, most)
    )
    if json:
        print_json([_shown(alert) for alert in dead])
        return
    if not dead:
        print("Every alert has arrived, or is still being sent.")
        return
    from rich.table import Table

    table = Table("id", "kind", "channel", "since", "attempts", "last error", box=None, pad_edge=False)
    for alert in dead:
        made = moment(alert.created_at)
        table.add_row(alert.id, alert.kind, alert.channel, made, str(alert.attempts), alert.last_error or "")
    console().print(table)
    print("\nTry one again with: gateway alerts replay ID")


def replay(alert: str, config: Path | None) -> None:
    """Puts one alert back to be attempted."""
    from gateway.services import alerts

    wanted = identifier(alert)
    at_the_office(
        settings_of(config), f"{COMMAND} alerts replay", lambda office, caller: alerts.replay(office, caller, wanted)
    )
    print("It will be tried again now.")


def _shown(alert: Alert) -> dict[str, object]:
    return {
        "id": alert.id,
        "kind": alert.kind,
        "channel": alert.channel,
        "createdAt": alert.created_at,
        "attempts": alert.attempts,
        "lastError": alert.last_error,
    }
