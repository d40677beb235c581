"""What goes on behind the doors: the bridge, periodic jobs, the migration in waves, and undone expiries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial
from random import Random
from typing import Final

from gateway.bridge.answers import carry_answers
from gateway.domain.errors import ConflictError
from gateway.domain.identity import Door, Mode
from gateway.domain.journal import Entry, Line
from gateway.domain.moves import MoveState, RowState, Selection, Spec, StopRules, WaveSize
from gateway.domain.plans import UnplannableError
from gateway.domain.sightings import Sighting
from gateway.domain.switches import InFlight, Switch
from gateway.domain.windows import Window
from gateway.services import expire, housekeeping, moves, planning, sealing, switching, waves
from gateway.services.office import Office, gateway_caller
from gateway.services.ports import Transaction
from tools.simulate.agenda import Agenda
from tools.simulate.depositor import Depositor
from tools.simulate.habits import DAY, HOUR, between
from tools.simulate.subscribers import Subscriber
from tools.simulate.volumes import START
from tools.simulate.world import DEPARTMENTS, client

_PAGE: Final = 5000
_ACTOR: Final = "operator"
_BEGINS: Final = 0.4
"""When the migration begins, as a part of the simulated time; in waves of five, of a tenth, of all the others."""
_WINDOW: Final = Window(frozenset({0, 1, 2, 3}), time(6), time(12))
_DRAIN: Final = 7 * DAY
_BACK, _AGAIN, _DRAINED, _UNDONE = 0.05, 0.5, 0.2, 0.4


@dataclass
class Done:
    """What the operators did."""

    switches: int = 0
    backs: int = 0
    drains: int = 0
    undone: int = 0
    pauses: int = 0
    moves: list[str] = field(default_factory=list)


class Operators:
    """All of them, and the scheduler."""

    def __init__(self, office: Office, agenda: Agenda, subscribers: Sequence[Subscriber], seed: int) -> None:
        self.done = Done()
        self.moved: dict[str, Subscriber] = {}
        self._office = office
        self._agenda = agenda
        self._caller = gateway_caller(office, _ACTOR)
        self._by_subscription = {one.subscription: one for one in subscribers}
        self._moves: list[str] = []
        self._random = Random(f"{seed}/operators")
        self._seen = 0

    def plan(self, days: int, depositor: Depositor) -> None:
        """Puts everything into the agenda."""
        for day in range(days):
            start = START + day * DAY
            self._agenda.at(start + 3 * HOUR, _ACTOR, self._nightly)
            for hour in (8, 12, 17):
                self._agenda.at(start + hour * HOUR, "depositor", depositor.read_notifications)
            if day % 30 == 29:
                self._agenda.at(start + 10 * HOUR, _ACTOR, self._undo)
        begin = START + timedelta(days=int(days * _BEGINS))
        self._agenda.at(begin + 7 * HOUR, _ACTOR, partial(self._move, days))
        for day in range(int(days * _BEGINS), days):
            for half in range(12):
                self._agenda.at(START + day * DAY + (10 + half) * HOUR / 2, _ACTOR, self._drive)

    async def after_step(self) -> None:
        """The bridge: takes in what was put."""
        while await carry_answers(self._office):
            pass

    async def sum_up(self) -> None:
        """Notes where the moves stand in the end."""
        for name in self._moves:
            found = await moves.status(self._office, self._caller, name)
            rows = ", ".join(f"{state} {count}" for state, count in sorted(found.totals.items()))
            self.done.moves.append(f"{name} {found.move.state}: {len(found.waves)} waves, {rows}")

    async def _nightly(self) -> None:
        while await expire.expire_due(self._office):
            pass
        while await housekeeping.settle_answers(self._office):
            pass
        await housekeeping.forget(self._office)
        await sealing.seal_new(self._office)

    def _tried(self, now: datetime, tx: Transaction) -> None:
        """Every vendor has tried the new credentials before a move."""
        for one in self._by_subscription.values():
            tx.sightings.note(Sighting(Door.API, client(one), now))

    async def _move(self, days: int) -> None:
        """Plans and applies the two moves: one that carries what is open, one that drains it."""
        await self._office.store.write(partial(self._tried, self._office.clock()))
        second, third = (timedelta(days=int(part * days)) for part in (0.05, 0.08))
        sizes = (WaveSize(count=5), WaveSize(percent=10.0, pause=second), WaveSize(percent=100.0, pause=third))
        rules = StopRules(failed_deliveries_over=0.05)
        carried, drained = (Selection(mode=Mode.SFTP, departments=chosen) for chosen in (DEPARTMENTS[:2], ("35",)))
        for spec in (
            Spec("carried", carried, Mode.API, waves=sizes, window=_WINDOW, stop_when=rules),
            Spec(
                "drained",
                drained,
                Mode.API,
                in_flight=InFlight.DRAIN,
                drain_for=_DRAIN,
                waves=sizes,
                window=_WINDOW,
                stop_when=rules,
            ),
        ):
            try:
                plan = await planning.plan(self._office, self._caller, spec)
            except UnplannableError:
                continue  # too few subscribers for this one
            digest = plan.digest
            await moves.record(self._office, self._caller, spec, plan.waves, plan.rows(), digest)
            await moves.approve(self._office, self._caller, spec.name, digest)
            await moves.apply(self._office, self._caller, spec.name, digest)
            self._moves.append(spec.name)

    async def _drive(self) -> None:
        """The scheduler's look at the moves; one that stopped itself goes on when somebody has seen why."""
        if not await waves.drive(self._office):
            for name in self._moves:
                if (await moves.status(self._office, self._caller, name)).move.state is MoveState.PAUSED:
                    self.done.pauses += 1
                    await moves.resume(self._office, self._caller, name)
            return
        for name in self._moves:
            after = 0
            while rows := await moves.rows(self._office, self._caller, name, after, 1000, RowState.SWITCHED):
                after = rows[-1].position
                for row in rows:
                    if row.subscription_id not in self.moved:
                        self._moved(self._by_subscription[row.subscription_id], name)

    def _moved(self, subscriber: Subscriber, name: str) -> None:
        self._owned(subscriber, Mode.API, drained=name == "drained")
        if self._random.random() < _BACK:
            self._agenda.after(between(self._random, (HOUR, 20 * DAY)), _ACTOR, partial(self._back, subscriber))

    async def _switch(self, subscriber: Subscriber, to: Mode) -> None:
        drain = self._random.random() < _DRAINED
        wanted = Switch(to, in_flight=InFlight.DRAIN, drain_for=_DRAIN) if drain else Switch(to)
        await switching.switch(self._office, self._caller, subscriber.subscription, wanted)
        self._owned(subscriber, to, drained=drain)

    def _owned(self, subscriber: Subscriber, mode: Mode, *, drained: bool) -> None:
        subscriber.mode = mode
        self.moved[subscriber.subscription] = subscriber
        self.done.switches += 1
        self.done.drains += drained
        subscriber.wake(all_doors=True)
        if drained:
            self._agenda.after(_DRAIN, _ACTOR, partial(self._lifted, subscriber))

    async def _back(self, subscriber: Subscriber) -> None:
        self.done.backs += 1
        await self._switch(subscriber, Mode.SFTP)
        if self._random.random() < _AGAIN:
            again = partial(self._switch, subscriber, Mode.API)
            self._agenda.after(between(self._random, (DAY, 15 * DAY)), _ACTOR, again)

    async def _lifted(self, subscriber: Subscriber) -> None:
        """At the end of a drain what is left of it is in the new inbox."""
        subscriber.wake()

    async def _undo(self) -> None:
        expired = []
        while lines := await self._office.store.read(self._page):
            self._seen = lines[-1].seq
            expired += [line for line in lines if line.entry == Entry.DELIVERY_EXPIRED]
        for line in expired:
            subscriber = self._by_subscription.get(line.subscription_id or "")
            if subscriber is None or subscriber.habits.forever or self._random.random() > _UNDONE:
                continue
            assert line.delivery_id is not None, "an expiry names its delivery"
            try:
                await expire.undo_expiry(self._office, self._caller, line.delivery_id)
            except ConflictError:
                continue  # it was acknowledged late, or its case was published again
            self.done.undone += 1
            subscriber.wake()

    def _page(self, tx: Transaction) -> list[Line]:
        return tx.journal.after(self._seen, _PAGE)
