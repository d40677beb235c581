"""What two accounts that share a subscription may see of a door: archives, places, uploads (delivery rules)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from gateway.domain.deliveries import DeliveryState as State

Place = Literal["DONE", "FAILED", "DELETED"]
TEMPORARY: Final = (".part", ".filepart")
ERROR: Final = ".error.txt"


@dataclass
class Archive:
    """One delivery. `halves`: per account, which halves of it were served; `places`: where each account put it."""

    name: str
    number: str
    size: int
    state: State = State.READY
    fetched: bool = False
    halves: dict[str, set[int]] = field(default_factory=dict)
    places: dict[str, tuple[Place, str]] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        return self.state in (State.READY, State.FETCHED)

    def closed(self, account: str, served: list[int], *, clean: bool) -> None:
        """A handle ended; of one that broke off, the latest range may not have arrived."""
        counted = served if clean else served[:-1]
        if not counted:
            return
        halves = self.halves.setdefault(account, set())
        halves |= set(counted)
        if clean and halves == {0, 1}:
            self.fetched = True
            if self.state is State.READY:
                self.state = State.FETCHED

    def put(self, account: str, place: Place, name: str, *, allow_unread: bool) -> bool:
        """A rename or removal in the inbox, which nothing in the place's way forbids; whether it is done."""
        if account in self.places:
            return True  # a repetition
        if self.open:
            if place != "FAILED" and not (self.fetched or allow_unread):
                return False
            self.state = State.REJECTED if place == "FAILED" else State.ACCEPTED
        self.places[account] = (place, name)
        return True


@dataclass
class Upload:
    """A file in out/ itself. `whole`: it is an answer by its bytes; `queued`: the gateway will look at it."""

    content: bytes
    whole: bool
    queued: bool


@dataclass
class Account:
    """One account of the door."""

    username: str
    prefix: str
    allow_unread: bool
    uploads: dict[str, Upload] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)  # whole ones that another upload has taken the place of still count
    refused: set[str] = field(default_factory=set)

    def out(self) -> set[str]:
        """What its out/ lists."""
        return {"DONE", "FAILED", *self.uploads}

    def failed(self) -> set[str]:
        """What its out/FAILED lists."""
        return {*self.refused, *(name + ERROR for name in self.refused)}

    def take(self) -> None:
        """All that is queued is refused."""
        taken = {name for name, upload in self.uploads.items() if upload.queued}
        self.refused |= taken | self.replaced
        self.replaced.clear()
        self.uploads = {name: upload for name, upload in self.uploads.items() if name not in taken}

    def hand_in(self, name: str, content: bytes, *, whole: bool) -> None:
        waiting = name.endswith(TEMPORARY) or not whole
        if name in self.uploads and self.uploads[name].queued:
            self.replaced.add(name)
        self.uploads[name] = Upload(content, whole, not waiting)

    def rename(self, source: str, target: str) -> bool:
        upload = self.uploads.get(source)
        if upload is None or target in self.uploads:
            return False
        upload.queued |= upload.whole and not target.endswith(TEMPORARY)
        self.uploads[target] = self.uploads.pop(source)
        return True

    def remove(self, name: str) -> bool:
        upload = self.uploads.get(name)
        if upload is None or upload.queued:
            return False
        del self.uploads[name]
        return True

    def remove_refused(self, name: str) -> bool:
        """The answer and the error file beside it go together."""
        found = name in self.refused
        self.refused.discard(name)
        return found
