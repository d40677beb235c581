"""Whether a subscription may be switched to another door: what speaks for it and against it, point by point.

A point says go, no-go, or informs only; one no-go is enough (delivery rules, Switch).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.domain.ages import age
from gateway.domain.authorized_keys import keys_of
from gateway.domain.identity import Mode, Transport
from gateway.domain.referential import SftpAccount, Subscription, SubscriptionStatus
from gateway.domain.sightings import Sighting
from gateway.domain.switches import OpenDeliveries

WINDOW: Final = timedelta(days=30)
"""How far back the mandatory statuses of answered cases are looked at."""
_TRIED: Final = "used"
RECENT: Final = timedelta(days=90)
"""A credential that was last used longer ago counts as one that nobody has tried."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A client of the API or an SFTP account. `works`: it is enabled, and a secret, password or key has not ended."""

    name: str
    works: bool
    seen: Sighting | None = None

    def used(self, now: datetime) -> bool:
        """Whether somebody came in by it not long ago."""
        return self.works and self.seen is not None and now - self.seen.seen_at <= RECENT


@dataclass(frozen=True, slots=True)
class LastRun:
    """The latest dual run towards a mode, and how many deliveries compare how; of one under way, so far.

    `example`: what one of the different ones differs in.
    """

    rehearsal_id: str
    mode: Mode
    epoch: int
    started_at: datetime
    over: bool = False
    equal: int = 0
    different: int = 0
    pending: int = 0
    example: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one subscription; made-up dossiers are counted in `open.pinned` alone.

    `clients` and `accounts`: what may come in for it over the API and over SFTP. `server_error`: why its own server
    failed last. `undelivered_since`, `unanswered_since`: the oldest. `answered`: cases of the WINDOW that got beyond
    SENT; in `inserted` of them the gateway recorded a mandatory status that the subscriber had skipped. `move`: the
    move that has not done with it.
    """

    subscription: Subscription
    clients: tuple[Credential, ...] = ()
    accounts: tuple[Credential, ...] = ()
    server_error: str | None = None
    open: OpenDeliveries = field(default_factory=lambda: OpenDeliveries(0, 0))
    undelivered_since: datetime | None = None
    unanswered: int = 0
    unanswered_since: datetime | None = None
    answered: int = 0
    inserted: int = 0
    last_run: LastRun | None = None
    move: str | None = None

    def credentials(self, mode: Mode) -> tuple[Credential, ...]:
        """Those of a mode."""
        return {Mode.API: self.clients, Mode.SFTP: self.accounts}.get(mode, ())


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that was looked at. `ok` None: it informs, and decides nothing."""

    name: str
    ok: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """All points of one subscription, in their order."""

    points: tuple[Point, ...]

    @property
    def go(self) -> bool:
        """Whether nothing speaks against the switch."""
        return all(point.ok is not False for point in self.points)

    @property
    def against(self) -> str:
        """The reasons of every no-go in one line; empty when there is none."""
        return "; ".join(point.reason for point in self.points if point.ok is False)

    @property
    def against_planning(self) -> str:
        """The same without what its subscriber has time for until the switch: to try the new credential."""
        return "; ".join(point.reason for point in self.points if point.ok is False and point.name != _TRIED)


def works(account: SftpAccount, now: datetime, zone: ZoneInfo) -> bool:
    """Whether somebody could log in by an account: it is enabled, and its password or a key has not ended."""
    if not account.enabled or account.pushed:
        return False
    until = account.password_until
    password = account.password_hash is not None and (
        until is None or now < datetime.combine(until + timedelta(days=1), time.min, zone)
    )
    return password or any(not key.expired(now) for key in keys_of((*account.public_keys, *account.authorities)))


def judge(facts: Facts, to: Mode, transport: Transport, now: datetime) -> Readiness:
    """What speaks for and against a switch to a door now; `transport` is looked at for SFTP alone."""
    return Readiness(tuple(_points(facts, to, transport, now)))


def _points(facts: Facts, to: Mode, transport: Transport, now: datetime) -> Iterator[Point]:
    yield _subscription(facts.subscription, to, transport, now)
    yield from _new_door(facts, to, transport, now)
    yield from _present_door(facts, now)
    yield _rehearsal(facts, to)
    yield _undelivered(facts, now)
    yield _unanswered(facts, now)
    yield _statuses(facts)
    pinned = facts.open.pinned
    reason = f"{pinned} deliveries are pinned by an earlier drain: let it end" if pinned else "no drain is under way"
    yield Point("drain", not pinned, reason)
    reason = "it is in no move" if facts.move is None else f"the move {facts.move} has not done with it"
    yield Point("move", facts.move is None, reason)


def _subscription(known: Subscription, to: Mode, transport: Transport, now: datetime) -> Point:
    shown = known.shown(now)
    if shown is not SubscriptionStatus.ACTIVE:
        return Point("subscription", False, f"the subscription is {shown}: activate it first")
    if known.access_mode is to and (to is not Mode.SFTP or known.transport is transport):
        return Point("subscription", False, f"the subscription is in mode {_door(to, transport)} already")
    return Point("subscription", True, "the subscription is active")


def _new_door(facts: Facts, to: Mode, transport: Transport, now: datetime) -> Iterator[Point]:
    if to is Mode.PORTAIL:
        yield Point("credentials", False, "this gateway has no portal yet: no subscriber can be switched to it")
        return
    if to is Mode.SFTP and transport is Transport.PUSH:
        yield from _server(facts)
        return
    found = [one for one in facts.credentials(to) if one.works]
    what = "client of the API with a secret" if to is Mode.API else "SFTP account with a password or key that holds"
    if not found:
        yield Point("credentials", False, f"no enabled {what}: create one and hand it over")
        return
    yield Point("credentials", True, f"{_named(found)}: enabled")
    used = [one for one in found if one.used(now)]
    if used:
        yield Point(_TRIED, True, "; ".join(_seen(one, now) for one in used[:3]))
    elif stale := [one for one in found if one.seen is not None]:
        yield Point(_TRIED, False, f"{_seen(stale[0], now)}: let the subscriber try it again")
    else:
        yield Point(_TRIED, False, f"{_named(found)}: never used, let the subscriber log in once")


def _server(facts: Facts) -> Iterator[Point]:
    target = facts.subscription.push
    if target is None:
        yield Point("credentials", False, "no server is declared to which archives could be pushed")
        return
    yield Point("credentials", True, f"the server {target.host} is declared")
    if facts.server_error is not None:
        yield Point("server", False, f"the server {target.host} failed last: {facts.server_error}")
    else:
        yield Point("server", None, f"nothing is known against the server {target.host}")


def _present_door(facts: Facts, now: datetime) -> Iterator[Point]:
    mode = facts.subscription.access_mode
    pushed = mode is Mode.SFTP and facts.subscription.transport is Transport.PUSH
    seen = [one for one in facts.credentials(mode) if one.seen is not None and not pushed]
    latest = sorted(seen, key=lambda one: (one.seen.seen_at if one.seen else now, one.name), reverse=True)
    if pushed:
        yield Point("present", None, "the gateway pushes: nobody logs in")
    elif not latest:
        yield Point("present", None, f"nobody was seen in mode {mode}")
    else:
        yield Point("present", None, _seen(latest[0], now))
    old = [one.name for one in latest if one.seen is not None and one.seen.legacy_at is not None]
    if old:
        yield Point("algorithms", None, f"old algorithms, by exception: {', '.join(old)}")


def _rehearsal(facts: Facts, to: Mode) -> Point:
    found = facts.last_run
    if found is None or found.mode is not to or found.epoch != facts.subscription.epoch:
        return Point("rehearsal", None, "no rehearsal yet")
    run = f"in the rehearsal {'of' if found.over else 'since'} {found.started_at:%Y-%m-%d}"
    told = f"equal {found.equal}, different {found.different}, pending {found.pending}"
    if found.different:
        example = f" ({found.example})" if found.example else ""
        return Point("rehearsal", False, f"the two systems differed {run}: {told}{example}")
    if not found.equal:
        return Point("rehearsal", None, f"nothing could be compared {run}: {told}")
    return Point("rehearsal", True, f"the two systems did the same {run}: {told}")


def _undelivered(facts: Facts, now: datetime) -> Point:
    opened = facts.open
    reason = f"{opened.ready} deliveries wait to be fetched, {opened.fetched} to be acknowledged"
    if facts.undelivered_since is not None:
        reason += f"; the oldest for {age(now - facts.undelivered_since)}"
    return Point("undelivered", None, reason)


def _unanswered(facts: Facts, now: datetime) -> Point:
    if facts.unanswered_since is None:
        return Point("unanswered", None, "every case has its final status")
    oldest = age(now - facts.unanswered_since)
    return Point("unanswered", None, f"{facts.unanswered} cases have no final status; the oldest for {oldest}")


def _statuses(facts: Facts) -> Point:
    if not facts.answered:
        return Point("statuses", None, f"no case was answered within {WINDOW.days} days")
    if not facts.inserted:
        return Point("statuses", True, f"no mandatory status was skipped in {facts.answered} cases")
    share = round(100 * facts.inserted / facts.answered)
    reason = f"a mandatory status was skipped, and set by the gateway, in {facts.inserted} of {facts.answered} cases"
    return Point("statuses", None, f"{reason} ({share} %)")


def _named(found: list[Credential]) -> str:
    names = [one.name for one in found]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _seen(one: Credential, now: datetime) -> str:
    assert one.seen is not None, "it was looked for"
    said = [text for text in (one.seen.software, one.seen.algorithms) if text]
    return f"{one.name} was last seen {age(now - one.seen.seen_at)} ago" + (f" ({', '.join(said)})" if said else "")


def _door(mode: Mode, transport: Transport) -> str:
    return f"{mode} ({transport})" if mode is Mode.SFTP else str(mode)
