"""`gateway subscriptions rehearse`, `rehearsal` and `end-rehearsal`: a dual run begun, looked at and ended."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.operating import COMMAND
from gateway.cli.printing import moment, print_json

if TYPE_CHECKING:
    from gateway.domain.identity import Caller
    from gateway.domain.rehearsals import Comparison, Rehearsal
    from gateway.services.office import Office


def start(subscriber: str, process: str, mode: str, lasting: timedelta, config: Path | None, *, json: bool) -> None:
    """Begins a dual run in which the door of `mode` rehearses."""
    from gateway.domain.identity import Mode
    from gateway.services import rehearsals, switching
    from gateway.services.once import Replay

    async def verb(office: Office, caller: Caller) -> Rehearsal:
        found = await switching.find(office, caller, subscriber, process)
        begun = await rehearsals.start(office, caller, found.id, Mode(mode), lasting)
        assert not isinstance(begun, Replay), "asked for without a key"
        return begun

    begun = at_the_office(settings_of(config), f"{COMMAND} subscriptions rehearse", verb)
    if json:
        print_json(_rehearsal(begun))
        return
    print(f"{subscriber} → {process}: {begun.mode} rehearses until {moment(begun.ends_at)}.")
    print(f"How the two compare: gateway subscriptions rehearsal {subscriber} {process}")


def show(subscriber: str, process: str, config: Path | None, *, json: bool) -> None:
    """Shows the dual run that began last, and how the two systems compare."""
    from gateway.services import rehearsals, switching

    async def verb(office: Office, caller: Caller) -> Comparison:
        found = await switching.find(office, caller, subscriber, process)
        return await rehearsals.latest(office, caller, found.id)

    _print(at_the_office(settings_of(config), f"{COMMAND} subscriptions rehearsal", verb), json=json)


def end(subscriber: str, process: str, config: Path | None, *, json: bool) -> None:
    """Ends the dual run that is under way, and shows its result."""
    from gateway.services import rehearsals, switching

    async def verb(office: Office, caller: Caller) -> Comparison:
        found = await switching.find(office, caller, subscriber, process)
        return await rehearsals.end(office, caller, found.id)

    _print(at_the_office(settings_of(config), f"{COMMAND} subscriptions end-rehearsal", verb), json=json)


def _print(found: Comparison, *, json: bool) -> None:
    if json:
        print_json(_comparison(found))
        return
    of, totals = found.rehearsal, found.totals
    until = f"under way until {moment(of.ends_at)}" if of.ended_at is None else f"ended {moment(of.ended_at)}"
    print(f"{of.mode} rehearses beside {found.owner}: {until}.")
    print(f"Equal: {totals['equal']}, different: {totals['different']}, pending: {totals['pending']}.")
    for row in found.rows:
        if row.differences:
            print(f"{row.likeness:<9}  {row.archive}  {'; '.join(row.differences)}")


def _rehearsal(of: Rehearsal) -> dict[str, Any]:
    return {
        "id": of.id,
        "subscriptionId": of.subscription_id,
        "mode": of.mode,
        "epoch": of.epoch,
        "startedBy": of.started_by,
        "startedAt": of.started_at,
        "endsAt": of.ends_at,
        "endedAt": of.ended_at,
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    rows = [
        {
            "id": row.delivery_id,
            "caseId": row.case_id,
            "archive": row.archive,
            "outcome": row.likeness,
            "differences": list(row.differences),
        }
        for row in found.rows
    ]
    return _rehearsal(found.rehearsal) | {"owner": found.owner, "totals": found.totals, "deliveries": rows}
