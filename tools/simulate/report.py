"""The balance sheet for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tools.simulate.simulation import Outcome

_MOST: Final = 50


def report(outcome: Outcome) -> str:
    """As it is printed."""
    return "\n".join(_lines(outcome))


def _lines(outcome: Outcome) -> Iterator[str]:
    scale, sheet, done = outcome.scale, outcome.sheet, outcome.done
    end = "" if outcome.whole else f", stopped after {scale.minutes:g} minutes"
    yield (
        f"{scale.subscribers} subscribers ({scale.real} at real doors), {outcome.simulated_days:.0f} days{end}, "
        f"seed {scale.seed}: {outcome.events} things done in {outcome.seconds:.0f} s"
    )
    yield (
        f"switches {done.switches} (drained {done.drains}, switched back {done.backs}), expiries undone {done.undone}"
    )
    yield from (f"move {one}" for one in done.moves)
    runs = ", ".join(f"{name} {sheet.gateway[f'dual run {name}']}" for name in ("equal", "different", "pending"))
    yield f"rolled back {done.returned}, paused by a rule {done.pauses}"
    yield f"dual runs by hand {done.rehearsed}, of which {done.equal} led to a switch; deliveries in all: {runs}"
    yield ""
    gateway, clients, found = sheet.gateway, sheet.clients, sheet.certificate
    yield f"{'deposited cases':<44}{gateway['deposited']:>9}   by the depositor's ledger {clients['deposited']}"
    for name in (
        "deliveries",
        "fetched whole",
        "pushed",
        "through shared accounts",
        "through more than one door or account",
        "acknowledged",
        "answered",
    ):
        yield f"{name:<44}{gateway[name]:>9}"
    for name, count in sorted(gateway.items()):
        if name.startswith("state "):
            yield f"  {name.removeprefix('state ').lower():<42}{count:>9}"
    yield f"{'lost':<44}{gateway['lost']:>9}   by the certificate {len(found.lost)}"
    yield f"{'counted twice':<44}{gateway['counted twice']:>9}   by the certificate {len(found.counted_twice)}"
    yield f"{'in the certificate':<44}{found.deliveries:>9}   of {found.subscriptions} subscriptions"
    yield ""
    yield "clients' ledgers: " + ", ".join(f"{name} {count}" for name, count in sorted(clients.items()))
    yield ""
    yield f"disagreements {len(sheet.disagreements)}"
    yield from sheet.disagreements[:_MOST]
    if len(sheet.disagreements) > _MOST:
        yield f"… and {len(sheet.disagreements) - _MOST} more"
