"""Outgoing calls: written with what they tell of, claimed for a time, settled under the number of the claim."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text, update

from gateway.domain.outgoing import Outgoing, OutgoingState
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import outbox
from gateway.store.values import at, from_ms, to_ms

_c = outbox.c
COLUMNS = [
    _c.id,
    _c.kind,
    _c.subscription_id,
    _c.payload,
    _c.created_at,
    _c.attempts,
    _c.fence,
    _c.state,
    _c.next_at,
    _c.last_error,
    _c.case_id,
]
UNSENT = text("outbox.state IN ('PENDING','DEAD')")  # these two are spelt as the indexes spell them
_PENDING = text("outbox.state = 'PENDING' AND outbox.kind <> 'push'")

_INSERT = insert_into(outbox)
_DUE = Statement(
    select(_c.id).where(_PENDING, _c.next_at <= bindparam("now")).order_by(_c.next_at, _c.id).limit(bindparam("most"))
)
_CLAIM = Statement(
    update(outbox)
    .where(_c.id == bindparam("of"), _c.state == "PENDING", _c.next_at <= bindparam("now"))
    .values(next_at=bindparam("until"), fence=_c.fence + 1, attempts=_c.attempts + 1)
    .returning(*COLUMNS)
)
_SETTLE = Statement(
    update(outbox)
    .where(_c.id == bindparam("of"), _c.fence == bindparam("under"), _c.state == "PENDING")
    .values(
        state=bindparam("after"),
        next_at=bindparam("again_at"),
        last_error=bindparam("because"),
        done_at=bindparam("done"),
    )
)
_BY_STATE = Statement(
    select(*COLUMNS).where(UNSENT, _c.state == bindparam("in_state")).order_by(_c.created_at).limit(bindparam("most"))
)
_REPLAY = Statement(
    update(outbox)
    .where(_c.id == bindparam("of"), _c.state == "DEAD")
    .values(state="PENDING", attempts=0, next_at=bindparam("now"), done_at=None)
)

_GET = Statement(select(*COLUMNS).where(_c.id == bindparam("of")))
_of_subscription = (
    select(*COLUMNS)
    .where(_c.subscription_id == bindparam("subscription"), _c.id > bindparam("last"), _c.kind != "push")
    .order_by(_c.id)
    .limit(bindparam("most"))
)
_OF_SUBSCRIPTION = Statement(_of_subscription)
_OF_SUBSCRIPTION_IN_STATE = Statement(_of_subscription.where(_c.state == bindparam("in_state")))


class Outbox:
    """Rows of `outbox`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, new: Outgoing) -> None:
        """Adds a call to be made from `next_at` on."""
        self._session.run(
            _INSERT,
            id=new.id,
            kind=new.kind,
            subscription_id=new.subscription_id,
            payload=new.payload,
            state=new.state,
            attempts=new.attempts,
            fence=new.fence,
            next_at=to_ms(new.next_at),
            last_error=None,
            created_at=to_ms(new.created_at),
            done_at=None,
            case_id=new.case_id,
        )

    def claim(self, now: datetime, until: datetime, most: int) -> list[Outgoing]:
        """Takes the calls that are due, until a date: nobody else claims them before it.

        Each claim counts an attempt and raises the fence, so that a claim that was lost settles nothing.
        """
        claimed = []
        for (identifier,) in self._session.rows(_DUE, now=to_ms(now), most=most):
            row = self._session.row(_CLAIM, of=identifier, now=to_ms(now), until=to_ms(until))
            if row is not None:
                claimed.append(outgoing(row))
        return claimed

    def settle(
        self, call: Outgoing, state: OutgoingState, now: datetime, *, again_at: datetime | None, error: str | None
    ) -> bool:
        """Writes what became of a claimed call; False if the claim is no longer the last one."""
        done = None if state is OutgoingState.PENDING else to_ms(now)
        changed = self._session.run(
            _SETTLE, of=call.id, under=call.fence, after=state, again_at=to_ms(again_at), because=error, done=done
        )
        return changed == 1

    def in_state(self, state: OutgoingState, most: int) -> list[Outgoing]:
        """The oldest calls in a state other than SENT."""
        return [outgoing(row) for row in self._session.rows(_BY_STATE, in_state=state, most=most)]

    def get(self, identifier: str) -> Outgoing | None:
        """The call of that id."""
        row = self._session.row(_GET, of=identifier)
        return None if row is None else outgoing(row)

    def of_subscription(self, subscription: str, state: OutgoingState | None, after: str, most: int) -> list[Outgoing]:
        """The calls of a subscription behind an id, in the order in which they were written; of one state, or all."""
        wanted: dict[str, Any] = {"subscription": subscription, "last": after, "most": most}
        if state is None:
            rows = self._session.rows(_OF_SUBSCRIPTION, **wanted)
        else:
            rows = self._session.rows(_OF_SUBSCRIPTION_IN_STATE, in_state=state, **wanted)
        return [outgoing(row) for row in rows]

    def replay(self, identifier: str, now: datetime) -> bool:
        """Gives a dead call all its attempts again; False if it is not dead."""
        return self._session.run(_REPLAY, of=identifier, now=to_ms(now)) == 1


def outgoing(row: Row) -> Outgoing:
    """The call in a row of COLUMNS."""
    return Outgoing(
        id=row[0],
        kind=row[1],
        subscription_id=row[2],
        payload=row[3],
        created_at=at(row[4]),
        attempts=row[5],
        fence=row[6],
        state=OutgoingState(row[7]),
        next_at=from_ms(row[8]),
        last_error=row[9],
        case_id=row[10],
    )
