"""What goes on behind the doors: the bridge, periodic jobs, the migration in waves, and undone expiries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from random import Random
from typing import Final

from gateway.bridge.answers import carry_answers
from gateway.domain.errors import ConflictError
from gateway.domain.identity import Mode
from gateway.domain.journal import Entry, Line
from gateway.domain.switches import InFlight, Switch
from gateway.services import expire, housekeeping, sealing, switching
from gateway.services.office import Office, gateway_caller
from gateway.services.ports import Transaction
from tools.simulate.agenda import Agenda
from tools.simulate.depositor import Depositor
from tools.simulate.habits import DAY, HOUR, between
from tools.simulate.subscribers import Subscriber
from tools.simulate.volumes import START
from tools.simulate.world import DEPARTMENTS

_PAGE: Final = 5000
_ACTOR: Final = "operator"
_WAVES: Final = (0.4, 0.46, 0.55)
"""When waves begin, as parts of the simulated time; of five, of a tenth, of all the others."""
_BACK, _AGAIN, _DRAINED, _UNDONE = 0.05, 0.5, 0.2, 0.4


@dataclass
class Done:
    """What the operators did."""

    switches: int = 0
    backs: int = 0
    drains: int = 0
    undone: int = 0


class Operators:
    """All of them, and the scheduler."""

    def __init__(self, office: Office, agenda: Agenda, subscribers: Sequence[Subscriber], seed: int) -> None:
        self.done = Done()
        self.moved: dict[str, Subscriber] = {}
        self._office = office
        self._agenda = agenda
        self._caller = gateway_caller(office, _ACTOR)
        self._by_subscription = {one.subscription: one for one in subscribers}
        self._subscribers = subscribers
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
        chosen = [one for one in self._subscribers if one.mode is Mode.SFTP and _department(one) in DEPARTMENTS[:3]]
        self._random.shuffle(chosen)
        sizes = (5, max(1, len(chosen) // 10), len(chosen))
        for part, size in zip(_WAVES, sizes, strict=True):
            wave, chosen = chosen[:size], chosen[size:]
            start = START + timedelta(days=int(days * part)) + 9 * HOUR
            for number, one in enumerate(wave):
                moment = start + number * timedelta(seconds=20)
                self._agenda.at(moment, _ACTOR, partial(self._switch, one, Mode.API))

    async def after_step(self) -> None:
        """The bridge: takes in what was put."""
        while await carry_answers(self._office):
            pass

    async def _nightly(self) -> None:
        while await expire.expire_due(self._office):
            pass
        while await housekeeping.settle_answers(self._office):
            pass
        await housekeeping.forget(self._office)
        await sealing.seal_new(self._office)

    async def _switch(self, subscriber: Subscriber, to: Mode) -> None:
        drain = self._random.random() < _DRAINED
        wanted = Switch(to, in_flight=InFlight.DRAIN, drain_for=7 * DAY) if drain else Switch(to)
        await switching.switch(self._office, self._caller, subscriber.subscription, wanted)
        subscriber.mode = to
        self.done.switches += 1
        self.done.drains += drain
        first = subscriber.subscription not in self.moved
        self.moved[subscriber.subscription] = subscriber
        subscriber.wake(all_doors=True)
        if drain:
            self._agenda.after(7 * DAY, _ACTOR, partial(self._lifted, subscriber))
        if first and self._random.random() < _BACK:
            self._agenda.after(between(self._random, (HOUR, 20 * DAY)), _ACTOR, partial(self._back, subscriber))

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


def _department(subscriber: Subscriber) -> str:
    return subscriber.organization.rsplit("-", 1)[1][:2]
