"""An organization's API inbox: notices kept as rows, and its open deliveries, of which nothing is copied."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, bindparam, delete, or_, select, tuple_, union

from gateway.domain.dossiers import EventStatus, Notification
from gateway.domain.identity import Door
from gateway.domain.referential import SERVED
from gateway.store.deliveries import OPEN
from gateway.store.owning import owner
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import (
    cases,
    deliveries,
    events,
    notifications,
    rehearsed_deliveries,
    rehearsed_events,
    subscriptions,
)
from gateway.store.values import at, to_ms

_n, _d, _s = notifications.c, deliveries.c, subscriptions.c
_r, _e = rehearsed_deliveries.c, rehearsed_events.c

_INSERT = insert_into(notifications)
_ROWS = (
    select(
        _n.id,
        _n.recipient_id,
        _n.transmitter_id,
        _n.process_code,
        _n.case_id,
        _n.event_id,
        _n.created_at,
        events.c.action,
        events.c.status,
    )
    .outerjoin(events, events.c.id == _n.event_id)
    .where(
        _n.recipient_id == bindparam("recipient"),
        tuple_(_n.created_at, _n.id) > tuple_(bindparam("since"), bindparam("behind")),
    )
    .order_by(_n.created_at, _n.id)
    .limit(bindparam("most"))
)
_NOTICES = Statement(_ROWS)
_NOTICES_OF_PROCESS = Statement(_ROWS.where(_n.process_code == bindparam("process")))
_PROCESSES = Statement(
    select(_s.id, _s.process_code, _s.rehearsal_id, _s.rehearsal_mode).where(
        _s.organization_id == bindparam("recipient"), _s.status.in_([str(status) for status in SERVED])
    )
)
_of_deliveries = (
    select(
        _d.id,
        _s.organization_id,
        cases.c.depositor_id,
        _d.process_code,
        _d.case_id,
        _d.event_id,
        _d.published_at,
        events.c.action,
        events.c.status,
        _d.state,
        _d.sequence,
    )
    .select_from(deliveries)
    .join(subscriptions, _s.id == _d.subscription_id)
    .join(cases, cases.c.id == _d.case_id)
    .outerjoin(events, events.c.id == _d.event_id)
    .where(tuple_(_d.published_at, _d.id) > tuple_(bindparam("since"), bindparam("behind")))
    .order_by(_d.published_at, _d.id)
    .limit(bindparam("most"))
)
_DELIVERIES = Statement(
    _of_deliveries.where(
        _d.subscription_id == bindparam("subscription"),
        _d.shown,
        or_(and_(OPEN, owner() == "API"), _d.closed_door == Door.API.value),
    )
)
_REHEARSED = Statement(
    _of_deliveries.add_columns(_r.state, _e.id)
    .join(rehearsed_deliveries, and_(_r.delivery_id == _d.id, _r.rehearsal_id == _s.rehearsal_id))
    .outerjoin(rehearsed_events, _e.id == _d.event_id)
    .where(_r.rehearsal_id == bindparam("rehearsal"), ~_r.dismissed, _d.state != "WITHDRAWN")
)
_DELETE = Statement(delete(notifications).where(_n.id == bindparam("id"), _n.recipient_id == bindparam("recipient")))
_EXISTS = Statement(select(_n.recipient_id).where(_n.id == bindparam("id")))
_ARRIVED = Statement(
    union(
        select(_n.recipient_id).where(_n.id > bindparam("mark")),
        select(_s.organization_id).join(deliveries, _d.subscription_id == _s.id).where(_d.id > bindparam("mark")),
    )
)
_FIRST: Final = {"since": -1, "behind": "00000000-0000-0000-0000-000000000000"}


class Notifications:
    """Rows of `notifications`, and the projection of open deliveries."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, new: Notification) -> None:
        """Adds a notice."""
        self._session.run(
            _INSERT,
            id=new.id,
            recipient_id=new.recipient,
            transmitter_id=new.transmitter,
            process_code=new.process,
            case_id=new.case_id,
            event_id=new.event_id,
            created_at=to_ms(new.created_at),
        )

    def notices(
        self, recipient: str, process: str | None, most: int, after: tuple[datetime, str] | None = None
    ) -> list[Notification]:
        """The oldest notices of an organization, of one process or of all, behind that date and id."""
        values: dict[str, Any] = {"recipient": recipient, "most": most, **_behind(after)}
        if process is None:
            rows = self._session.rows(_NOTICES, **values)
        else:
            rows = self._session.rows(_NOTICES_OF_PROCESS, process=process, **values)
        return [_notification(row) for row in rows]

    def subscribed(self, recipient: str) -> list[tuple[str, str, str | None]]:
        """The (id, process) of the subscriptions by which an organization may be notified.

        The third is the dual run under way in which the API rehearses.
        """
        rows = self._session.rows(_PROCESSES, recipient=recipient)
        return [(row[0], row[1], row[2] if row[3] == "API" else None) for row in rows]

    def of_subscription(
        self, subscription: str, now: datetime, most: int, after: tuple[datetime, str] | None = None
    ) -> list[Notification]:
        """The oldest deliveries that a subscription's API inbox shows, as notifications of the same id."""
        rows = self._session.rows(_DELIVERIES, subscription=subscription, now=to_ms(now), most=most, **_behind(after))
        return [_notification(row[:9], fetched=row[9] != "READY", sequence=row[10]) for row in rows]

    def of_rehearsal(self, rehearsal: str, most: int, after: tuple[datetime, str] | None = None) -> list[Notification]:
        """The oldest deliveries that the API shows while it rehearses, settled by their owner or not.

        An event that the owner has acknowledged is still SENT to whoever rehearses.
        """
        rows = self._session.rows(_REHEARSED, rehearsal=rehearsal, most=most, **_behind(after))
        return [
            _notification((*row[:8], _as_rehearsed(row[8], row[12])), fetched=row[11] != "READY", sequence=row[10])
            for row in rows
        ]

    def arrived(self, mark: str) -> set[str]:
        """The organizations with a notice or a delivery whose id is larger, so that it was made later."""
        return {str(name) for (name,) in self._session.rows(_ARRIVED, mark=mark)}

    def recipient(self, identifier: str) -> str | None:
        """Whose notice it is."""
        row = self._session.row(_EXISTS, id=identifier)
        return None if row is None else str(row[0])

    def delete(self, identifier: str, recipient: str) -> bool:
        """Deletes a notice of that organization; False if there is none."""
        return self._session.run(_DELETE, id=identifier, recipient=recipient) == 1


def _as_rehearsed(status: str | None, received: str | None) -> str | None:
    """The status of an event: `received` names it once the rehearsing door has acknowledged it."""
    if received is not None:
        return EventStatus.RECEIVED
    return EventStatus.SENT if status == EventStatus.RECEIVED else status


def _behind(after: tuple[datetime, str] | None) -> dict[str, Any]:
    return _FIRST if after is None else {"since": to_ms(after[0]), "behind": after[1]}


def _notification(row: Row, *, fetched: bool = False, sequence: int | None = None) -> Notification:
    return Notification(
        id=row[0],
        recipient=row[1],
        transmitter=row[2],
        process=row[3],
        case_id=row[4],
        event_id=row[5],
        created_at=at(row[6]),
        action=row[7],
        event_status=row[8],
        fetched=fetched,
        sequence=sequence,
    )
