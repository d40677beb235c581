"""Events of cases."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from gateway.domain.dossiers import ActionType, Event, EventStatus
from gateway.store.folders import partner_json, partner_of
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import events
from gateway.store.values import at, to_ms

_c = events.c
_COLUMNS = [
    _c.id,
    _c.case_id,
    _c.transmitter_id,
    _c.action,
    _c.status,
    _c.created_at,
    _c.updated_at,
    _c.author,
    _c.message,
    _c.comment,
    _c.notification,
    _c.current_status,
    _c.new_status,
    _c.partner_attributes,
    _c.partner,
    _c.inserted,
]
_INSERT = insert_into(events)
_GET = Statement(select(*_COLUMNS).where(_c.id == bindparam("id"), _c.case_id == bindparam("case")))
_OF_CASE = Statement(select(*_COLUMNS).where(_c.case_id == bindparam("case")).order_by(_c.created_at, _c.id))
_CASE_OF = Statement(select(_c.case_id).where(_c.id == bindparam("id")))
_IN_PROGRESS = Statement(
    select(_c.id)
    .where(
        _c.case_id == bindparam("case"),
        _c.transmitter_id == bindparam("transmitter"),
        _c.status == "IN_PROGRESS",
    )
    .limit(1)
)
_CHANGE_STATUS = Statement(
    update(events)
    .where(_c.id == bindparam("of"), _c.status == bindparam("before"))
    .values(status=bindparam("after"), updated_at=bindparam("now"))
)
_DELETE = Statement(delete(events).where(_c.id == bindparam("of"), _c.status == "IN_PROGRESS"))


class Events:
    """Rows of `events`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, case_id: str, identifier: str) -> Event | None:
        """The event of that id, if it belongs to that case."""
        row = self._session.row(_GET, id=identifier, case=case_id)
        return None if row is None else _event(row)

    def case_of(self, identifier: str) -> str | None:
        """The case that an event belongs to."""
        row = self._session.row(_CASE_OF, id=identifier)
        return None if row is None else str(row[0])

    def of_case(self, case_id: str) -> list[Event]:
        """All events of a case, oldest first."""
        return [_event(row) for row in self._session.rows(_OF_CASE, case=case_id)]

    def in_progress(self, case_id: str, transmitter: str) -> bool:
        """Whether that organization has an event on the case whose files are still to be put."""
        return self._session.row(_IN_PROGRESS, case=case_id, transmitter=transmitter) is not None

    def add(self, new: Event) -> None:
        """Adds a new one."""
        self._session.run(
            _INSERT,
            id=new.id,
            case_id=new.case_id,
            transmitter_id=new.transmitter,
            action=new.action,
            status=new.status,
            author=new.author,
            message=new.message,
            comment=new.comment,
            notification=new.notification,
            current_status=new.current_status,
            new_status=new.new_status,
            partner_attributes=new.partner_attributes,
            partner=partner_json(new.partner),
            inserted=new.inserted,
            created_at=to_ms(new.created_at),
            updated_at=to_ms(new.updated_at),
        )

    def change_status(self, identifier: str, before: EventStatus, after: EventStatus, now: datetime) -> bool:
        """Moves an event from one status to another; False if it was not in `before` any more."""
        return self._session.run(_CHANGE_STATUS, of=identifier, before=before, after=after, now=to_ms(now)) == 1

    def delete(self, identifier: str) -> bool:
        """Deletes an event in progress with its attachments; False if it is not in progress any more."""
        return self._session.run(_DELETE, of=identifier) == 1


def _event(row: Row) -> Event:
    return Event(
        id=row[0],
        case_id=row[1],
        transmitter=row[2],
        action=ActionType(row[3]),
        status=EventStatus(row[4]),
        created_at=at(row[5]),
        updated_at=at(row[6]),
        author=row[7],
        message=row[8],
        comment=row[9],
        notification=None if row[10] is None else bool(row[10]),
        current_status=row[11],
        new_status=row[12],
        partner_attributes=row[13],
        partner=partner_of(row[14]),
        inserted=bool(row[15]),
    )
