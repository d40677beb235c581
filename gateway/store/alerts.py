"""Alerts: written with what they tell of, claimed for a time, settled under the number of the claim."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, select, text, update

from gateway.domain.alerts import Alert, AlertChannel, AlertKind
from gateway.domain.outgoing import OutgoingState
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import alerts
from gateway.store.values import at, from_ms, to_ms

_c = alerts.c
_COLUMNS = [
    _c.id,
    _c.kind,
    _c.channel,
    _c.payload,
    _c.created_at,
    _c.about,
    _c.attempts,
    _c.fence,
    _c.state,
    _c.next_at,
    _c.last_error,
]
_PENDING = text("alerts.state = 'PENDING'")  # spelt as the index spells it

_INSERT = insert_into(alerts)
_DUE = Statement(
    select(_c.id).where(_PENDING, _c.next_at <= bindparam("now")).order_by(_c.next_at, _c.id).limit(bindparam("most"))
)
_CLAIM = Statement(
    update(alerts)
    .where(_c.id == bindparam("of"), _c.state == "PENDING", _c.next_at <= bindparam("now"))
    .values(next_at=bindparam("until"), fence=_c.fence + 1, attempts=_c.attempts + 1)
    .returning(*_COLUMNS)
)
_SETTLE = Statement(
    update(alerts)
    .where(_c.id == bindparam("of"), _c.fence == bindparam("under"), _c.state == "PENDING")
    .values(
        state=bindparam("after"),
        next_at=bindparam("again_at"),
        last_error=bindparam("because"),
        done_at=bindparam("done"),
    )
)
_BY_STATE = Statement(
    select(*_COLUMNS).where(_c.state == bindparam("in_state")).order_by(_c.created_at, _c.id).limit(bindparam("most"))
)
_SINCE = Statement(
    select(_c.id)
    .where(_c.kind == bindparam("of_kind"), _c.about == bindparam("of_about"), _c.created_at > bindparam("since"))
    .limit(1)
)
_REPLAY = Statement(
    update(alerts)
    .where(_c.id == bindparam("of"), _c.state == "DEAD")
    .values(state="PENDING", attempts=0, next_at=bindparam("now"), done_at=None)
)
_FORGET = Statement(delete(alerts).where(_c.state != "PENDING", _c.created_at < bindparam("before")))


class Alerts:
    """Rows of `alerts`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, new: Alert) -> None:
        """Adds an alert to be sent from `next_at` on."""
        self._session.run(
            _INSERT,
            id=new.id,
            kind=new.kind,
            channel=new.channel,
            about=new.about,
            payload=new.payload,
            state=new.state,
            attempts=new.attempts,
            fence=new.fence,
            next_at=to_ms(new.next_at),
            last_error=None,
            created_at=to_ms(new.created_at),
            done_at=None,
        )

    def told_since(self, kind: AlertKind, about: str, since: datetime) -> bool:
        """Whether there is an alert of that kind about the same, younger than that."""
        return self._session.row(_SINCE, of_kind=kind, of_about=about, since=to_ms(since)) is not None

    def claim(self, now: datetime, until: datetime, most: int) -> list[Alert]:
        """Takes the alerts that are due, until a date; see `store.outbox`, whose claims are the same."""
        claimed = []
        for (identifier,) in self._session.rows(_DUE, now=to_ms(now), most=most):
            row = self._session.row(_CLAIM, of=identifier, now=to_ms(now), until=to_ms(until))
            if row is not None:
                claimed.append(_alert(row))
        return claimed

    def settle(
        self, alert: Alert, state: OutgoingState, now: datetime, *, again_at: datetime | None, error: str | None
    ) -> bool:
        """Writes what became of a claimed alert; False if the claim is no longer the last one."""
        done = None if state is OutgoingState.PENDING else to_ms(now)
        changed = self._session.run(
            _SETTLE, of=alert.id, under=alert.fence, after=state, again_at=to_ms(again_at), because=error, done=done
        )
        return changed == 1

    def in_state(self, state: OutgoingState, most: int) -> list[Alert]:
        """The oldest alerts in a state."""
        return [_alert(row) for row in self._session.rows(_BY_STATE, in_state=state, most=most)]

    def replay(self, identifier: str, now: datetime) -> bool:
        """Gives a dead alert all its attempts again; False if it is not dead."""
        return self._session.run(_REPLAY, of=identifier, now=to_ms(now)) == 1

    def forget(self, before: datetime) -> int:
        """Deletes what was sent or given up and is older than that."""
        return self._session.run(_FORGET, before=to_ms(before))


def _alert(row: Row) -> Alert:
    return Alert(
        id=row[0],
        kind=AlertKind(row[1]),
        channel=AlertChannel(row[2]),
        payload=row[3],
        created_at=at(row[4]),
        about=row[5],
        attempts=row[6],
        fence=row[7],
        state=OutgoingState(row[8]),
        next_at=from_ms(row[9]),
        last_error=row[10],
    )
