"""Which subscriptions a move is about, in pages, each with what speaks against its switch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, literal, not_, or_, select, tuple_

from gateway.domain.identity import Door, Mode, Role, Transport
from gateway.domain.moves import MoveState, RowState, Selection, Subscriber
from gateway.domain.plans import Candidate
from gateway.domain.pushing import ACCOUNT_PREFIX
from gateway.domain.referential import Subscription, SubscriptionStatus
from gateway.store.deliveries import OPEN
from gateway.store.session import Row, Session
from gateway.store.statement import Statement
from gateway.store.tables import (
    api_clients,
    deliveries,
    move_rows,
    moves,
    organizations,
    sftp_account_subscriptions,
    sftp_accounts,
    sightings,
    subscriptions,
)
from gateway.store.values import from_ms, to_ms

_s, _o, _d = subscriptions.c, organizations.c, deliveries.c
AMONG: Final = 200
"""How many organizations one statement can ask for."""
_UNDER_WAY: Final = (MoveState.APPROVED, MoveState.RUNNING, MoveState.PAUSED, MoveState.ROLLBACK)
_TO_DO: Final = (RowState.WAITING, RowState.REHEARSING)

# Counted for a page's rows alone, each by the index of its inbox, within the statement of the page. The states are no
# condition of the search: PostgreSQL would look through all that may expire, for every row.
_in_flight = (
    select(func.count().filter(OPEN))
    .select_from(deliveries)
    .where(_d.subscription_id == _s.id, _d.shown)
    .correlate(subscriptions)
    .scalar_subquery()
)
_account = exists(
    select(literal(1))
    .select_from(
        sftp_account_subscriptions.join(sftp_accounts, sftp_accounts.c.id == sftp_account_subscriptions.c.account_id)
    )
    .where(
        sftp_account_subscriptions.c.subscription_id == _s.id,
        sftp_accounts.c.enabled,
        func.substr(sftp_accounts.c.username, 1, len(ACCOUNT_PREFIX)) != ACCOUNT_PREFIX,
        or_(
            sftp_accounts.c.password_hash.is_not(None),
            sftp_accounts.c.public_keys != "[]",
            sftp_accounts.c.authorities != "[]",
        ),
    )
    .correlate(subscriptions)
)
_elsewhere = (
    select(func.min(moves.c.name))
    .select_from(move_rows.join(moves, moves.c.id == move_rows.c.move_id))
    .where(
        move_rows.c.subscription_id == _s.id,
        moves.c.name != bindparam("move"),
        moves.c.state.in_(_UNDER_WAY),
        or_(
            move_rows.c.state.in_(_TO_DO),
            and_(moves.c.state == MoveState.ROLLBACK, move_rows.c.state == RowState.SWITCHED),
        ),
    )
    .correlate(subscriptions)
    .scalar_subquery()
)
_COLUMNS = [
    _s.id,
    _s.organization_id,
    _s.process_code,
    _s.status,
    _s.activate_at,
    _s.end_at,
    _s.access_mode,
    _s.transport,
    _s.epoch,
    _in_flight,
    _s.rehearsal_mode,
    _s.push.is_not(None),
    _account,
    _elsewhere,
]
_CREDENTIALS = Statement(
    select(api_clients.c.organization_id, api_clients.c.process_code, func.max(sightings.c.seen_at))
    .outerjoin(sightings, and_(sightings.c.door == Door.API, sightings.c.credential == api_clients.c.client_id))
    .where(api_clients.c.enabled, api_clients.c.role == Role.SI, func.length(api_clients.c.secret_hashes) > len("[]"))
    .group_by(api_clients.c.organization_id, api_clients.c.process_code)
)
_LOGGED_IN = Statement(
    select(sftp_account_subscriptions.c.subscription_id)
    .join(sftp_accounts, sftp_accounts.c.id == sftp_account_subscriptions.c.account_id)
    .join(sightings, and_(sightings.c.door == Door.SFTP, sightings.c.credential == sftp_accounts.c.username))
    .where(sftp_accounts.c.enabled, sightings.c.seen_at >= bindparam("since"))
    .distinct()
)
_owners: list[Any] = [bindparam(f"owner{number}") for number in range(AMONG)]
_KNOWN = Statement(select(_s.organization_id, _s.process_code).where(_s.organization_id.in_(_owners)))
_REGISTERED = Statement(select(_o.company_register, _o.branch_code).where(_o.company_register.in_(_owners)))


class Candidates:
    """Reads `subscriptions` with their open deliveries, credentials and moves."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def after(self, asked: Selection, move: str, key: tuple[str, str], most: int, now: datetime) -> list[Candidate]:
        """The selected ones behind an (organization, process), in that order; two empty texts are the beginning.

        `asked.listed` is not looked at, see `of`. `move` is the name of the move that asks, which is no other one.
        """
        rows = self._session.rows(_following(asked), move=move, organization=key[0], process=key[1], most=most)
        return [_candidate(row, now) for row in rows]

    def of(self, asked: Selection, move: str, owners: Sequence[str], now: datetime) -> list[Candidate]:
        """The same of up to `AMONG` organizations alone, all of them, in no order."""
        return [_candidate(row, now) for row in self._session.rows(_owned(asked), move=move, **_padded(owners))]

    def known(self, owners: Sequence[str]) -> set[tuple[str, str]]:
        """Every (organization, process) that up to `AMONG` organizations subscribe to."""
        return {(row[0], row[1]) for row in self._session.rows(_KNOWN, **_padded(owners))}

    def registered(self, registers: Sequence[str]) -> set[Subscriber]:
        """Every organization, with its branch code, that has one of up to `AMONG` SIRETs."""
        return {Subscriber(row[0], row[1]) for row in self._session.rows(_REGISTERED, **_padded(registers))}

    def credentials(self, since: datetime) -> dict[tuple[str, str | None], bool]:
        """Recipients with an enabled API client that has a secret, and the one process it is for; None: for all.

        With whether such a client has come in since a date.
        """
        recent = to_ms(since)
        return {(row[0], row[1]): row[2] is not None and row[2] >= recent for row in self._session.rows(_CREDENTIALS)}

    def logged_in(self, since: datetime) -> set[str]:
        """The subscriptions that an enabled SFTP account serves which has logged in since a date."""
        return {identifier for (identifier,) in self._session.rows(_LOGGED_IN, since=to_ms(since))}


@lru_cache(maxsize=16)
def _following(asked: Selection) -> Statement:
    key = tuple_(_s.organization_id, _s.process_code)
    behind = key > tuple_(bindparam("organization"), bindparam("process"))
    chosen = _chosen(asked).where(behind)
    return Statement(chosen.order_by(_s.organization_id, _s.process_code).limit(bindparam("most")))


@lru_cache(maxsize=16)
def _owned(asked: Selection) -> Statement:
    return Statement(_chosen(asked).where(_s.organization_id.in_(_owners)))


def _chosen(asked: Selection) -> Select[Any]:
    found = select(*_COLUMNS)
    if asked.departments or asked.subscribers or asked.exclude:
        found = found.join(organizations, _o.id == _s.organization_id)
    return found.where(*_conditions(asked))


def _conditions(asked: Selection) -> Iterator[ColumnElement[bool]]:
    if asked.processes:
        yield _s.process_code.in_(asked.processes)
    if asked.mode is not None:
        yield _s.access_mode == asked.mode
    if asked.transport is not None:
        yield and_(_s.access_mode == Mode.SFTP, _s.transport == asked.transport)
    if asked.departments:
        yield or_(*(func.substr(_o.branch_code, 1, len(one)) == one for one in asked.departments))
    if asked.subscribers:
        yield _among(asked.subscribers)
    if asked.exclude:
        yield not_(_among(asked.exclude))


def _among(named: Sequence[Subscriber]) -> ColumnElement[bool]:
    """Lists and no chain of ORs: SQLite takes no expression that is a thousand levels deep."""
    registers = [one.company_register for one in named if one.branch_code is None]
    branches = [f"{one.company_register}-{one.branch_code}" for one in named if one.branch_code is not None]
    return or_(_o.company_register.in_(registers), (_o.company_register + "-" + _o.branch_code).in_(branches))


def _padded(owners: Sequence[str]) -> dict[str, str]:
    """Values for all of `_owners`: the last one again where there are fewer."""
    return {f"owner{number}": owners[min(number, len(owners) - 1)] for number in range(AMONG)}


def _candidate(row: Row, now: datetime) -> Candidate:
    organization, process, status, mode = row[1], row[2], SubscriptionStatus(row[3]), Mode(row[6])
    known = Subscription(row[0], organization, process, status, activate_at=from_ms(row[4]), end_at=from_ms(row[5]))
    return Candidate(
        id=row[0],
        organization=organization,
        process=process,
        status=known.shown(now),
        mode=mode,
        transport=Transport(row[7]),
        epoch=row[8],
        in_flight=row[9],
        rehearses=None if row[10] is None else Mode(row[10]),
        pushes=bool(row[11]),
        account=bool(row[12]),
        elsewhere=row[13],
    )
