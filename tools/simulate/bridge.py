"""The bridge of the simulated gateway: answers are taken in, archives go to subscribers' own servers, time goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from gateway.bridge.answers import carry_answers
from gateway.bridge.push import Pushes
from gateway.bridge.remote import Remote, RemoteError
from gateway.domain.pushing import Manner, PushTarget
from gateway.services import push_queue
from gateway.services.office import Office
from tools.simulate.agenda import STEP, Agenda
from tools.simulate.habits import HOUR
from tools.simulate.servers import ANSWERS, Server, VirtualRemote

_ACTOR: Final = "bridge"


class Bridge:
    """Goes to virtual servers by the gateway's own `Pushes`, in virtual time.

    A visit that is held up by a slow server lasts while time goes on; all others are over before it does.
    """

    def __init__(self, office: Office, agenda: Agenda, spool: Path) -> None:
        self.servers: dict[str, Server] = {}
        self._office = office
        self._agenda = agenda
        self._pushes = Pushes(office, Manner(), spool, self._connected)
        self._resting: set[asyncio.Task[None]] = set()
        self._rested: asyncio.Future[None] | None = None
        self._asked = False
        self._put = False

    def plan(self, until: datetime) -> None:
        """Looks every hour at what failed, what was carried here, and what answers wait."""
        moment = self._agenda.clock.now + HOUR
        while self.servers and moment < until:
            self._agenda.at(moment, _ACTOR, self._hourly)
            moment += HOUR

    def wake(self) -> None:
        """Something is due."""
        if not self._asked:
            self._asked = True
            self._agenda.after(STEP, _ACTOR, self._send)

    def put(self) -> None:
        """An answer was handed in."""
        self._put = True

    async def take_answers(self) -> None:
        """Takes in what was put."""
        while self._put and await carry_answers(self._office):
            pass
        self._put = False

    async def close(self) -> None:
        """Ends visits that are still held up."""
        await self._pushes.drain(0)

    async def rest(self, time: timedelta) -> None:
        """Holds a visit up."""
        task = asyncio.current_task()
        assert task is not None, "a bridge goes there in a task"
        over = asyncio.get_running_loop().create_future()

        async def wake() -> None:
            self._resting.discard(task)
            if not over.done():
                over.set_result(None)
            await self._quiet()

        self._agenda.after(time, f"{_ACTOR}-{id(task)}", wake)
        self._resting.add(task)
        if self._rested is not None:
            self._rested.set_result(None)
            self._rested = None
        await over

    async def _send(self) -> None:
        self._asked = False
        await self._pushes.send_due()
        await self._quiet()

    async def _hourly(self) -> None:
        while await push_queue.adopt(self._office):
            pass
        await self._send()
        holding = [name for name, one in self.servers.items() if one.stands(ANSWERS)]
        if holding:
            await self._pushes.look_for_answers(holding)
            await self._quiet()
            self.put()

    async def _quiet(self) -> None:
        """Waits until every visit is over or held up."""
        while awake := {one for one in self._pushes.visits if one not in self._resting}:
            if self._rested is None:
                self._rested = asyncio.get_running_loop().create_future()
            await asyncio.wait({*awake, self._rested}, return_when=asyncio.FIRST_COMPLETED)

    @asynccontextmanager
    async def _connected(
        self,
        target: PushTarget,
        *,
        private: bool,  # noqa: ARG002 (as the real one has it)
        connect_timeout: float,  # noqa: ARG002 (as the real one has it)
        timeout: float,  # noqa: ARG002 (as the real one has it)
    ) -> AsyncIterator[Remote]:
        server = self.servers[target.username]
        if server.down:
            raise RemoteError("cannot be reached: Connection refused")
        yield VirtualRemote(server)
