"""Two accounts of one subscriber at a real door, in any order of gestures, against the model beside this file."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import asyncssh
from asyncssh.constants import FXP_DATA, FXP_HANDLE, FXP_STATUS
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from gateway.bridge.answers import carry_answers
from tests.fuzz.door import WITHIN
from tests.fuzz.door_machine import DoorBase, Reading
from tests.fuzz.door_model import ERROR, Archive, Place
from tests.fuzz.packets import INIT, string
from tests.fuzz.profiles import examples
from tests.pec.answers import answer_zip
from tests.sftp_server.scene import BREST
from tests.sftp_server.wire import Wire

WHO = st.sampled_from(["brest", "plat"])
PICK = st.integers(0, 2**16)
NAMES = st.sampled_from(["a.zip", "b.zip", "a.part", "b.filepart"])
CONTENT = answer_zip("nobody knows this one")
WRITE, CREATE, TRUNCATE = 2, 8, 16


class DoorMachine(DoorBase):
    """Everything that a legacy client does."""

    # Archives

    @precondition(lambda self: len(self.archives) < 5)
    @rule()
    def deposit(self) -> None:
        number = f"N-{len(self.archives)}"
        name = self.door.run(self.door.scene.deposit(recipient=BREST, number=number))
        size = self.door.run(self.door.scene.delivery(name, username="brest")).archive_size
        self.archives.append(Archive(name, number, size))

    @precondition(lambda self: self.archives and len(self.readings) < 4)
    @rule(who=WHO, pick=PICK)
    def open_archive(self, who: str, pick: int) -> None:
        archive = self.archive(pick)

        async def opened() -> tuple[Wire, int, bytes]:
            wire = await self.door.channel(who)
            wire.writer.write(INIT)
            await wire.receive()
            return wire, *await wire.ask(3, self.path(who, "in", archive.name), struct.pack(">II", 1, 0))

        wire, kind, rest = self.door.run(opened())
        if who in archive.places:
            assert kind == FXP_STATUS
            wire.writer.channel.abort()
            return
        assert kind == FXP_HANDLE
        self.readings.append(Reading(who, archive, wire, rest))

    @precondition(lambda self: self.readings)
    @rule(pick=PICK, half=st.integers(0, 1))
    def read(self, pick: int, half: int) -> None:
        reading = self.readings[pick % len(self.readings)]
        middle, size = reading.archive.size // 2, reading.archive.size
        start, end = ((0, middle), (middle, size))[half]
        kind, rest = self.door.run(reading.wire.ask(5, reading.handle, struct.pack(">QI", start, end - start)))
        assert kind == FXP_DATA
        assert len(rest) == 4 + end - start
        reading.served.append(half)

    @precondition(lambda self: self.readings)
    @rule(pick=PICK, clean=st.booleans())
    def end_reading(self, pick: int, clean: bool) -> None:
        """The client closes its file, or only its channel."""
        reading = self.readings.pop(pick % len(self.readings))

        async def ended() -> None:
            if clean:
                kind, rest = await reading.wire.ask(4, reading.handle)
                assert (kind, rest[:4]) == (FXP_STATUS, bytes(4))
            reading.wire.writer.channel.close()
            await asyncio.wait_for(reading.wire.writer.channel.wait_closed(), WITHIN)

        self.door.run(ended())
        self.door.run(self.still())
        reading.archive.closed(reading.account, reading.served, clean=clean)

    @precondition(lambda self: self.readings)
    @rule(who=WHO)
    def lose_connection(self, who: str) -> None:
        """All that the account has open breaks off at once."""

        lost_ones = [one for one in self.readings if one.account == who]
        self.readings = [one for one in self.readings if one.account != who]
        self.door.run(self.door.lose(who))
        self.door.run(self.still())
        self.door.run(self.settled())
        for one in lost_ones:
            one.archive.closed(who, one.served, clean=False)

    @precondition(lambda self: self.archives)
    @rule(who=WHO, pick=PICK, place=st.sampled_from(["DONE", "FAILED", "DELETED"]), other=st.booleans())
    def put_away(self, who: str, pick: int, place: Place, other: bool) -> None:
        """Renames within in/, under its own name or that of the first archive, or removes."""
        archive = self.archive(pick)
        name = self.archives[0].name if other else archive.name
        source = self.path(who, "in", archive.name)
        if place == "DELETED":
            asked = b"\x0d" + bytes(4) + source
        else:
            asked = b"\x12" + bytes(4) + source + self.path(who, "in", place, name)
        taken = who not in archive.places and any(
            one.places.get(who) == (place, name) for one in self.archives if place != "DELETED"
        )
        expected = not taken and archive.put(who, place, name, allow_unread=self.accounts[who].allow_unread)
        assert self.done(who, asked) == expected

    @precondition(lambda self: self.archives)
    @rule(who=WHO, pick=PICK, place=st.sampled_from(["DONE", "FAILED"]))
    def remove_from_place(self, who: str, pick: int, place: Place) -> None:
        archive = self.archive(pick)
        found = archive.places.get(who, ("", ""))
        there = found[0] == place
        name = found[1] if there else archive.name
        there = there or any(one.places.get(who) == (place, name) for one in self.archives)
        assert self.done(who, b"\x0d" + bytes(4) + self.path(who, "in", place, name)) == there
        for one in self.archives:
            if one.places.get(who) == (place, name):
                one.places[who] = ("DELETED", "")

    # Answers

    def written(self, who: str, name: str, flags: int, offset: int, data: bytes, *, close: bool) -> bool:
        asked = [
            b"\x03" + bytes(4) + self.path(who, "out", name) + struct.pack(">II", flags, 0),
            b"\x06" + bytes(4) + string(bytes(4)) + struct.pack(">Q", offset) + string(data),
        ]
        return self.done(who, *asked, *([b"\x04" + bytes(4) + string(bytes(4))] if close else []))

    @rule(who=WHO, name=NAMES, part=st.sampled_from([20, len(CONTENT)]), close=st.booleans())
    def upload(self, who: str, name: str, part: int, close: bool) -> None:
        """All of an answer or its beginning, closed or broken off."""
        assert self.written(who, name, WRITE | CREATE | TRUNCATE, 0, CONTENT[:part], close=close)
        if close:
            self.accounts[who].hand_in(name, CONTENT[:part], whole=part == len(CONTENT))

    @rule(who=WHO, name=NAMES)
    def resume(self, who: str, name: str) -> None:
        """The rest is written behind what is there."""
        account = self.accounts[who]
        kept = account.uploads.get(name)
        if kept is None:
            kind, rest = self.ask(who, b"\x03" + bytes(4) + self.path(who, "out", name) + struct.pack(">II", WRITE, 0))[
                0
            ]
            assert (kind, rest[:4]) == (FXP_STATUS, struct.pack(">I", 2))
            return
        at = len(kept.content)
        assert self.written(who, name, WRITE, at, CONTENT[at:] or b"", close=True)
        account.hand_in(name, CONTENT, whole=True)

    @rule(who=WHO, source=NAMES, new=NAMES)
    def rename_upload(self, who: str, source: str, new: str) -> None:
        asked = b"\x12" + bytes(4) + self.path(who, "out", source) + self.path(who, "out", new)
        assert self.done(who, asked) == self.accounts[who].rename(source, new)

    @rule(who=WHO, name=NAMES)
    def remove_upload(self, who: str, name: str) -> None:
        asked = b"\x0d" + bytes(4) + self.path(who, "out", name)
        assert self.done(who, asked) == self.accounts[who].remove(name)

    @rule(who=WHO, name=NAMES, error=st.booleans())
    def remove_refused(self, who: str, name: str, error: bool) -> None:
        asked = b"\x0d" + bytes(4) + self.path(who, "out", "FAILED", name + ERROR * error)
        assert self.done(who, asked) == self.accounts[who].remove_refused(name)

    @rule()
    def take(self) -> None:
        """The gateway looks at what was handed in: nobody knows its number, so all of it is refused."""
        self.door.run(carry_answers(self.door.scene.office))
        for account in self.accounts.values():
            account.take()


def test_the_door_shows_what_the_rules_say(
    sqlite_template: Path, key_directory: Path, client_key: asyncssh.SSHKey
) -> None:
    DoorMachine.template, DoorMachine.key_directory, DoorMachine.client_key = sqlite_template, key_directory, client_key
    run_state_machine_as_test(DoorMachine, settings=examples(8, steps=25))
