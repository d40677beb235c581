"""Dual runs, and the deliveries that each of them shows to the rehearsing door."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, bindparam, delete, literal, select, update

from gateway.domain.deliveries import DeliveryState, Gesture, Place
from gateway.domain.identity import Mode
from gateway.domain.rehearsals import Rehearsal, Rehearsed
from gateway.store.deliveries import OPEN
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import (
    cases,
    deliveries,
    rehearsals,
    rehearsed_attachments,
    rehearsed_cases,
    rehearsed_deliveries,
    rehearsed_events,
    subscriptions,
)
from gateway.store.tables import sftp_account_subscriptions as links
from gateway.store.values import at, from_ms, to_ms

_r, _c, _d, _s = rehearsals.c, rehearsed_deliveries.c, deliveries.c, subscriptions.c
_COLUMNS = [
    _r.id,
    _r.subscription_id,
    _r.mode,
    _r.epoch,
    _r.started_by,
    _r.started_at,
    _r.ends_at,
    _r.ended_at,
    _r.result,
]
_SHOWN = [
    _c.delivery_id,
    _c.case_id,
    _c.published_at,
    _c.state,
    _c.dismissed,
    _c.place,
    _c.name,
    _c.gesture,
    _c.fetched_at,
    _c.closed_at,
    _c.listed_until,
]
_INSERT = insert_into(rehearsals)
_GET = Statement(select(*_COLUMNS).where(_r.id == bindparam("id")))
_LATEST = Statement(
    select(*_COLUMNS)
    .where(_r.subscription_id == bindparam("subscription"))
    .order_by(_r.started_at.desc(), _r.id.desc())
    .limit(1)
)
_DUE = Statement(
    select(_r.id)
    .where(_r.ended_at.is_(None), _r.ends_at <= bindparam("now"))
    .order_by(_r.ends_at)
    .limit(bindparam("most"))
)
_END = Statement(
    update(rehearsals)
    .where(_r.id == bindparam("of"), _r.ended_at.is_(None))
    .values(ended_at=bindparam("now"), result=bindparam("as_json"))
)
_BEGIN = Statement(
    lambda insert: insert(rehearsed_deliveries).from_select(
        [column.name for column in rehearsed_deliveries.columns],
        select(
            bindparam("rehearsal"),
            _d.id,
            _d.case_id,
            _d.published_at,
            literal("READY"),
            literal(False),
            *(literal(None) for _ in range(6)),
        ).where(_d.subscription_id == bindparam("subscription"), _d.shown, OPEN),
    )
)
_BEGIN_CASES = Statement(
    lambda insert: insert(rehearsed_cases).from_select(
        [column.name for column in rehearsed_cases.columns],
        select(bindparam("rehearsal"), cases.c.id, cases.c.status, cases.c.status, literal("[]")).where(
            cases.c.id.in_(select(_c.case_id).where(_c.rehearsal_id == bindparam("rehearsal")))
        ),
    )
)
_SAVE = Statement(
    lambda insert: (
        insert(rehearsed_deliveries)
        .values({column.name: bindparam(column.name) for column in rehearsed_deliveries.columns})
        .on_conflict_do_update(
            index_elements=[_c.rehearsal_id, _c.delivery_id],
            set_={
                name: bindparam(name)
                for name in (
                    "state",
                    "dismissed",
                    "place",
                    "name",
                    "gesture",
                    "fetched_at",
                    "closed_at",
                    "listed_until",
                )
            },
        )
    )
)
_WITHDRAW = Statement(
    update(rehearsed_deliveries)
    .where(_c.rehearsal_id == bindparam("of"), _c.case_id == bindparam("of_case"), _c.state == "READY")
    .values(state="WITHDRAWN", dismissed=True)
)
_DELIVERY = Statement(
    select(*_SHOWN).where(_c.rehearsal_id == bindparam("rehearsal"), _c.delivery_id == bindparam("delivery"))
)
_DELIVERIES = Statement(
    select(*_SHOWN).where(_c.rehearsal_id == bindparam("rehearsal")).order_by(_c.published_at, _c.delivery_id)
)
_ON_CASE = Statement(
    select(_s.rehearsal_id, _s.rehearsal_mode)
    .join(cases, cases.c.subscription_id == _s.id)
    .where(cases.c.id == bindparam("case"), _s.rehearsal_id.is_not(None))
)
_OF_ORGANIZATION = Statement(
    select(_s.rehearsal_id)
    .where(_s.organization_id == bindparam("organization"), _s.rehearsal_mode == bindparam("mode"))
    .order_by(_s.rehearsal_id)
)
_BY_PLACE = Statement(
    select(_c.rehearsal_id, _c.delivery_id)
    .join(subscriptions, and_(_s.rehearsal_id == _c.rehearsal_id, _s.rehearsal_mode == "SFTP"))
    .join(links, links.c.subscription_id == _s.id)
    .where(
        links.c.account_id == bindparam("account"),
        _s.process_code == bindparam("process"),
        _c.place == bindparam("place"),
        _c.name == bindparam("name"),
    )
)
_BLOBS = Statement(
    select(rehearsed_attachments.c.blob_key).where(
        rehearsed_attachments.c.rehearsal_id == bindparam("of"), rehearsed_attachments.c.blob_key.is_not(None)
    )
)
_CLEAR = tuple(
    Statement(delete(table).where(table.c.rehearsal_id == bindparam("of")))
    for table in (rehearsed_attachments, rehearsed_events, rehearsed_cases, rehearsed_deliveries)
)


class Rehearsals:
    """Rows of `rehearsals` and `rehearsed_deliveries`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self, new: Rehearsal) -> None:
        """Adds a dual run that shows what is open now, and its cases as they stand."""
        self._session.run(
            _INSERT,
            id=new.id,
            subscription_id=new.subscription_id,
            mode=new.mode,
            epoch=new.epoch,
            started_by=new.started_by,
            started_at=to_ms(new.started_at),
            ends_at=to_ms(new.ends_at),
            ended_at=None,
            result=None,
        )
        self._session.run(_BEGIN, rehearsal=new.id, subscription=new.subscription_id)
        self._session.run(_BEGIN_CASES, rehearsal=new.id)

    def get(self, identifier: str) -> Rehearsal | None:
        """The dual run of that id."""
        row = self._session.row(_GET, id=identifier)
        return None if row is None else _rehearsal(row)

    def latest(self, subscription: str) -> Rehearsal | None:
        """The dual run of a subscription that began last."""
        row = self._session.row(_LATEST, subscription=subscription)
        return None if row is None else _rehearsal(row)

    def due(self, now: datetime, most: int) -> list[str]:
        """The ids of those that are to end."""
        return [identifier for (identifier,) in self._session.rows(_DUE, now=to_ms(now), most=most)]

    def end(self, identifier: str, result: str, now: datetime) -> list[str]:
        """Ends a dual run: its result stays, its overlay goes; answers the blobs that nothing names any more."""
        self._session.run(_END, of=identifier, now=to_ms(now), as_json=result)
        keys = [key for (key,) in self._session.rows(_BLOBS, of=identifier)]
        for statement in _CLEAR:
            self._session.run(statement, of=identifier)
        return keys

    def on_case(self, case_id: str) -> tuple[str, Mode] | None:
        """The dual run under way of the case's subscription, and the mode of the door that rehearses."""
        row = self._session.row(_ON_CASE, case=case_id)
        return None if row is None else (row[0], Mode(row[1]))

    def of_organization(self, organization: str, mode: Mode) -> list[str]:
        """The dual runs under way in which that door of an organization rehearses."""
        return [found for (found,) in self._session.rows(_OF_ORGANIZATION, organization=organization, mode=mode)]

    def delivery(self, rehearsal: str, delivery_id: str) -> Rehearsed | None:
        """A delivery as the rehearsing door has it."""
        row = self._session.row(_DELIVERY, rehearsal=rehearsal, delivery=delivery_id)
        return None if row is None else _rehearsed(row)

    def deliveries(self, rehearsal: str) -> list[Rehearsed]:
        """All deliveries that the dual run has shown, oldest first."""
        return [_rehearsed(row) for row in self._session.rows(_DELIVERIES, rehearsal=rehearsal)]

    def save(self, rehearsal: str, shown: Rehearsed) -> None:
        """Writes a delivery as the rehearsing door has it."""
        self._session.run(
            _SAVE,
            rehearsal_id=rehearsal,
            delivery_id=shown.delivery_id,
            case_id=shown.case_id,
            published_at=to_ms(shown.published_at),
            state=shown.state,
            dismissed=shown.dismissed,
            place=shown.place,
            name=shown.name,
            gesture=shown.gesture,
            fetched_at=to_ms(shown.fetched_at),
            closed_at=to_ms(shown.closed_at),
            listed_until=to_ms(shown.listed_until),
        )

    def withdraw(self, rehearsal: str, case_id: str) -> None:
        """Takes back what the rehearsing door has not fetched of a case."""
        self._session.run(_WITHDRAW, of=rehearsal, of_case=case_id)

    def by_place(self, account: str, process: str, place: Place, name: str) -> tuple[str, str] | None:
        """The (dual run, delivery) whose archive an account that rehearses moved there under that name."""
        row = self._session.row(_BY_PLACE, account=account, process=process, place=place, name=name)
        return None if row is None else (row[0], row[1])


def _rehearsal(row: Row) -> Rehearsal:
    return Rehearsal(row[0], row[1], Mode(row[2]), row[3], row[4], at(row[5]), at(row[6]), from_ms(row[7]), row[8])


def _rehearsed(row: Row) -> Rehearsed:
    return Rehearsed(
        delivery_id=row[0],
        case_id=row[1],
        published_at=at(row[2]),
        state=DeliveryState(row[3]),
        dismissed=bool(row[4]),
        place=None if row[5] is None else Place(row[5]),
        name=row[6],
        gesture=None if row[7] is None else Gesture(row[7]),
        fetched_at=from_ms(row[8]),
        closed_at=from_ms(row[9]),
        listed_until=from_ms(row[10]),
    )
