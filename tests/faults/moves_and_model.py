"""Planned moves that both workers carry out while everything else goes on, for the state machine of deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from hypothesis.stateful import invariant, rule

from gateway.domain.errors import ConflictError
from gateway.domain.identity import Door, Mode, Role, Transport
from gateway.domain.moves import Move, MoveState, Row, RowState, Selection, Spec, Wave, WaveSize, sizes, starts
from gateway.domain.referential import ApiClient, Subscription
from gateway.domain.sightings import Sighting
from gateway.services import moves
from gateway.services.ports import Transaction
from gateway.services.waves import drive
from tests.faults import delivery_model as model
from tests.faults.rehearsals_and_model import RehearsalsBase
from tests.faults.switches_and_model import at_once, subscription
from tests.journeys.world import RECIPIENTS

PAUSE: Final = timedelta(hours=1)
"""Between the first wave, of one subscription, and the second one of all others."""
ENDED: Final = (MoveState.DONE, MoveState.ROLLED_BACK)
BEGUN: Final = (MoveState.RUNNING, MoveState.PAUSED, MoveState.DONE)


@dataclass
class Planned:
    """One recipient of a move, as it was planned, and what became of it."""

    town: model.Town
    from_epoch: int
    wave: int
    state: RowState = RowState.WAITING
    epoch: int | None = None


@dataclass
class Moving:
    """The move: to the API, of all that were in mode SFTP."""

    name: str
    rows: list[Planned]
    state: MoveState = MoveState.APPROVED
    first_ended: datetime | None = None

    def waiting(self, wave: int) -> list[Planned]:
        return [row for row in self.rows if row.wave == wave and row.state is RowState.WAITING]

    def due(self, now: datetime) -> list[Planned]:
        """The rows that a run of the waves settles now; both waves if nothing is left to wait for."""
        found = self.waiting(1)
        ended = self.first_ended or now
        return found + (self.waiting(2) if now >= ended + PAUSE else [])


class MovesBase(RehearsalsBase):
    """Adds at most one move at a time.

    No rule has a precondition that a race decides: an example that is repeated needs the same rules to choose from.
    """

    def begin(self) -> None:
        super().begin()
        self.move: Moving | None = None
        self.moves = 0

    @rule()
    def plan_a_move(self) -> None:
        """Of everybody in mode SFTP to the API; the one before has to end first, else it would keep them."""
        towns = [town for town in self.towns.values() if town.mode is Mode.SFTP]
        if (self.move is not None and self.move.state not in ENDED) or not towns:
            return
        self.moves += 1
        name, digest = f"move-{self.moves}", f"{self.moves:064x}"
        asked = (WaveSize(1), WaveSize(percent=100.0, pause=PAUSE))[: len(towns)]
        spec = Spec(name, Selection(), Mode.API, waves=asked)
        begins = starts(self.clock.now, spec.waves, spec.window, spec.via)
        waves = [Wave(n, size, begins[n - 1]) for n, size in enumerate(sizes(len(towns), asked), 1)]
        self.move = Moving(name, [Planned(town, town.epoch, min(n, 2)) for n, town in enumerate(towns, 1)])
        rows = [
            Row(n, subscription(row.town.name), row.wave, Mode.SFTP, Transport.PULL, row.from_epoch, 0)
            for n, row in enumerate(self.move.rows, 1)
        ]
        self.run(moves.record(self.office, self.operator, spec, waves, rows, digest))
        self.run(moves.approve(self.office, self.operator, name, digest))

    @rule()
    def apply_it(self) -> None:
        if self.move is None:
            return
        applying = moves.apply(self.office, self.operator, self.move.name, f"{self.moves:064x}")
        if self.move.state is MoveState.APPROVED:
            self.run(applying)
            self.move.state = MoveState.RUNNING
        else:
            applying.close()

    @rule()
    def pause_or_resume_it(self) -> None:
        if self.move is None or self.move.state not in BEGUN:
            return
        if self.move.state is MoveState.PAUSED:
            self.run(moves.resume(self.office, self.operator, self.move.name))
            self.move.state = MoveState.RUNNING
        elif self.move.state is MoveState.RUNNING:
            self.run(moves.pause(self.office, self.operator, self.move.name))
            self.move.state = MoveState.PAUSED
        else:
            self.expect(ConflictError, moves.pause(self.office, self.operator, self.move.name))

    @rule()
    def turn_it_back(self) -> None:
        if self.move is None or self.move.state not in BEGUN:
            return
        self.run(moves.rollback(self.office, self.operator, self.move.name))
        self.move.state = MoveState.ROLLBACK

    @rule()
    def both_workers_carry_it_out(self) -> None:
        """Each row is settled by one of them: switched, or left as it is if somebody else has switched it meanwhile."""
        if self.move is None:
            return
        self._used()
        done = self.run(at_once(*(drive(worker) for worker in self.workers)))
        for one in done:
            if isinstance(one, BaseException):
                raise one
        assert sum(done) == len(self._carried_out(self.move))

    @rule()
    def pause_it_while_it_is_carried_out(self) -> None:
        """Whatever was first: what the rows say is what was switched."""
        if self.move is None or self.move.state is not MoveState.RUNNING:
            return
        self._used()
        one, two = self.workers
        settled, paused = self.run(at_once(drive(one), moves.pause(two, self.operator, self.move.name)))
        assert isinstance(settled, int)
        due = self.move.due(self.clock.now)
        found = self._rows()
        first = [row for row, kept in zip(self.move.rows, found, strict=True) if kept.state is not row.state]
        assert settled == len(first)
        assert first == due[: len(first)]
        for row in first:
            self._switched_by_it(row)
        kept = self.run(moves.status(self.office, self.operator, self.move.name)).move
        assert kept.state is (MoveState.DONE if isinstance(paused, ConflictError) else MoveState.PAUSED)
        assert isinstance(paused, ConflictError | Move)
        self.move.state = kept.state
        if not self.move.waiting(1) and self.move.first_ended is None:
            waves = self.run(moves.status(self.office, self.operator, self.move.name)).waves
            self.move.first_ended = waves[0].ended_at

    @invariant()
    def subscriptions_and_rows_are_those_of_the_model(self) -> None:
        known = self.run(self.office.store.read(partial(_subscriptions, list(self.towns))))
        assert [(one.access_mode, one.epoch) for one in known] == [(t.mode, t.epoch) for t in self.towns.values()]
        if self.move is not None:
            found = [(row.state, row.epoch) for row in self._rows()]
            assert found == [(row.state, row.epoch) for row in self.move.rows]

    def _rows(self) -> list[Row]:
        assert self.move is not None
        return self.run(moves.rows(self.office, self.operator, self.move.name))

    def _blocked(self, row: Planned) -> bool:
        assert self.move is not None
        return self._rows()[self.move.rows.index(row)].state is RowState.BLOCKED

    def _carried_out(self, move: Moving) -> list[Planned]:
        """What one run of the waves does, or of the way back."""
        if move.state is MoveState.ROLLBACK:
            found = [row for row in reversed(move.rows) if row.state is RowState.SWITCHED]
            for row in found:
                mine = (row.town.mode, row.town.epoch) == (Mode.API, row.epoch)
                row.state = RowState.ROLLED_BACK if mine else RowState.LEFT_OUT
                if mine:
                    self.switched(row.town.name, None)
            move.state = MoveState.ROLLED_BACK
            return found
        if move.state is not MoveState.RUNNING:
            return []
        found = move.due(self.clock.now)
        for row in found:
            self._switched_by_it(row)
        move.first_ended = move.first_ended or self.clock.now
        if not move.waiting(1) and not move.waiting(2):
            move.state = MoveState.DONE
        return found

    def _switched_by_it(self, row: Planned) -> None:
        if (row.town.mode, row.town.epoch) != (Mode.SFTP, row.from_epoch):
            row.state = RowState.LEFT_OUT
            return
        name = row.town.name
        if self.pinned(name) or (name in self.rehearsed and self._blocked(row)):
            row.state = RowState.BLOCKED  # not while a drain is under way, nor when its two systems differed
            return
        self.switched(row.town.name, None)
        row.state, row.epoch = RowState.SWITCHED, row.town.epoch

    def _declare(self, tx: Transaction) -> None:
        super()._declare(tx)
        for name, organization in RECIPIENTS.items():
            client = ApiClient(f"new-{name}", organization, Role.SI, secret_hashes=("hash",))
            tx.clients.add(client, self.clock())

    def _used(self) -> None:
        """The new software was tried a moment ago, so that whoever is to be switched may be."""

        def note(tx: Transaction) -> None:
            for name in RECIPIENTS:
                tx.sightings.note(Sighting(Door.API, f"new-{name}", self.clock()))

        self.run(self.office.store.write(note))


def _subscriptions(names: list[str], tx: Transaction) -> list[Subscription]:
    found = [tx.subscriptions.get(subscription(name)) for name in names]
    return [one for one in found if one is not None]
