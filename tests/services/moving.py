"""Short ways to plan a move of the town's subscriptions, and to see it carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gateway.domain.identity import Caller, Door, Mode, Right, Role
from gateway.domain.moves import Move, Row, Selection, Spec, Wave, WaveSize, sizes, starts
from gateway.domain.referential import ApiClient
from gateway.domain.sightings import Sighting
from gateway.services import moves
from gateway.services.move_steps import Status
from tests.services.people import GATEWAY, OPERATOR, RENNES, VANNES
from tests.services.town import Town

PLANNER = Caller(GATEWAY, Role.ADMIN, Door.API, "planner", rights=frozenset({Right.PLAN}))
APPROVER = Caller(GATEWAY, Role.ADMIN, Door.API, "approver", rights=frozenset({Right.APPROVE}))
APPLIER = Caller(GATEWAY, Role.ADMIN, Door.API, "applier", rights=frozenset({Right.APPLY}))
DIGEST = "5e" * 32
ALL_SFTP = ((RENNES, "EtatCivil"), (RENNES, "CERTDC"), (VANNES, "EtatCivil"), (VANNES, "CERTDC"))


async def tried(town: Town, *organizations: str) -> None:
    """These have a client of the API and have used it: they may be switched."""
    for organization in organizations or (RENNES, VANNES):
        client = ApiClient(f"api of {organization}", organization, Role.SI, secret_hashes=("hash",))
        await town.store.write(lambda tx, new=client: tx.clients.add(new, town.clock()))  # type: ignore[misc]  # a lambda has no types
        seen = Sighting(Door.API, client.client_id, town.clock())
        await town.store.write(lambda tx, one=seen: tx.sightings.note(one))  # type: ignore[misc]  # a lambda has no types


def planned(
    town: Town, names: Sequence[tuple[str, str]] = ALL_SFTP, **values: Any
) -> tuple[Spec, list[Wave], list[Row]]:
    """A specification with its waves and rows, as a plan made now."""
    spec = replace(Spec("bretagne", Selection(), Mode.API, waves=(WaveSize(percent=100.0),)), **values)
    counts = sizes(len(names), spec.waves)
    begins = starts(town.clock(), spec.waves, spec.window, spec.via)
    waves = [Wave(at + 1, count, begins[at]) for at, count in enumerate(counts)]
    of_wave = [wave.number for wave in waves for _ in range(wave.size)]
    rows = []
    for position, name in enumerate(names, 1):
        known = town.subscriptions[name]
        rows.append(Row(position, known.id, of_wave[position - 1], known.access_mode, known.transport, known.epoch, 0))
    return spec, waves, rows


async def recorded(
    town: Town,
    names: Sequence[tuple[str, str]] = ALL_SFTP,
    *,
    digest: str = DIGEST,
    caller: Caller = PLANNER,
    **values: Any,
) -> Move:
    """A plan that waits for its approval."""
    spec, waves, rows = planned(town, names, **values)
    return await moves.record(town.office, caller, spec, waves, rows, digest)


async def running(town: Town, names: Sequence[tuple[str, str]] = ALL_SFTP, **values: Any) -> Move:
    """A plan that was approved and applied."""
    move = await recorded(town, names, **values)
    await moves.approve(town.office, APPROVER, move.name, DIGEST)
    return await moves.apply(town.office, APPLIER, move.name, DIGEST)


async def found(town: Town, name: str = "bretagne") -> Status:
    """Where a move stands."""
    return await moves.status(town.office, OPERATOR, name)


async def row_states(town: Town, name: str = "bretagne") -> list[str]:
    """The states of its rows."""
    return [str(row.state) for row in await moves.rows(town.office, OPERATOR, name)]


async def modes(town: Town, names: Sequence[tuple[str, str]] = ALL_SFTP) -> list[str]:
    """The present modes of subscriptions."""
    kept = [await town.store.read(lambda tx, of=of: tx.subscriptions.find(*of)) for of in names]  # type: ignore[misc]  # a lambda has no types
    return [str(one.access_mode) for one in kept if one is not None]
