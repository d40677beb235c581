"""Virtual software that speaks the API: reads cases, acknowledges by deletion or by a status, crashes and repeats."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from random import Random
from typing import Final

from tools.simulate.agenda import STEP, Agenda
from tools.simulate.doors import Api, CaseSeen, GoneError, Notice, RefusedError
from tools.simulate.habits import Receipt
from tools.simulate.ledger import What
from tools.simulate.subscribers import FINAL, Poller, Subscriber, final_status

_DOOR: Final = "API"
_BEFORE_RECEIPT: Final = ("HUBEE_NOTIFIED", "SENT")


class MigratedSoftware(Poller):
    """One client's. `contents`: what depositors sent, by the dossier's number."""

    def __init__(
        self,
        agenda: Agenda,
        subscriber: Subscriber,
        door: Api,
        random: Random,
        contents: Mapping[str, frozenset[bytes]],
    ) -> None:
        super().__init__(agenda, subscriber, door.actor, random)
        self._door = door
        self._contents = contents
        self._taken: set[str] = set()

    def forget(self) -> None:
        """Takes everything again that is still shown."""
        self._taken.clear()

    async def visit(self) -> None:
        """One poll: everything that it has not taken yet."""
        for notice in await self._door.inbox():
            if notice.id not in self._taken:
                await self._take(notice)

    async def _take(self, notice: Notice) -> None:
        try:
            case = await self._read(notice)
        except GoneError:
            return
        if case is None:
            self.wake()  # the connection broke
            return
        self._taken.add(notice.id)
        self.note(_DOOR, What.FETCHED, notice.case)
        if self.chance(self.habits.doubles):
            await self._read(notice)
        if case.status == "HUBEE_NOTIFIED" and self.habits.posts:
            await self._say(notice.case, "SENT")
        if not self.habits.says_nothing:
            self.later(self.within(self.habits.late), partial(self._acknowledge, notice, case.number))

    async def _read(self, notice: Notice) -> CaseSeen | None:
        """The case and everything in it; None when the connection broke on the way."""
        case = await self._door.case(notice.case)
        broken = self.chance(self.habits.breaks)
        found = set()
        for number, (attachment, event) in enumerate(case.attachments, start=1):
            found.add(hashlib.sha256(await self._door.download(notice.case, attachment, event)).digest())
            if broken:
                if number == len(case.attachments):
                    self.note(_DOOR, What.FETCHED, notice.case)  # it had all of it, and crashed before it kept that
                return None
        if not self._contents[case.number] <= found:
            self.wrong(f"case {notice.case} does not hold what was deposited")
        return case

    async def _acknowledge(self, notice: Notice, number: str) -> None:
        failed = self.chance(self.habits.fails)
        if failed:
            await self._say(notice.case, "SI_INTG_ERROR")
        elif self.habits.receipt is Receipt.STATUS:
            await self._receive(notice.case)
        if failed or self.habits.receipt is Receipt.STATUS:
            self.later(self.habits.period, partial(self._dismiss, notice))
        else:
            await self._dismiss(notice)
        if not failed and not self.habits.answers_nothing:
            self.later(self.within(self.habits.answers), partial(self._answer, notice.case, number))

    async def _receive(self, case: str) -> None:
        """SI_RECEIVED, unless it has come further; perhaps twice, after a crash."""
        for _ in range(2 if self.chance(self.habits.repeats) else 1):
            try:
                seen = await self._door.case(case)
            except GoneError:
                return
            if seen.status in _BEFORE_RECEIPT:
                await self._say(case, "SI_RECEIVED")

    async def _dismiss(self, notice: Notice, *, again: bool = False) -> None:
        try:
            await self._door.dismiss(notice.id)
        except (GoneError, RefusedError):
            self.note(_DOOR, What.DISMISSED, notice.id, taken=False)
        else:
            self.note(_DOOR, What.DISMISSED, notice.id)
        if not again and self.chance(self.habits.repeats):
            self.later(max(STEP, timedelta(hours=1)), partial(self._dismiss, notice, again=True))

    async def _answer(self, case: str, number: str) -> None:
        status = final_status(number)
        try:
            seen = await self._door.case(case)
        except GoneError:
            return
        if seen.status in FINAL:
            return
        if not self.habits.posts:
            await self._say(case, status)
            return
        key = f"{case}-{self.agenda.clock.now:%Y%m%d%H%M}"
        try:
            await self._door.post(case, status, "Traité", key)
            if self.chance(self.habits.repeats):
                await self._door.post(case, status, "Traité", key)  # it crashed before it wrote the answer down
        except (GoneError, RefusedError):
            self.note(_DOOR, What.POSTED, case, taken=False, status=status)
        else:
            self.note(_DOOR, What.POSTED, case, status=status)

    async def _say(self, case: str, status: str) -> None:
        try:
            await self._door.set_status(case, status)
        except (GoneError, RefusedError):
            self.note(_DOOR, What.STATUS, case, taken=False, status=status)
        else:
            self.note(_DOOR, What.STATUS, case, status=status)
