"""Virtual software beside a server of its own: takes archives in that the gateway put there, and puts answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from random import Random

from gateway.domain.identity import Mode
from tools.simulate.agenda import Agenda
from tools.simulate.answers import answer
from tools.simulate.bridge import Bridge
from tools.simulate.habits import HOUR
from tools.simulate.ledger import What
from tools.simulate.legacy import holds, number_of
from tools.simulate.servers import ANSWERS, ARCHIVES, DOOR, Server, troubles
from tools.simulate.subscribers import Poller, Subscriber, final_status


class PushedSoftware(Poller):
    """One subscriber's, and its server. `contents`: what depositors sent, by the dossier's number."""

    def __init__(
        self,
        agenda: Agenda,
        subscriber: Subscriber,
        bridge: Bridge,
        random: Random,
        contents: Mapping[str, frozenset[bytes]],
        days: int,
    ) -> None:
        name = f"push:{subscriber.subscription}"
        super().__init__(agenda, subscriber, name, random)
        self._contents = contents
        self._bridge = bridge
        self._subscriber = subscriber
        self._taken: set[str] = set()
        self._removes = random.random() < 0.5
        self._server = Server(
            name, agenda.clock, troubles(random, days), random, subscriber.ledger, self._arrived, bridge.rest
        )
        bridge.servers[subscriber.subscription] = self._server

    def wake(self) -> None:
        """Lets the gateway come; its own polls follow what that puts."""
        self._bridge.wake()

    def _arrived(self) -> None:
        if not self._subscriber.owned(Mode.SFTP, self.agenda.clock.now):
            self.wrong("an archive was put here, and its door owns none")
        super().wake()

    async def visit(self) -> None:
        """One look into its own directory."""
        for name in self._server.stands(ARCHIVES):
            if name in self._taken:
                continue
            self._taken.add(name)
            if not holds(self._server.files[ARCHIVES][name][0], self._contents[number_of(name)]):
                self.wrong(f"{name} does not hold what was deposited")
            if self._removes:
                del self._server.files[ARCHIVES][name]
            if not (self.habits.says_nothing or self.habits.answers_nothing):
                self.later(self.within(self.habits.answers), partial(self._answer, number_of(name), 1))

    async def _answer(self, number: str, time: int) -> None:
        status, now = final_status(number), self.agenda.clock.now
        name = f"{number}-{now:%m%d%H%M}-{time}.{'xml' if self.habits.bare else 'zip'}"
        self._server.files[ANSWERS][name] = answer(number, status, bare=self.habits.bare), now
        self.later(3 * HOUR, partial(self._look, name, number, status, now))
        if time == 1 and self.chance(self.habits.repeats):
            self.later(self.habits.period, partial(self._answer, number, 2))

    async def _look(self, name: str, number: str, status: str, put: datetime) -> None:
        """Where the gateway has moved the answer."""
        if name in self._server.stands(ANSWERS):
            self.later(3 * HOUR, partial(self._look, name, number, status, put))
            return
        done, failed = (name in self._server.stands(f"{ANSWERS}/{place}") for place in ("DONE", "FAILED"))
        if done is failed:
            self.wrong(f"the answer {name} is nowhere")
        self.note(DOOR, What.ANSWERED, number, taken=done, status=status, at=put)
