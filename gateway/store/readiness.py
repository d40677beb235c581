"""What readiness is judged by, for one subscription or a page of many: the same few queries, each for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, or_, select, union

from gateway.domain.identity import Door, Mode
from gateway.domain.readiness import WINDOW, Credential, Facts, LastRun, works
from gateway.domain.referential import SftpAccount, Subscription
from gateway.domain.sightings import Sighting
from gateway.domain.switches import OpenDeliveries
from gateway.store.deliveries import OPEN
from gateway.store.session import Row, Session
from gateway.store.statement import Statement
from gateway.store.subscriptions import COLUMNS, subscription
from gateway.store.synthetic import MADE_UP
from gateway.store.tables import (
    api_clients,
    breakers,
    cases,
    deliveries,
    events,
    move_rows,
    moves,
    rehearsals,
    sftp_accounts,
    sightings,
    subscriptions,
)
from gateway.store.tables import sftp_account_subscriptions as links
from gateway.store.values import at, from_json, from_ms, to_ms

PAGE: Final = 500
_SIZES: Final = (1, 50, PAGE)
"""So many ids a statement takes; a page that is smaller repeats its last one, so that few statements are compiled."""
_NONE: Final = OpenDeliveries(0, 0)

_s, _d, _c, _e = subscriptions.c, deliveries.c, cases.c, events.c
_k, _a, _w, _v, _r = api_clients.c, sftp_accounts.c, sightings.c, move_rows.c, rehearsals.c
_SEEN = [_w.seen_at, _w.software, _w.algorithms, _w.legacy_at]
_UNANSWERED = ("HUBEE_NOTIFIED", "SENT", "SI_RECEIVED", "SI_INTG_ERROR", "IN_PROGRESS", "ADD_AWAITING")
_ANSWERED = ("SI_RECEIVED", "IN_PROGRESS", "ADD_AWAITING", "DONE", "REFUSED", "CLOSED")
_MOVING = ("APPROVED", "RUNNING", "PAUSED", "ROLLBACK")


@dataclass(slots=True)
class _Found:
    """What the queries found, by subscription (`clients`: by organization)."""

    clients: dict[str, list[tuple[str | None, Credential]]] = field(default_factory=dict)
    accounts: dict[str, list[Credential]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    open: dict[str, tuple[OpenDeliveries, datetime | None]] = field(default_factory=dict)
    unanswered: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    answered: dict[str, tuple[int, int]] = field(default_factory=dict)
    last_runs: dict[str, LastRun] = field(default_factory=dict)
    moves: dict[str, str] = field(default_factory=dict)


# Each from its own few rows, and never from every subscription.
_DOUBTFUL = Statement(
    union(
        select(_d.subscription_id).where(_d.pinned_mode.is_not(None), _d.pinned_until > bindparam("now"), OPEN),
        select(_r.subscription_id).join(subscriptions, and_(_s.id == _r.subscription_id, _s.epoch == _r.epoch)),
        select(links.c.subscription_id)
        .join(sftp_accounts, _a.id == links.c.account_id)
        .where(or_(_a.password_until.is_not(None), _a.public_keys.contains("expiry-time"))),
        select(breakers.c.subscription_id).where(breakers.c.last_error.is_not(None)),
    )
)


class Readiness:
    """Reads across the tables; writes nothing."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def doubtful(self, now: datetime) -> set[str]:
        """The subscriptions of which more has to be known than a plan of many looks at by itself.

        A drain is under way, there was a dual run under the present epoch, credentials of theirs end, or their server
        fails.
        """
        return {identifier for (identifier,) in self._session.rows(_DOUBTFUL, now=to_ms(now))}

    def facts(
        self, ids: Sequence[str], to: Mode, now: datetime, zone: ZoneInfo, move: str | None = None, *, whole: bool
    ) -> dict[str, Facts]:
        """What is known of each of at most PAGE subscriptions, by id; those that exist.

        Dual runs are those towards `to`, without what they showed. `move`: the name of one that does not count as
        having them in hand. Not `whole`: without the cases, of which nothing decides.
        """
        if not ids:
            return {}
        size = next(size for size in _SIZES if size >= len(ids))
        statements = _statements(size)
        asked = {f"of_{number}": ids[min(number, len(ids) - 1)] for number in range(size)}

        def rows(name: str, **values: Any) -> list[Row]:
            return self._session.rows(statements[name], **asked, **values)

        known = [subscription(row) for row in rows("subscriptions")]
        found = _Found()
        for row in rows("clients"):
            found.clients.setdefault(row[0], []).append((row[2], _client(row)))
        accounts = {row[0]: _account(row, now, zone) for row in rows("accounts")}
        for identifier, account in rows("links"):
            found.accounts.setdefault(identifier, []).append(accounts[account])
        found.errors = dict(rows("errors"))
        for row in rows("open", now=to_ms(now)):
            found.open[row[0]] = OpenDeliveries(int(row[1]), int(row[2]), int(row[3])), from_ms(row[4])
        for row in rows("unanswered") if whole else ():
            found.unanswered[row[0]] = row[1], at(row[2])
        for row in rows("answered", since=to_ms(now - WINDOW)) if whole else ():
            found.answered[row[0]] = row[1], int(row[2])
        for row in rows("rehearsals", towards=to):
            found.last_runs[row[0]] = LastRun(
                row[1], to, row[2], at(row[3]), row[4] is not None
            )  # the latest comes last
        for identifier, name in rows("moves", but=move or ""):
            found.moves.setdefault(identifier, name)
        return {one.id: _facts(one, found) for one in known}


def _facts(known: Subscription, found: _Found) -> Facts:
    opened, oldest = found.open.get(known.id, (_NONE, None))
    unanswered, since = found.unanswered.get(known.id, (0, None))
    answered, inserted = found.answered.get(known.id, (0, 0))
    clients = found.clients.get(known.organization, ())
    return Facts(
        known,
        _sorted(one for process, one in clients if process in (None, known.process)),
        _sorted(found.accounts.get(known.id, ())),
        found.errors.get(known.id),
        opened,
        oldest,
        unanswered,
        since,
        answered,
        inserted,
        found.last_runs.get(known.id),
        found.moves.get(known.id),
    )


def _sorted(found: Iterable[Credential]) -> tuple[Credential, ...]:
    return tuple(sorted(found, key=lambda one: one.name))


def _client(row: Row) -> Credential:
    return Credential(row[1], row[3] != "[]", _sighting(Door.API, row[1], row[4:8]))


def _account(row: Row, now: datetime, zone: ZoneInfo) -> Credential:
    until = None if row[4] is None else date.fromisoformat(row[4])
    account = SftpAccount(
        row[0],
        "",
        row[1],
        row[3],
        tuple(from_json(row[5])),
        authorities=tuple(from_json(row[6])),
        password_until=until,
        enabled=bool(row[2]),
    )
    return Credential(account.username, works(account, now, zone), _sighting(Door.SFTP, account.username, row[7:11]))


def _sighting(door: Door, credential: str, row: Row) -> Sighting | None:
    return None if row[0] is None else Sighting(door, credential, at(row[0]), row[1], row[2], from_ms(row[3]))


@lru_cache(maxsize=len(_SIZES))
def _statements(size: int) -> dict[str, Statement]:
    names: list[Any] = [bindparam(f"of_{number}") for number in range(size)]

    def among(column: ColumnElement[Any]) -> ColumnElement[bool]:
        return column.in_(names)

    queries: dict[str, Select[Any]] = {
        "subscriptions": select(*COLUMNS).where(among(_s.id)),
        "clients": select(_k.organization_id, _k.client_id, _k.process_code, _k.secret_hashes, *_SEEN)
        .outerjoin(sightings, and_(_w.door == "API", _w.credential == _k.client_id))
        .where(_k.enabled, _k.role == "SI", _k.organization_id.in_(select(_s.organization_id).where(among(_s.id)))),
        "accounts": select(
            _a.id,
            _a.username,
            _a.enabled,
            _a.password_hash,
            _a.password_until,
            _a.public_keys,
            _a.authorities,
            *_SEEN,
        )
        .outerjoin(sightings, and_(_w.door == "SFTP", _w.credential == _a.username))
        .where(_a.id.in_(select(links.c.account_id).where(among(links.c.subscription_id)))),
        "links": select(links.c.subscription_id, links.c.account_id).where(among(links.c.subscription_id)),
        "errors": select(breakers.c.subscription_id, breakers.c.last_error).where(
            among(breakers.c.subscription_id), breakers.c.last_error.is_not(None)
        ),
        "open": _open(among(_d.subscription_id)),
        "unanswered": select(_c.subscription_id, func.count(), func.min(_c.created_at))
        .where(among(_c.subscription_id), _c.status.in_(_UNANSWERED), _c.id.not_in(MADE_UP))
        .group_by(_c.subscription_id),
        "answered": _answered(among(_c.subscription_id)),
        "rehearsals": select(_r.subscription_id, _r.id, _r.epoch, _r.started_at, _r.ended_at)
        .where(among(_r.subscription_id), _r.mode == bindparam("towards"))
        .order_by(_r.started_at, _r.id),
        "moves": select(_v.subscription_id, moves.c.name)
        .join(moves, moves.c.id == _v.move_id)
        .where(
            among(_v.subscription_id),
            moves.c.state.in_(_MOVING),
            or_(_v.state.in_(("WAITING", "REHEARSING")), and_(moves.c.state == "ROLLBACK", _v.state == "SWITCHED")),
            moves.c.name != bindparam("but"),
        )
        .order_by(_v.subscription_id, moves.c.name),
    }
    return {name: Statement(query) for name, query in queries.items()}


def _open(among: ColumnElement[bool]) -> Select[Any]:
    real = _d.case_id.not_in(MADE_UP)
    free = or_(_d.pinned_mode.is_(None), _d.pinned_until <= bindparam("now"))
    ready = and_(_d.state == "READY", real)
    return (
        select(
            _d.subscription_id,
            func.sum(case((ready, 1), else_=0)),
            func.sum(case((and_(_d.state == "FETCHED", real), 1), else_=0)),
            func.sum(case((free, 0), else_=1)),
            func.min(case((ready, _d.published_at))),
        )
        .where(among, _d.shown, OPEN)
        .group_by(_d.subscription_id)
    )


def _answered(among: ColumnElement[bool]) -> Select[Any]:
    inserted = exists().where(_e.case_id == _c.id, _e.inserted)
    return (
        select(_c.subscription_id, func.count(), func.sum(case((inserted, 1), else_=0)))
        .where(among, _c.created_at >= bindparam("since"), _c.status.in_(_ANSWERED), _c.id.not_in(MADE_UP))
        .group_by(_c.subscription_id)
    )
