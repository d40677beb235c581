"""A real door beside its model, and the comparison of the two, for the state machine of the door."""

from __future__ import annotations

import asyncio
import shutil
import struct
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import asyncssh
from asyncssh.constants import FXP_NAME, FXP_STATUS
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
)

from gateway.domain.deliveries import DeliveryState as State
from tests.fuzz.door import WITHIN, Door, opened_door
from tests.fuzz.door_model import Account, Archive
from tests.fuzz.packets import INIT, answers_in, framed, greeted, string
from tests.sftp_server.wire import Wire


@dataclass
class Reading:
    """An archive that an account has open on a channel of its own."""

    account: str
    archive: Archive
    wire: Wire
    handle: bytes
    served: list[int] = field(default_factory=list)


class DoorBase(RuleBasedStateMachine):
    """A door, what its model knows of it, and what must hold after every step."""

    template: Path
    key_directory: Path
    client_key: asyncssh.SSHKey

    @initialize()
    def begin(self) -> None:
        self.stack = ExitStack()
        runner = self.stack.enter_context(asyncio.Runner(loop_factory=asyncio.new_event_loop))
        directory = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-door-")))
        database = Path(shutil.copy(self.template, directory / "gateway.db"))
        opened = opened_door(runner, database, directory, self.key_directory, self.client_key)
        self.door: Door = self.stack.enter_context(opened)
        self.accounts = {"brest": Account("brest", "/EtatCivil", False), "plat": Account("plat", "", True)}
        self.door.run(self.door.scene.change_account("plat", lambda account: replace(account, allow_unread=True)))
        self.archives: list[Archive] = []
        self.readings: list[Reading] = []

    # What is asked

    def ask(self, who: str, *requests: bytes) -> list[tuple[int, bytes]]:
        answer = self.door.run(self.door.talk(INIT + b"".join(map(framed, requests)), who))
        self.door.check(answer)
        return [(kind, rest) for kind, _, rest in answers_in(greeted(answer))]

    def done(self, who: str, *requests: bytes) -> bool:
        """Whether the last of the requests is answered with OK."""
        kind, rest = self.ask(who, *requests)[-1]
        assert kind == FXP_STATUS
        return rest[:4] == bytes(4)

    def path(self, who: str, *parts: str) -> bytes:
        return string("/".join([self.accounts[who].prefix, *parts]).encode())

    def archive(self, pick: int) -> Archive:
        return self.archives[pick % len(self.archives)]

    async def still(self) -> None:
        """Returns when only the channels that are still being read from have a task at the door."""

        async def wait() -> None:
            connections = self.door.scene.server._connections
            while sum(len(one.tasks) for one in connections) > len(self.readings):
                await asyncio.wait([task for one in connections for task in one.tasks], return_when="FIRST_COMPLETED")

        await asyncio.wait_for(wait(), WITHIN)

    async def settled(self) -> None:
        """Returns when nothing of lost connections is still being ended."""
        while self.door.scene.server._tasks:
            await asyncio.wait(self.door.scene.server._tasks)

    # What must hold

    def listed(self, who: str, *places: str) -> list[set[str]]:
        asked = []
        for number, place in enumerate(places):
            handle = string(struct.pack(">I", number))
            asked += [b"\x0b" + bytes(4) + self.path(who, place), b"\x0c" + bytes(4) + handle]
        answers = self.ask(who, *asked)
        return [_names(rest) for kind, rest in answers if kind == FXP_NAME]

    @invariant()
    def listings_are_those_of_the_model(self) -> None:
        for who, account in self.accounts.items():
            inbox, done, failed, out, refused = self.listed(who, "in", "in/DONE", "in/FAILED", "out", "out/FAILED")
            waiting = {one.name for one in self.archives if one.open and who not in one.places}
            assert inbox == {"DONE", "FAILED", *waiting}
            for place, found in (("DONE", done), ("FAILED", failed)):
                assert found == {one.places[who][1] for one in self.archives if one.places.get(who, "")[:1] == (place,)}
            assert out == account.out()
            assert refused == account.failed()

    @invariant()
    def deliveries_are_those_of_the_model(self) -> None:
        for archive in self.archives:
            found = self.door.run(self.door.scene.delivery(archive.name, username="brest"))
            assert found.state is archive.state
            assert archive.state is not State.FETCHED or found.fetched_at is not None

    def teardown(self) -> None:
        if hasattr(self, "door"):
            self.door.check_left()
        if hasattr(self, "stack"):
            self.stack.close()


def _names(rest: bytes) -> set[str]:
    """The names of a listing, without the two that stand in every one; fails when one stands there twice."""
    (count,) = struct.unpack_from(">I", rest)
    at, found = 4, []
    for _ in range(count):
        for wanted in (True, False):
            (length,) = struct.unpack_from(">I", rest, at)
            if wanted:
                found.append(rest[at + 4 : at + 4 + length].decode())
            at += 4 + length
        at += 32
    assert at == len(rest)
    assert len(set(found)) == len(found)
    return set(found) - {".", ".."}
