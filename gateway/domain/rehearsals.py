"""Dual runs: a second door acts as if it owned a subscription, and is compared with the owner (delivery rules)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from gateway.domain.deliveries import DeliveryState, Gesture, Place
from gateway.domain.dossiers import Event, EventStatus
from gateway.domain.identity import Mode
from gateway.domain.statuses import BEYOND_SENT, FINAL, RANK, Status, Step

_UNTOUCHED: Final = (DeliveryState.READY, DeliveryState.EXPIRED, DeliveryState.WITHDRAWN)
_ENDS: Final = FINAL | {Status.SI_INTG_ERROR}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One dual run: the door of `mode` rehearses from `started_at` to `ends_at`, under the subscription's `epoch`.

    `result`: the comparison as JSON, once it has ended.
    """

    id: str
    subscription_id: str
    mode: Mode
    epoch: int
    started_by: str
    started_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One delivery as the rehearsing door has it; `place` and `name` are where its SFTP accounts moved the archive.

    `dismissed`: its client deleted the notification, or no longer has to.
    """

    delivery_id: str
    case_id: str
    published_at: datetime
    state: DeliveryState = DeliveryState.READY
    dismissed: bool = False
    place: Place | None = None
    name: str | None = None
    gesture: Gesture | None = None
    fetched_at: datetime | None = None
    closed_at: datetime | None = None
    listed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """The statuses that one side set on a case, in order, from the status in which the dual run found it."""

    begun: Status
    set: tuple[Step, ...] = ()

    @property
    def last(self) -> Status:
        """Where the side has brought the case."""
        return self.set[-1].status if self.set else self.begun

    @property
    def ended(self) -> bool:
        """Whether nothing more is to be expected of that side."""
        return self.last in _ENDS

    def keeps(self, mandatory: Status | None) -> bool:
        """Whether the status that no case may skip was set, or inserted, or did not have to be."""
        if mandatory is None or RANK[self.begun] >= RANK[mandatory] or self.last not in BEYOND_SENT:
            return True
        return RANK[self.last] < RANK[mandatory] or any(step.status is mandatory for step in self.set)


@dataclass(frozen=True, slots=True)
class RehearsedCase:
    """A case as the rehearsing door has it: `status` is what it sees, `way` what it did."""

    case_id: str
    status: Status
    way: Way


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two systems did with one delivery. `digests`: SHA-256 of the attachments it was served whole."""

    fetched: bool
    digests: frozenset[bytes]
    way: Way


class Likeness(StrEnum):
    """How the two sides compare."""

    EQUAL = "EQUAL"
    DIFFERENT = "DIFFERENT"
    PENDING = "PENDING"


@dataclass(frozen=True, slots=True)
class Compared:
    """One delivery compared; `differences` says in words what is not the same (or not yet)."""

    delivery_id: str
    case_id: str
    archive: str
    likeness: Likeness
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the subscriber's two systems did during a dual run, delivery by delivery."""

    rehearsal: Rehearsal
    owner: Mode
    rows: tuple[Compared, ...] = field(default=())

    def of(self, likeness: Likeness) -> tuple[Compared, ...]:
        """The deliveries that compare so."""
        return tuple(row for row in self.rows if row.likeness is likeness)

    @property
    def totals(self) -> dict[str, int]:
        """How many deliveries are equal, different and pending."""
        return {one.lower(): len(self.of(one)) for one in Likeness}


def touched(state: DeliveryState, fetched_at: datetime | None) -> bool:
    """Whether a side has fetched the delivery, or settled it without."""
    return fetched_at is not None or state not in _UNTOUCHED


def way_of(begun: Status, events: Sequence[Event]) -> Way:
    """The statuses that these events of one side set; saying the present status again sets none."""
    return Way(begun, tuple(_steps(begun, events)))


def _steps(begun: Status, events: Sequence[Event]) -> Iterator[Step]:
    last = begun
    for event in events:
        if event.status is EventStatus.IN_PROGRESS or event.new_status is None:
            continue
        status = Status(event.new_status)
        if status is not last:
            yield Step(status, event.inserted)
        last = status


def compare(
    mandatory: Status | None, owner: tuple[Mode, Side], other: tuple[Mode, Side], *, over: bool
) -> tuple[Likeness, tuple[str, ...]]:
    """Compares what the owner and the rehearsing door did with one delivery, with what differs in words.

    Statuses are equal when the last is equal and the mandatory one was set or inserted. What only one side has fetched
    is pending until the dual run is `over`, and so are statuses while a side has not come to an end; what neither has
    fetched stays pending.
    """
    (one_name, one), (two_name, two) = owner, other
    if not one.fetched and not two.fetched:
        return Likeness.PENDING, ("fetched by neither",)
    if one.fetched != two.fetched:
        only = one_name if one.fetched else two_name
        return (Likeness.DIFFERENT if over else Likeness.PENDING), (f"fetched by {only} only",)
    served = tuple(_served(one_name, one, two_name, two))
    statuses = tuple(_statuses(mandatory, owner, other))
    if not served and not statuses:
        return Likeness.EQUAL, ()
    waits = not over and not (one.way.ended and two.way.ended)
    return (Likeness.PENDING if waits else Likeness.DIFFERENT), (*served, *statuses)


def _served(one_name: Mode, one: Side, two_name: Mode, two: Side) -> Iterator[str]:
    for name, missing in ((one_name, two.digests - one.digests), (two_name, one.digests - two.digests)):
        if missing:
            shown = ", ".join(sorted(digest.hex()[:16] for digest in missing))
            yield f"not served whole to {name}: {shown}"


def _statuses(mandatory: Status | None, *sides: tuple[Mode, Side]) -> Iterator[str]:
    if len({side.way.last for _, side in sides}) > 1:
        yield "last status " + ", ".join(f"{side.way.last} by {name}" for name, side in sides)
    for name, side in sides:
        if not side.way.keeps(mandatory):
            yield f"{mandatory} was neither set nor inserted by {name}"
