"""What deliveries should do, in a few lines per gesture: written from the delivery rules, not from the services.

The state machine plays the same gestures on the services and on this model, and compares what both then show.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from gateway.domain.deliveries import DeliveryState as State
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Mode, Role
from gateway.domain.statuses import Status, StatusRules, allowed, steps

GRACE: Final = timedelta(minutes=10)
RETENTION: Final = timedelta(days=30)
EXPIRE_AFTER: Final = timedelta(days=12)
RULES: Final = StatusRules()
CODES: Final = {
    14: Status.SI_RECEIVED,
    15: Status.SI_INTG_ERROR,
    16: Status.IN_PROGRESS,
    17: Status.IN_PROGRESS,  # the process takes no complements
    19: Status.DONE,
    20: Status.REFUSED,
    100: Status.DONE,
}
BEYOND_SENT: Final = {Status.SI_RECEIVED, Status.IN_PROGRESS, Status.DONE, Status.REFUSED}


@dataclass
class Town:
    """A recipient: its mode, and what its SFTP account means by its gestures."""

    name: str
    mode: Mode
    epoch: int = 1
    reading_accepts: bool = False
    allow_unread: bool = False


@dataclass
class Case:
    id: str
    town: Town
    folder: str
    number: str
    status: Status = Status.HUBEE_NOTIFIED
    publication: int = 1
    deliveries: list[Delivery] = field(default_factory=list)
    counted: set[tuple[int, bytes]] = field(default_factory=set)


@dataclass
class Delivery:
    """`seen`: the modes whose door owned it when it was opened there; `place`: where its account put it.

    `closed_by`: the mode of the door that accepted or rejected it. `pinned`: a drain's mode, and until when.
    """

    id: str
    name: str
    size: int
    case: Case
    kind: str
    publication: int
    published_at: datetime
    event: str | None = None
    state: State = State.READY
    fetched: bool = False
    closed_at: datetime | None = None
    closed_by: Mode | None = None
    listed_until: datetime | None = None
    kept_by_api: bool = False
    place: str | None = None
    placed_at: datetime | None = None
    seen: set[Mode] = field(default_factory=set)
    halves: set[int] = field(default_factory=set)
    items: set[str] = field(default_factory=set)
    manifest: tuple[str, ...] = ()
    acknowledgements: int = 0
    pinned: tuple[Mode, datetime] | None = None

    @property
    def open(self) -> bool:
        return self.state in (State.READY, State.FETCHED)

    @property
    def acknowledgeable(self) -> bool:
        """Open, or expired without the case having been published again."""
        return self.open or (self.state is State.EXPIRED and self.publication == self.case.publication)

    def owner(self, now: datetime) -> Mode:
        return self.pinned[0] if self.pinned is not None and now < self.pinned[1] else self.case.town.mode

    def counts(self, mode: Mode, now: datetime) -> bool:
        return self.owner(now) is mode or mode in self.seen

    def addressable(self, now: datetime) -> bool:
        """Over SFTP: this door's, or opened there while it was; closed ones for the retention."""
        if self.state is State.WITHDRAWN or not self.counts(Mode.SFTP, now):
            return False
        return self.open or self.closed_at is None or now - self.closed_at < RETENTION

    def listed(self, now: datetime) -> bool:
        """In the SFTP inbox."""
        graceful = self.listed_until is not None and now < self.listed_until
        return self.owner(now) is Mode.SFTP and self.place is None and (self.open or graceful)

    def notified(self, now: datetime) -> bool:
        """In the API inbox."""
        return self.kept_by_api or (self.open and self.owner(now) is Mode.API)

    def close(self, state: State, now: datetime, mode: Mode | None = None) -> None:
        self.state, self.closed_at, self.closed_by = state, now, mode
        if state in (State.ACCEPTED, State.REJECTED):
            self.acknowledgements += 1

    def read_whole(self, mode: Mode, now: datetime) -> None:
        """Every byte went out and the handle was closed: FETCHED, and SENT unless over the API."""
        if not self.counts(mode, now):
            return
        accepts = mode is Mode.SFTP and self.case.town.reading_accepts
        if accepts and self.acknowledgeable:
            self.close(State.ACCEPTED, now, mode)
            self.listed_until = now + GRACE
        elif not accepts and self.state is State.READY:
            self.state = State.FETCHED
        else:
            self.fetched = self.fetched or mode is Mode.SFTP
            return
        self.fetched = True
        if mode is Mode.SFTP:
            self.follow(Status.SENT)

    def follow(self, status: Status) -> None:
        """A gesture other than an answer writes its status only if the table allows it."""
        if status in allowed(RULES, Role.SI, self.case.status):
            self.case.status = status


def settle_by_answer(case: Case, mode: Mode, *, negative: bool, now: datetime) -> bool:
    """An answer or a status: accepts the FETCHED ones, else the oldest open one. False: it does not count."""
    mine = [one for one in case.deliveries if one.counts(mode, now)]
    if not mine:
        return case.town.mode is mode
    fetched = [one for one in mine if one.state is State.FETCHED]
    ready = [one for one in mine if one.state is State.READY]
    late = [one for one in mine if one.state is State.EXPIRED and one.acknowledgeable]
    for one in fetched or (ready or late)[:1]:
        one.close(State.REJECTED if negative else State.ACCEPTED, now, mode)
        one.kept_by_api = mode is Mode.API
    return True


def served_over_api(case: Case, item: str, now: datetime) -> None:
    """The metadata or an attachment went out to the recipient: counted for every open delivery that holds it.

    What another door has settled is noted too.
    """
    for delivery in case.deliveries:
        if item != "metadata" and item not in delivery.manifest:
            continue
        settled = delivery.state in (State.ACCEPTED, State.REJECTED) and delivery.closed_by is not Mode.API
        if delivery.owner(now) is Mode.API and (delivery.open or settled):
            delivery.seen.add(Mode.API)
        if not delivery.open:
            continue
        delivery.items.add(item)
        if delivery.items >= {"metadata", *delivery.manifest}:
            delivery.read_whole(Mode.API, now)


def withdraw(case: Case, now: datetime, *, reopening: int | None = None) -> bool:
    """Takes back what nobody has fetched; `reopening`: only the re-opening that is that publication."""
    found = [one for one in case.deliveries if one.state is State.READY]
    if reopening is not None:
        found = [one for one in found if one.kind == "REOPENING" and one.publication == reopening]
    for delivery in found:
        delivery.close(State.WITHDRAWN, now)
    return bool(found)


def answered(case: Case, code: int, digest: bytes, now: datetime) -> str:
    """What becomes of an answer over SFTP: TAKEN, DUPLICATE or REFUSED."""
    if (case.publication, digest) in case.counted:
        return "DUPLICATE"
    try:
        way = steps(RULES, Role.SI, case.status, CODES[code])
    except InvalidRequestError:
        return "REFUSED"
    if not settle_by_answer(case, Mode.SFTP, negative=code == 15, now=now):
        return "REFUSED"
    case.counted.add((case.publication, digest))
    if way:
        case.status = way[-1].status
    return "TAKEN"


_ORDER: Final = ("HUBEE_NOTIFIED", "SENT", "SI_RECEIVED", "IN_PROGRESS", "ADD_AWAITING", "DONE")


def status_of_folder(cases: Iterable[Status]) -> str:
    """That of the least advanced case; SI_INTG_ERROR counts as SENT; REFUSED only if all are."""
    found = {"SENT" if status == "SI_INTG_ERROR" else str(status) for status in cases}
    if found == {"REFUSED"}:
        return "REFUSED"
    return min(("DONE" if status == "REFUSED" else status for status in found), key=_ORDER.index)


def may_say(case: Case, mode: Mode, now: datetime) -> bool:
    """Whether the recipient may give the case a status through the door of that mode."""
    return (
        case.town.mode is mode
        or any(mode in one.seen for one in case.deliveries)
        or any(one.owner(now) is mode for one in case.deliveries)  # what a drain has left it, answered or not
    )


def switch(town: Town, to: Mode, deliveries: Iterable[Delivery], until: datetime | None, now: datetime) -> None:
    """Another owner; with `until` what is open, and not pinned already, finishes through the old door until then."""
    for one in deliveries:
        if until is not None and one.open and (one.pinned is None or one.pinned[1] <= now):
            one.pinned = (town.mode, until)
    town.mode, town.epoch = to, town.epoch + 1
