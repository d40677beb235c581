"""What speaks against switching one row of a move; how rows are switched is shown with the waves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.identity import Door, Mode, Role, Transport
from gateway.domain.moves import RowState, WaveState
from gateway.domain.referential import ApiClient
from gateway.domain.sightings import Sighting
from gateway.services import moves
from gateway.services.move_rows import changed_since, switch_rows
from gateway.services.office import gateway_caller
from tests.services.moving import APPLIER, modes, running, tried
from tests.services.people import OPERATOR, RENNES, VANNES
from tests.services.town import Town


@pytest.mark.parametrize(
    ("expected", "reason"),
    [
        ((Mode.SFTP, Transport.PULL, 1), None),
        ((Mode.SFTP, Transport.PULL, 2), "it is in mode SFTP (pull), epoch 1, and not in mode SFTP (pull), epoch 2"),
        ((Mode.SFTP, Transport.PUSH, 1), "it is in mode SFTP (pull), epoch 1, and not in mode SFTP (push), epoch 1"),
        ((Mode.API, Transport.PULL, 1), "it is in mode SFTP (pull), epoch 1, and not in mode API, epoch 1"),
    ],
)
async def test_mode_transport_and_epoch_are_compared(
    town: Town, expected: tuple[Mode, Transport, int], reason: str | None
) -> None:
    assert changed_since(town.subscriptions[RENNES, "EtatCivil"], *expected) == reason


async def test_the_transport_matters_in_mode_sftp_alone(town: Town) -> None:
    known = replace(town.subscriptions[RENNES, "EtatCivil"], access_mode=Mode.API)
    assert changed_since(known, Mode.API, Transport.PUSH, 1) is None
    assert changed_since(None, Mode.API, Transport.PUSH, 1) == "there is no such subscription any more"


async def test_rows_are_settled_once_and_only_while_the_move_runs(town: Town) -> None:
    await tried(town)
    move = await running(town)
    caller = gateway_caller(town.office, "moves")
    rows = await moves.rows(town.office, OPERATOR, move.name)
    assert await switch_rows(town.office, caller, move, rows[:2], RowState.WAITING) == 2
    assert await switch_rows(town.office, caller, move, rows[:3], RowState.WAITING) == 1
    await moves.pause(town.office, APPLIER, move.name)
    assert await switch_rows(town.office, caller, move, rows, RowState.WAITING) is None
    assert await modes(town) == ["API", "API", "API", "SFTP"]
    (wave,) = (await moves.status(town.office, OPERATOR, move.name)).waves
    assert wave.state is WaveState.WAITING


async def test_a_client_may_be_tried_until_the_wave_begins_and_must_be(town: Town) -> None:
    for organization in (RENNES, VANNES):
        client = ApiClient(f"api of {organization}", organization, Role.SI, secret_hashes=("hash",))
        await town.store.write(lambda tx, new=client: tx.clients.add(new, town.clock()))  # type: ignore[misc]  # a lambda has no types
    move = await running(town)
    await town.store.write(lambda tx: tx.sightings.note(Sighting(Door.API, f"api of {RENNES}", town.clock())))
    rows = await moves.rows(town.office, OPERATOR, move.name)
    assert await switch_rows(town.office, gateway_caller(town.office, "moves"), move, rows, RowState.WAITING) == 4
    assert await modes(town) == ["API", "API", "SFTP", "SFTP"]
    (blocked, _) = await moves.rows(town.office, OPERATOR, move.name, state=RowState.BLOCKED)
    assert blocked.reason == f"api of {VANNES}: never used, let the subscriber log in once"
