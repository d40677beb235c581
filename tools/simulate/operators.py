"""What goes on behind the doors: periodic jobs, the migration, switches and dual runs by hand, undone expiries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial
from random import Random
from typing import Final

from gateway.domain.errors import ConflictError
from gateway.domain.identity import Door, Mode, Transport
from gateway.domain.journal import Entry, Line
from gateway.domain.rehearsals import Likeness, Rehearsal
from gateway.domain.sightings import Sighting
from gateway.domain.switches import InFlight, Switch
from gateway.domain.windows import Window
from gateway.services import expire, housekeeping, rehearsals, sealing, switching
from gateway.services.office import Office, gateway_caller
from gateway.services.ports import Transaction
from tools.simulate.agenda import Agenda
from tools.simulate.depositor import Depositor
from tools.simulate.habits import DAY, HOUR, between
from tools.simulate.migration import ACTOR, DRAIN, Migration
from tools.simulate.subscribers import Run, Subscriber
from tools.simulate.volumes import START
from tools.simulate.world import client

_PAGE: Final = 5000
_BEGINS: Final = 0.4
"""When the migration begins, as a part of the simulated time; in waves of five, of a tenth, of all the others."""
_WINDOW: Final = Window(frozenset({0, 1, 2, 3}), time(6), time(12))
_BACK, _AGAIN, _DRAINED, _UNDONE, _REHEARSED = 0.05, 0.5, 0.2, 0.4, 0.1


@dataclass
class Done:
    """What the operators did."""

    switches: int = 0
    backs: int = 0
    drains: int = 0
    undone: int = 0
    pauses: int = 0
    returned: int = 0
    rehearsed: int = 0
    """Dual runs begun by hand, which `equal` of led to a switch."""
    equal: int = 0
    moves: list[str] = field(default_factory=list)


class Operators:
    """All of them, and the scheduler."""

    def __init__(self, office: Office, agenda: Agenda, subscribers: Sequence[Subscriber], seed: int) -> None:
        self.done = Done()
        self.switched: dict[str, Subscriber] = {}
        self._office = office
        self._agenda = agenda
        self._caller = gateway_caller(office, ACTOR)
        self._by_subscription = {one.subscription: one for one in subscribers}
        self._migration = Migration(office, agenda, self._by_subscription, self, _WINDOW)
        self._random = Random(f"{seed}/operators")
        self._seen = 0

    def plan(self, days: int, depositor: Depositor) -> None:
        """Puts everything into the agenda."""
        for day in range(days):
            start = START + day * DAY
            self._agenda.at(start + 3 * HOUR, ACTOR, self._nightly)
            for hour in (8, 12, 17):
                self._agenda.at(start + hour * HOUR, "depositor", depositor.read_notifications)
            if day % 30 == 29:
                self._agenda.at(start + 10 * HOUR, ACTOR, self._undo)
                self._agenda.at(start + 10 * HOUR, ACTOR, self.tried)
        begin = START + timedelta(days=int(days * _BEGINS))
        self._agenda.at(begin + 7 * HOUR, ACTOR, partial(self._migration.begin, days))
        for subscriber in self._by_subscription.values():
            if self._random.random() < _REHEARSED:
                moment = START + timedelta(days=self._random.uniform(0.1, 0.85) * days)
                self._agenda.at(moment, ACTOR, partial(self._rehearse, subscriber, timedelta(days=days // 12)))
        for day in range(int(days * _BEGINS), days):
            for hour in (7, 10):
                self._agenda.at(START + day * DAY + hour * HOUR, ACTOR, self._migration.drive)

    async def sum_up(self) -> None:
        """Notes where the moves stand in the end."""
        self.done.moves += await self._migration.sum_up()
        self.done.pauses, self.done.returned = self._migration.pauses, self._migration.returned

    async def _nightly(self) -> None:
        await self._end_due()
        while await expire.expire_due(self._office):
            pass
        while await housekeeping.settle_answers(self._office):
            pass
        await housekeeping.forget(self._office)
        await sealing.seal_new(self._office)

    async def tried(self) -> None:
        """Every vendor tries the new credentials from time to time."""
        await self._office.store.write(partial(self._seen_at_api, self._office.clock()))

    def _seen_at_api(self, now: datetime, tx: Transaction) -> None:
        for one in self._by_subscription.values():
            tx.sightings.note(Sighting(Door.API, client(one), now))

    def moved(self, subscriber: Subscriber, mode: Mode, *, drained: bool) -> None:
        """Takes down a switch by a move; some of those who were moved are soon switched back by hand."""
        self._owned(subscriber, mode, drained=drained)
        if mode is Mode.API and self._random.random() < _BACK:
            self._agenda.after(between(self._random, (HOUR, 20 * DAY)), ACTOR, partial(self._back, subscriber))

    def blocked(self, subscriber: Subscriber) -> None:
        """Half of those whose two systems differed are switched all the same, when their vendor has been told."""
        if self._random.random() < _AGAIN:
            later = between(self._random, (DAY, 15 * DAY))
            self._agenda.after(later, ACTOR, partial(self._switch, subscriber, Mode.API))

    async def _rehearse(self, subscriber: Subscriber, lasting: timedelta) -> None:
        """Lets the system of the other door run beside that of the owner."""
        mode = Mode.SFTP if subscriber.mode is Mode.API else Mode.API
        if mode is Mode.SFTP and subscriber.transport is Transport.PUSH:
            return  # nobody rehearses by a server of its own
        try:
            begun = await rehearsals.start(self._office, self._caller, subscriber.subscription, mode, lasting)
        except ConflictError:
            return  # a move lets it rehearse already, or a drain is under way
        assert isinstance(begun, Rehearsal), "it goes with no idempotency key"
        self.done.rehearsed += 1
        subscriber.rehearse(begun.id, mode, self._agenda.clock.now)
        run = subscriber.runs[-1]
        if self._random.random() < 0.3:
            early = between(self._random, (HOUR, lasting))
            self._agenda.after(early, ACTOR, partial(self._broken_off, subscriber, run))
        self._agenda.after(lasting, ACTOR, partial(self._rehearsed, subscriber, run))

    async def _broken_off(self, subscriber: Subscriber, run: Run) -> None:
        """Ends a dual run by hand."""
        if run.ended is None:
            await rehearsals.end(self._office, self._caller, subscriber.subscription)
            subscriber.end_run(self._agenda.clock.now)

    async def _rehearsed(self, subscriber: Subscriber, run: Run) -> None:
        """A dual run is over: whoever did the same in both systems is switched."""
        await self._end_due()
        found = await rehearsals.compare(self._office, self._caller, run.id)
        if found.of(Likeness.EQUAL) and not found.of(Likeness.DIFFERENT) and subscriber.mode is not run.mode:
            self.done.equal += 1
            await self._switch(subscriber, run.mode)

    async def _end_due(self) -> None:
        """Ends the dual runs whose time is over, those of a move too."""
        await rehearsals.end_due(self._office)
        for one in self._by_subscription.values():
            if one.rehearses is None:
                continue
            kept = await self._office.store.read(partial(_rehearsal, one.runs[-1].id))
            if kept is not None and kept.ended_at is not None:
                one.end_run(self._agenda.clock.now)

    async def _switch(self, subscriber: Subscriber, to: Mode) -> None:
        if subscriber.mode is to:
            return  # somebody else did it meanwhile
        drain = self._random.random() < _DRAINED
        rule, time = (InFlight.DRAIN, DRAIN) if drain else (InFlight.CARRY, None)
        wanted = Switch(to, subscriber.transport, rule, time)
        await switching.switch(self._office, self._caller, subscriber.subscription, wanted)
        self._owned(subscriber, to, drained=drain)

    def _owned(self, subscriber: Subscriber, mode: Mode, *, drained: bool) -> None:
        subscriber.mode, subscriber.since = mode, self._agenda.clock.now
        subscriber.drains_until = subscriber.since + DRAIN if drained else subscriber.since
        subscriber.end_run(self._agenda.clock.now)
        self.switched[subscriber.subscription] = subscriber
        self.done.switches += 1
        self.done.drains += drained
        subscriber.wake(all_doors=True)
        if drained:
            self._agenda.after(DRAIN, ACTOR, partial(self._lifted, subscriber))

    async def _back(self, subscriber: Subscriber) -> None:
        self.done.backs += 1
        await self._switch(subscriber, Mode.SFTP)
        if self._random.random() < _AGAIN:
            again = partial(self._switch, subscriber, Mode.API)
            self._agenda.after(between(self._random, (DAY, 15 * DAY)), ACTOR, again)

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


def _rehearsal(identifier: str, tx: Transaction) -> Rehearsal | None:
    return tx.rehearsals.get(identifier)
