"""Long polls: requests that wait until there is something for their organization.

However many wait, one look at the store at a time asks for all of them: at once when this process published
something, and at an interval for what other processes published.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeVar

from aiohttp import web

from gateway.domain.errors import TooManyRequestsError, UnavailableError
from gateway.domain.identity import Caller
from gateway.domain.ids import new_id
from gateway.services.office import Office

T = TypeVar("T")

MOST_OF_CLIENT: Final = 8
"""Requests of one client that may wait at the same time."""
LOOK_EVERY: Final = timedelta(milliseconds=500)
_RETRY_AFTER: Final = timedelta(seconds=1)
_LOOK_BACK: Final = 5.0  # seconds: ids are given before their transaction ends, by clocks that differ a little


@dataclass(eq=False, slots=True)
class _Waiter:
    caller: Caller
    left: Callable[[], bool]
    bell: asyncio.Event = field(default_factory=asyncio.Event)


class Waiting:
    """Those who wait at one door."""

    def __init__(self, office: Office, look_every: timedelta = LOOK_EVERY) -> None:
        self._office = office
        self._look_every = look_every.total_seconds()
        self._waiters: set[_Waiter] = set()
        self._of_client: Counter[str] = Counter()
        self._news = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        self._ended = False

    @property
    def count(self) -> int:
        """How many wait now."""
        return len(self._waiters)

    async def until_found(
        self,
        caller: Caller,
        seconds: float,
        look: Callable[[], Awaitable[Sequence[T]]],
        left: Callable[[], bool] = lambda: False,
    ) -> Sequence[T]:
        """What `look` finds, as soon as it finds anything; nothing after `seconds`, at the end, or for one who left.

        `left` tells whether its client has hung up. Raises TooManyRequestsError when the client has too many requests
        waiting already.
        """
        found = await look()
        if found or self._ended or seconds <= 0:
            return found
        waiter = self._enter(caller, left)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while not self._ended and not waiter.left():
                        waiter.bell.clear()
                        found = await look()
                        if found:
                            break
                        await waiter.bell.wait()
            return found
        finally:
            self._leave(waiter)

    def end(self) -> None:
        """Sends everybody home with what there is, now and from now on."""
        self._ended = True
        for waiter in self._waiters:
            waiter.bell.set()
        self._news.set()

    async def close(self) -> None:
        """Ends, and looks no more."""
        self.end()
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)

    def _enter(self, caller: Caller, left: Callable[[], bool]) -> _Waiter:
        if self._of_client[caller.actor] >= MOST_OF_CLIENT:
            raise TooManyRequestsError(
                f"{MOST_OF_CLIENT} requests of this client wait already: let one of them end first", _RETRY_AFTER
            )
        waiter = _Waiter(caller, left)
        self._of_client[caller.actor] += 1
        self._waiters.add(waiter)
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._look_out())
        return waiter

    def _leave(self, waiter: _Waiter) -> None:
        self._waiters.discard(waiter)
        self._of_client[waiter.caller.actor] -= 1
        if not self._of_client[waiter.caller.actor]:
            del self._of_client[waiter.caller.actor]
        if not self._waiters:
            self._news.set()  # the watch ends

    async def _look_out(self) -> None:
        loop = asyncio.get_running_loop()
        marks = [(loop.time(), new_id())]
        quiet = self._office.signals.listen(self._news.set)
        try:
            while self._waiters and not self._ended:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._look_every):
                        await self._news.wait()
                self._news.clear()
                marks.append((loop.time(), new_id()))
                while len(marks) > 1 and marks[1][0] < loop.time() - _LOOK_BACK:
                    del marks[0]
                arrived = await self._arrived(marks[0][1])
                for waiter in self._waiters:
                    if waiter.caller.organization in arrived or waiter.left():
                        waiter.bell.set()
        finally:
            quiet()

    async def _arrived(self, mark: str) -> set[str]:
        try:
            return await self._office.store.read(lambda tx: tx.notifications.arrived(mark))
        except UnavailableError:
            return set()  # the next look may find the store again


WAITING: Final = web.AppKey("waiting", Waiting)
