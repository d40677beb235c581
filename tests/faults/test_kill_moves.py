"""SIGKILL at every commit of a move that is carried out; then the same gateway again, to the same end."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from gateway.app import office_for, prepare
from gateway.domain.identity import Door, Mode, OrganizationId, Role, Transport
from gateway.domain.ids import new_id
from gateway.domain.moves import MoveState, Row, RowState, Selection, Spec, Wave, WaveSize
from gateway.domain.referential import ApiClient, Organization, Process, Subscription
from gateway.domain.sightings import Sighting
from gateway.services import moves
from gateway.services.office import Office, gateway_caller
from gateway.services.ports import Transaction
from gateway.services.waves import BATCH, drive
from tests.faults.killed import settings_for
from tests.faults.victim import Victim

SIZE: Final = 2 * BATCH + 7
DIGEST: Final = "5e" * 32
_COMMIT: Final = 4  # its two points, and those of settling who waits for it
COMMITS: Final = 8  # a wave begun, switched, ended; another begun, switched in two batches, ended; and the move's end
POINTS: Final = [_COMMIT * commit + point for commit in range(COMMITS) for point in (1, 2)]


def declare(tx: Transaction, office: Office) -> list[Row]:
    """So many communes in mode SFTP, each with a client of the API."""
    now = office.clock()
    tx.processes.add(Process("EtatCivil", "Demande d'acte"), now)
    rows = []
    for position in range(1, SIZE + 1):
        name = f"SI-{21_000_000_000_000 + position}-{position:05d}"
        tx.organizations.add(Organization(OrganizationId.parse(name), f"Commune {position}"), now)
        known = Subscription(new_id(), name, "EtatCivil", access_mode=Mode.SFTP)
        tx.subscriptions.add(known, now)
        tx.clients.add(ApiClient(f"client-{position}", name, Role.SI, secret_hashes=("hash",)), now)
        tx.sightings.note(Sighting(Door.API, f"client-{position}", now))
        wave = 1 if position <= BATCH // 2 else 2
        rows.append(Row(position, known.id, wave, Mode.SFTP, Transport.PULL, 1, 0))
    return rows


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a move that was applied and has not begun, to be copied."""
    data_dir = tmp_path_factory.mktemp("applied") / "var"
    prepare(settings_for(data_dir))

    async def write() -> None:
        async with office_for(settings_for(data_dir)) as office:
            rows = await office.store.write(lambda tx: declare(tx, office))
            caller, now, first = gateway_caller(office, "anne"), office.clock(), BATCH // 2
            spec = Spec("all", Selection(), Mode.API, waves=(WaveSize(first), WaveSize(percent=100.0)))
            waves = [Wave(1, first, now), Wave(2, SIZE - first, now)]
            await moves.record(office, caller, spec, waves, rows, DIGEST)
            await moves.approve(office, caller, "all", DIGEST)
            await moves.apply(office, caller, "all", DIGEST)

    asyncio.run(write())
    return data_dir


@pytest.fixture
def data_dir(applied: Path, tmp_path: Path) -> Path:
    """The same, for one test."""
    return Path(shutil.copytree(applied, tmp_path / "var"))


async def switched(office: Office) -> int:
    """How many subscriptions are switched: by the rows of the move, the subscriptions and the journal alike."""
    caller = gateway_caller(office, "anne")
    rows = await moves.rows(office, caller, "all", most=SIZE)
    lines = await office.store.read(lambda tx: tx.journal.after(0))
    told = Counter(line.subscription_id for line in lines if line.entry == "subscription.switched")
    assert max(told.values(), default=0) <= 1
    for row in rows:
        known = await office.store.read(lambda tx, of=row: tx.subscriptions.get(of.subscription_id))  # type: ignore[misc]  # a lambda has no types
        assert known is not None
        done = row.state is RowState.SWITCHED
        assert (known.access_mode is Mode.API, known.epoch, told[known.id]) == (done, 2 if done else 1, int(done))
    return sum(told.values())


async def test_the_points_are_all_there_are(data_dir: Path) -> None:
    with Victim(data_dir) as victim:
        victim.order("arm 0")
        assert victim.order("drive") == str(SIZE)
        assert int(victim.order("count")) == _COMMIT * COMMITS


@pytest.mark.parametrize("point", POINTS)
async def test_a_move_that_was_killed_goes_on_to_the_same_end(data_dir: Path, point: int) -> None:
    with Victim(data_dir) as victim:
        victim.order(f"arm {point}")
        with pytest.raises((OSError, EOFError)):
            victim.order("drive")
    async with office_for(settings_for(data_dir)) as office:
        before = await switched(office)
        assert await drive(office) == SIZE - before
        assert await switched(office) == SIZE
        status = await moves.status(office, gateway_caller(office, "anne"), "all")
        assert (status.move.state, status.totals) == (MoveState.DONE, {RowState.SWITCHED: SIZE})
        assert await drive(office) == 0
