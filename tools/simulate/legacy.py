"""A virtual legacy server: lists, reads, loses connections, reads again, renames or deletes, and answers days later."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from random import Random
from typing import Final

from gateway.domain.deliveries import Place
from tools.simulate.agenda import STEP, Agenda
from tools.simulate.answers import answer
from tools.simulate.doors import GoneError, Reading, RefusedError, Sftp
from tools.simulate.habits import Gesture
from tools.simulate.ledger import What
from tools.simulate.subscribers import Behaving, Poller, final_status

_PLACES: Final = {Gesture.RENAME: Place.DONE, Gesture.DELETE: Place.DELETED}
_WHATS: Final = {Place.DONE: What.RENAMED, Place.DELETED: What.DELETED, Place.FAILED: What.FAILED}
_DOOR: Final = "SFTP"


class LegacyServer(Poller):
    """One account's. `answers`: it is the one of its subscriber that answers; `contents`: what depositors sent.

    `put`: told of every answer.
    """

    def __init__(
        self,
        agenda: Agenda,
        subscriber: Behaving,
        door: Sftp,
        random: Random,
        contents: Mapping[str, frozenset[bytes]],
        put: Callable[[], None],
        *,
        answers: bool,
    ) -> None:
        super().__init__(agenda, subscriber, door.actor, random)
        self._door = door
        self._answers = answers
        self._contents = contents
        self._put = put
        self._taken: set[str] = set()
        self._parts: dict[str, bytes] = {}
        self._digests: dict[str, bytes] = {}

    async def visit(self) -> None:
        """One poll: everything that it has not taken yet."""
        for name in await self._door.names():
            if name not in self._taken:
                await self._open(name)

    async def _open(self, name: str) -> None:
        try:
            reading = await self._door.open(name)
        except GoneError:
            return  # the other account was faster
        if self.chance(self.habits.breaks):
            known = self._parts.get(name, b"")
            part = known + await reading.read(len(known), (len(known) + reading.size) // 2)
            await reading.end(clean=False)
            if self.habits.resumes:
                self._parts[name] = part
            self.wake()
            return
        self._taken.add(name)
        if self.habits.stuck:
            self.later(self.habits.stuck, partial(self._finish, reading, name))
        else:
            await self._finish(reading, name)

    async def _finish(self, reading: Reading, name: str) -> None:
        """Reads on where it was cut off before, and closes."""
        known = self._parts.pop(name, b"")
        content = known + await reading.read(len(known), reading.size)
        await reading.end(clean=True)
        self._whole(name, content)
        if self.chance(self.habits.doubles):
            await self._again(name)
        if not self.habits.says_nothing:
            self.later(self.within(self.habits.late), partial(self._put_away, name))

    async def _again(self, name: str) -> None:
        try:
            reading = await self._door.open(name)
        except GoneError:
            return
        content = await reading.read(0, reading.size)
        await reading.end(clean=True)
        self._whole(name, content)

    def _whole(self, name: str, content: bytes) -> None:
        self.note(_DOOR, What.FETCHED, name)
        digest = hashlib.sha256(content).digest()
        if self._digests.setdefault(name, digest) != digest:
            self.wrong(f"{name} has other bytes than the first time")
        if not holds(content, self._contents[number_of(name)]):
            self.wrong(f"{name} does not hold what was deposited")

    async def _put_away(self, name: str, again: Place | None = None) -> None:
        """Renames or deletes, and perhaps does it again, as a server does that crashed before it wrote that down."""
        place = again or (Place.FAILED if self.chance(self.habits.fails) else _PLACES.get(self.habits.gesture))
        if place is not None:
            await self._gesture(name, place)
            if again is None and self.chance(self.habits.repeats):
                self.later(self.habits.period, partial(self._put_away, name, place))
        if again is None and self._answers and place is not Place.FAILED and not self.habits.answers_nothing:
            self.later(self.within(self.habits.answers), partial(self._answer, number_of(name), 1))

    async def _gesture(self, name: str, place: Place) -> None:
        try:
            await self._door.put_away(name, place)
        except (GoneError, RefusedError):
            self.note(_DOOR, _WHATS[place], name, taken=False)
        else:
            self.note(_DOOR, _WHATS[place], name)

    async def _answer(self, number: str, time: int) -> None:
        status = final_status(number)
        ending = "xml" if self.habits.bare else "zip"
        name = f"{number}-{self.agenda.clock.now:%m%d%H%M}-{time}.{ending}"
        await self._door.put(name, answer(number, status, bare=self.habits.bare))
        self._put()
        self.later(STEP, partial(self._look, name, number, status, self.agenda.clock.now))
        if time == 1 and self.chance(self.habits.repeats):
            self.later(self.habits.period, partial(self._answer, number, 2))

    async def _look(self, name: str, number: str, status: str, put: datetime) -> None:
        """Whether the answer was taken in: nothing about it is in out/FAILED."""
        taken = name not in await self._door.refused()
        self.note(_DOOR, What.ANSWERED, number, taken=taken, status=status, at=put)

    def forget(self) -> None:
        """Takes everything again that is still shown."""
        self._taken.clear()


def number_of(archive: str) -> str:
    """The number of the dossier that an archive is about, by its name."""
    return archive.rsplit("-", 2)[0]


def holds(content: bytes, wanted: frozenset[bytes]) -> bool:
    """Whether an archive is whole, and has entries with all of these digests."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return wanted <= {hashlib.sha256(archive.read(one)).digest() for one in archive.namelist()}
    except zipfile.BadZipFile:
        return False
