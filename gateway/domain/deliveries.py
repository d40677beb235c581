"""Deliveries: the to-do of handing one case to its recipient, and what each gesture makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from gateway.domain.coverage import Ranges
from gateway.domain.identity import Door, Mode
from gateway.domain.statuses import Status


class DeliveryKind(StrEnum):
    """What made the delivery."""

    PUBLICATION = "PUBLICATION"
    REOPENING = "REOPENING"
    COMPLEMENT = "COMPLEMENT"
    MESSAGE = "MESSAGE"


class DeliveryState(StrEnum):
    """READY → FETCHED → ACCEPTED | REJECTED, and besides EXPIRED and WITHDRAWN (delivery rules, States)."""

    READY = "READY"
    FETCHED = "FETCHED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


OPEN: Final = frozenset({DeliveryState.READY, DeliveryState.FETCHED})
ACKNOWLEDGED: Final = frozenset({DeliveryState.ACCEPTED, DeliveryState.REJECTED})


class Gesture(StrEnum):
    """What a recipient did with a delivery, as the journal names it."""

    READ = "read"
    RENAME = "rename"
    DELETE = "delete"
    FAIL = "fail"
    ANSWER = "answer"
    REFUSAL = "refusal"
    STATUS = "status"
    INTEGRATION_ERROR = "integration-error"
    RECEIPT = "receipt"
    DISMISS = "dismiss"
    OPEN_PAGE = "open-page"


class Place(StrEnum):
    """Where an SFTP account put an archive; DELETED is nowhere."""

    DONE = "DONE"
    FAILED = "FAILED"
    DELETED = "DELETED"


NEGATIVE: Final = frozenset({Gesture.FAIL, Gesture.REFUSAL, Gesture.INTEGRATION_ERROR})
_NEEDS_READING: Final = frozenset({Gesture.RENAME, Gesture.DELETE})


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery as the store keeps it.

    Its owner is derived from the subscription, see `owner`; only a drained delivery carries `pinned_mode`. `number` is
    the folder's external number made safe for file names, `sequence` counts the archives of that number in the
    process, `publication` says which publication of the case it belongs to, `event_id` is the event it carries.
    """

    id: str
    case_id: str
    subscription_id: str
    process: str
    kind: DeliveryKind
    state: DeliveryState
    number: str
    sequence: int
    publication: int
    archive_name: str
    archive_size: int
    published_at: datetime
    event_id: str | None = None
    notify: bool = True
    fetched_at: datetime | None = None
    closed_at: datetime | None = None
    closed_door: Door | None = None
    expires_at: datetime | None = None
    pinned_mode: Mode | None = None
    pinned_until: datetime | None = None
    unread: bool = False

    @property
    def open(self) -> bool:
        """Whether it still waits for its recipient."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class Serving:
    """What was served of one delivery through one door to one actor.

    `coverage`: item (the archive, the case's metadata, an attachment) → the byte ranges served. `owned`: the door owned
    the delivery when the actor opened it, under the subscription's `epoch`. `whole_at`: when nothing was missing.
    `closed_at`: when its client last closed a handle of it.
    """

    owned: bool
    epoch: int
    coverage: dict[str, Ranges]
    whole_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a delivery stands towards one reader: who owns it now, and what the reader was served of it so far.

    `holds`: the item asked about is an attachment of its archive's manifest. `rehearsed`: the reader's door acts as if
    it owned the delivery, in a dual run.
    """

    delivery_id: str
    owning: Mode
    epoch: int
    holds: bool
    serving: Serving | None
    rehearsed: bool = False

    def owned_by(self, door: Door) -> bool:
        """Whether a gesture through the door counts now."""
        return counts(door, self.owning, late=False)

    def lacks(self, door: Door) -> bool:
        """Whether it was not served whole yet, or only while another door owned it and this one does now."""
        if self.serving is None or self.serving.whole_at is None:
            return True
        return not self.serving.owned and self.owned_by(door)


@dataclass(frozen=True, slots=True)
class Listed:
    """One archive of an SFTP listing; `size` in bytes."""

    delivery_id: str
    name: str
    size: int
    published_at: datetime


_STATUS_OF_GESTURE: Final = {
    Gesture.READ: Status.SENT,
    Gesture.RENAME: Status.SI_RECEIVED,
    Gesture.DELETE: Status.SI_RECEIVED,
    Gesture.FAIL: Status.SI_INTG_ERROR,
    Gesture.OPEN_PAGE: Status.SI_RECEIVED,
}


def status_of(gesture: Gesture, door: Door) -> Status | None:
    """The case status that a gesture other than an answer stands for, written where the transition table allows it.

    None for gestures that say nothing of the case. A client of the API says SENT itself, if it wants.
    """
    return None if door is Door.API else _STATUS_OF_GESTURE.get(gesture)


def owner(mode: Mode, pinned_mode: Mode | None, pinned_until: datetime | None, now: datetime) -> Mode:
    """The mode that owns a delivery: that of its subscription, unless a drain pinned another until a deadline."""
    if pinned_mode is not None and pinned_until is not None and now < pinned_until:
        return pinned_mode
    return mode


def counts(door: Door, owning: Mode, *, late: bool) -> bool:
    """Whether a gesture through `door` may acknowledge a delivery owned by `owning`.

    `late`: the same door owned the delivery when this caller opened the archive or read the case.
    """
    return door.mode is owning or late


class Verdict(StrEnum):
    """How the gateway takes a gesture."""

    MOVES = "moves"
    """The delivery changes state: this is the one that counts (or, for a whole reading, the fetch)."""
    REPEATS = "repeats"
    """Already settled: answered like the first time, nothing changes."""
    UNREAD = "unread"
    """Refused: the archive was not read whole and the account does not allow that."""
    FOREIGN = "foreign"
    """Does not count: another door owns the delivery. Answered as if there were no such object."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one gesture, and for MOVES the new state; `unread` flags an acceptance without reading."""

    verdict: Verdict
    state: DeliveryState | None = None
    unread: bool = False


def judge(
    gesture: Gesture,
    state: DeliveryState,
    *,
    fetched: bool,
    republished: bool = False,
    allow_unread: bool = True,
    reading_accepts: bool = False,
) -> Judgement:
    """What one counting gesture makes of a delivery; the table of the delivery rules.

    `fetched`: every byte was served at some time. `republished`: the case was published again since. `allow_unread`:
    the account may rename or delete what it did not read. `reading_accepts`: for this account a whole reading is the
    acknowledgement.
    """
    if gesture is Gesture.READ and not reading_accepts:
        moves = state is DeliveryState.READY
        return Judgement(Verdict.MOVES, DeliveryState.FETCHED) if moves else Judgement(Verdict.REPEATS)
    if state not in OPEN and (state is not DeliveryState.EXPIRED or republished):
        return Judgement(Verdict.REPEATS)
    if gesture in NEGATIVE:
        return Judgement(Verdict.MOVES, DeliveryState.REJECTED)
    unread = not fetched and gesture is not Gesture.READ
    if unread and gesture in _NEEDS_READING and not allow_unread:
        return Judgement(Verdict.UNREAD)
    return Judgement(Verdict.MOVES, DeliveryState.ACCEPTED, unread=unread)
