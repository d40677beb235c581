"""Subscribers' own servers, to which the gateway goes: files in memory, and the troubles that servers have."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import BinaryIO, Final

from gateway.bridge.remote import CHUNK, Entry, Read, RefusedError, Remote, RemoteError
from tools.simulate.agenda import Clock
from tools.simulate.habits import DAY, HOUR, between
from tools.simulate.ledger import Ledger, Said, What
from tools.simulate.volumes import START

ARCHIVES: Final = "in"
ANSWERS: Final = "out"
DOOR: Final = "PUSH"
_SLOW: Final = (
    *[(0.0, (HOUR, HOUR))] * 5,
    *[(0.2, (HOUR / 12, 8 * HOUR))] * 2,
    (1.0, (HOUR, 3 * DAY)),
)
"""Slow servers: how often, and for how long; the last kind is at it for days, and is met by switches."""


@dataclass(frozen=True, slots=True)
class Troubles:
    """One server's. Probabilities are per archive.

    `breaks`: the connection is lost in the middle of it; `forgets`: right behind the rename, so that the gateway does
    not learn of it; `dies`: the gateway's own process ends there. `slow`: how long an upload may take, and how often it
    does. `outages`: when nobody answers.
    """

    breaks: float
    forgets: float
    dies: float
    slow: tuple[float, tuple[timedelta, timedelta]]
    outages: tuple[tuple[datetime, datetime], ...]


def troubles(random: Random, days: int) -> Troubles:
    """The troubles of one server, as they are spread among real ones."""
    outages = []
    for _ in range(random.choice((0, 1, 2, 4)) * days // 100 + 1):
        begun = START + random.random() * days * DAY
        outages.append((begun, begun + between(random, (HOUR, random.choice((6 * HOUR, 3 * DAY))))))
    return Troubles(
        breaks=random.choice((0.0, 0.02, 0.1)),
        forgets=random.choice((0.0, 0.02, 0.1)),
        dies=random.choice((0.0, 0.0, 0.03)),
        slow=random.choice(_SLOW),
        outages=tuple(outages),
    )


@dataclass
class Server:
    """One subscriber's. `files` by directory and name, each with its bytes and when it came; `rest` lets time go on."""

    name: str
    clock: Clock
    troubles: Troubles
    random: Random
    ledger: Ledger
    arrived: Callable[[], None]
    rest: Callable[[timedelta], Awaitable[None]]
    files: dict[str, dict[str, tuple[bytes, datetime]]] = field(default_factory=lambda: defaultdict(dict))
    _told: set[str] = field(default_factory=set)

    @property
    def down(self) -> bool:
        """Whether nobody answers now."""
        return any(begun <= self.clock.now < ended for begun, ended in self.troubles.outages)

    def chance(self, probability: float) -> bool:
        """Whether something happens this time."""
        return self.random.random() < probability

    def stands(self, directory: str) -> list[str]:
        """The names of the files in a directory that are no temporary ones."""
        return sorted(name for name in self.files[directory] if not name.startswith("."))

    def note(self, name: str, *, known: bool) -> None:
        """Writes down that an archive is here whole; `known`: and that the gateway has learnt that."""
        if name in self._told:
            return
        if known:
            self._told.add(name)
        self.ledger.note(Said(self.clock.now, DOOR, self.name, What.FETCHED, name, known))


class VirtualRemote(Remote):
    """One session on it, for the bridge."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._held = server.files

    async def size(self, path: str) -> int | None:
        """The size of a file; the gateway sees an archive that stands there under its own name."""
        self._answer()
        folder, name = _split(path)
        if name not in self._held[folder]:
            return None
        if folder == ARCHIVES and not name.startswith("."):
            self._server.note(name, known=True)
        return len(self._held[folder][name][0])

    async def upload(self, path: str, size: int, read: Read) -> None:
        """Takes a file, perhaps slowly, perhaps not to its end."""
        server = self._server
        archive = path.startswith(f"{ARCHIVES}/")
        breaks = archive and server.chance(server.troubles.breaks)
        slow = archive and server.chance(server.troubles.slow[0])
        data = bytearray()
        for offset in range(0, size, CHUNK):
            data += await read(offset, min(CHUNK, size - offset))
            self._keep(path, data)
            if breaks:
                raise RemoteError("the connection was lost")
            if slow:
                await server.rest(between(server.random, server.troubles.slow[1]))
                slow = False
        self._keep(path, data)

    async def rename(self, before: str, after: str) -> None:
        """Gives a file its other name, and perhaps nobody learns of it."""
        self._answer()
        (old, temporary), (folder, name) = _split(before), _split(after)
        if temporary not in self._held[old] or name in self._held[folder]:
            raise RefusedError("the server refused it: failure")
        server = self._server
        self._held[folder][name] = self._held[old].pop(temporary)
        if folder != ARCHIVES:
            return
        server.arrived()
        lost, dies = server.chance(server.troubles.forgets), server.chance(server.troubles.dies)
        server.note(name, known=not (lost or dies))
        if dies:
            task = asyncio.current_task()
            assert task is not None, "a bridge goes there in a task"
            task.cancel()
            await asyncio.sleep(0)
        if lost:
            raise RemoteError("the connection was lost")

    async def remove(self, path: str) -> None:
        """Deletes a file."""
        self._answer()
        folder, name = _split(path)
        self._held[folder].pop(name, None)

    async def ensure_directory(self, path: str) -> None:
        """Every directory is there."""

    async def files(self, path: str) -> list[Entry]:
        """The files of a directory."""
        self._answer()
        found = [(name, self._held[path][name]) for name in self._server.stands(path)]
        return [Entry(name, len(data), int(at.timestamp())) for name, (data, at) in found]

    async def fetch(self, path: str, size: int, file: BinaryIO) -> int:  # noqa: ARG002 (as the real one has it)
        """Copies a file."""
        self._answer()
        folder, name = _split(path)
        return file.write(self._held[folder][name][0])

    def _keep(self, path: str, data: bytearray) -> None:
        self._answer()
        folder, name = _split(path)
        self._held[folder][name] = (bytes(data), self._server.clock.now)

    def _answer(self) -> None:
        """Raises RemoteError while the server is down."""
        if self._server.down:
            raise RemoteError("the server did not answer in time")


def _split(path: str) -> tuple[str, str]:
    """A directory and a name."""
    folder, _, name = path.rpartition("/")
    return folder, name
