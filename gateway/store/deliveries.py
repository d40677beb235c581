"""Deliveries: allocation of names, guarded changes of state, and the look-ups of a gesture."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, bindparam, case, func, or_, select, text, update

from gateway.domain.deliveries import Delivery, DeliveryKind, DeliveryState, Gesture
from gateway.domain.identity import Door, Mode
from gateway.domain.referential import Subscription
from gateway.domain.switches import OpenDeliveries
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.subscriptions import COLUMNS as SUBSCRIPTION_COLUMNS
from gateway.store.subscriptions import subscription
from gateway.store.tables import deliveries, sequences, servings, subscriptions
from gateway.store.values import at, from_ms, to_ms

_c = deliveries.c
COLUMNS = [
    _c.id,
    _c.case_id,
    _c.subscription_id,
    _c.process_code,
    _c.kind,
    _c.state,
    _c.number,
    _c.sequence,
    _c.publication,
    _c.archive_name,
    _c.archive_size,
    _c.published_at,
    _c.event_id,
    _c.notify,
    _c.fetched_at,
    _c.closed_at,
    _c.closed_door,
    _c.expires_at,
    _c.pinned_mode,
    _c.pinned_until,
    _c.unread,
]
WIDTH = len(COLUMNS)
OPEN = text("deliveries.state IN ('READY','FETCHED')")

_INSERT = insert_into(deliveries)
_SEQUENCE = Statement(
    lambda insert: (
        insert(sequences)
        .values(process_code=bindparam("process"), number=bindparam("key"), last=1)
        .on_conflict_do_update(
            index_elements=[sequences.c.process_code, sequences.c.number], set_={"last": sequences.c.last + 1}
        )
        .returning(sequences.c.last)
    )
)
_NAME_TAKEN = Statement(
    select(_c.id).where(_c.process_code == bindparam("process"), _c.archive_name == bindparam("name"))
)
_GET = Statement(select(*COLUMNS).where(_c.id == bindparam("id")))
_GESTURE = Statement(
    select(*COLUMNS, *SUBSCRIPTION_COLUMNS, servings.c.owned)
    .join(subscriptions, subscriptions.c.id == _c.subscription_id)
    .outerjoin(
        servings,
        and_(
            servings.c.delivery_id == _c.id,
            servings.c.door == bindparam("door"),
            servings.c.actor == bindparam("actor"),
        ),
    )
    .where(_c.id == bindparam("id"))
    # A switch waits for gestures under way, and they for it, so that it finds open what the journal says was open then.
    # The subscription comes first, as it does for a switch that pins.
    .suffix_with("FOR KEY SHARE OF subscriptions FOR UPDATE OF deliveries", dialect="postgresql")
)
_OF_CASE = Statement(select(*COLUMNS).where(_c.case_id == bindparam("case")).order_by(_c.published_at, _c.id))
_FETCH = Statement(
    update(deliveries)
    .where(_c.id == bindparam("of"), _c.state == bindparam("before"))
    .values(state="FETCHED", fetched_at=func.coalesce(_c.fetched_at, bindparam("now")))
)
_NOTE_FETCH = Statement(
    update(deliveries).where(_c.id == bindparam("of")).values(fetched_at=func.coalesce(_c.fetched_at, bindparam("now")))
)
_CLOSE = Statement(
    update(deliveries)
    .where(_c.id == bindparam("of"), _c.state == bindparam("before"))
    .values(
        state=bindparam("after"),
        fetched_at=func.coalesce(_c.fetched_at, bindparam("fetched")),
        closed_at=bindparam("now"),
        closed_door=bindparam("by_door"),
        closed_by=bindparam("by"),
        gesture=bindparam("by_gesture"),
        unread=bindparam("is_unread"),
        shown=bindparam("still_shown"),
        listed_until=bindparam("until"),
    )
)
_DISMISS = Statement(update(deliveries).where(_c.id == bindparam("of")).values(shown=False))
_UNLIST = Statement(update(deliveries).where(_c.shown, _c.listed_until <= bindparam("now")).values(shown=False))
_CARRY = Statement(
    update(deliveries)
    .where(_c.id == bindparam("of"), _c.event_id.is_(None))
    .values(event_id=bindparam("event"), notify=True)
)
_DUE = Statement(
    select(_c.id).where(OPEN, _c.expires_at <= bindparam("now")).order_by(_c.expires_at).limit(bindparam("most"))
)

_of_subscription = (_c.subscription_id == bindparam("subscription"), _c.shown, OPEN)
_free = or_(_c.pinned_mode.is_(None), _c.pinned_until <= bindparam("now"))
_OPEN = Statement(select(_c.id, _c.state, case((_free, 0), else_=1)).where(*_of_subscription).order_by(_c.id))
_PIN = Statement(
    update(deliveries)
    .where(*_of_subscription, _free)
    .values(pinned_mode=bindparam("mode"), pinned_until=bindparam("until"))
)


class Deliveries:
    """Rows of `deliveries` and `sequences`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def next_sequence(self, process: str, number: str) -> int:
        """Allocates the next sequence number of (process, number); numbers that differ only in case share one."""
        row = self._session.row(_SEQUENCE, process=process, key=number.casefold())
        assert row is not None
        last: int = row[0]
        return last

    def name_taken(self, process: str, archive_name: str) -> bool:
        """Whether a delivery of the process already has that archive name."""
        return self._session.row(_NAME_TAKEN, process=process, name=archive_name) is not None

    def add(self, new: Delivery) -> None:
        """Adds a new one, to be shown in its inbox."""
        self._session.run(
            _INSERT,
            id=new.id,
            case_id=new.case_id,
            subscription_id=new.subscription_id,
            process_code=new.process,
            kind=new.kind,
            state=new.state,
            number=new.number,
            sequence=new.sequence,
            publication=new.publication,
            event_id=new.event_id,
            notify=new.notify,
            archive_name=new.archive_name,
            archive_size=new.archive_size,
            shown=True,
            listed_until=None,
            published_at=to_ms(new.published_at),
            expires_at=to_ms(new.expires_at),
            fetched_at=None,
            closed_at=None,
            closed_door=None,
            closed_by=None,
            gesture=None,
            unread=False,
            pinned_mode=new.pinned_mode,
            pinned_until=to_ms(new.pinned_until),
        )

    def get(self, identifier: str) -> Delivery | None:
        """The delivery of that id."""
        row = self._session.row(_GET, id=identifier)
        return None if row is None else delivery(row)

    def for_gesture(self, identifier: str, door: Door, actor: str) -> tuple[Delivery, Subscription, bool] | None:
        """The delivery with its subscription, and whether `door` owned it when `actor` opened it.

        Nobody else moves the delivery before this transaction ends.
        """
        row = self._session.row(_GESTURE, id=identifier, door=door, actor=actor)
        if row is None:
            return None
        return delivery(row[:WIDTH]), subscription(row[WIDTH:-1]), bool(row[-1])

    def of_case(self, case_id: str) -> list[Delivery]:
        """All deliveries of a case, oldest first."""
        return [delivery(row) for row in self._session.rows(_OF_CASE, case=case_id)]

    def due(self, now: datetime, most: int) -> list[str]:
        """The ids of open deliveries whose deadline has passed, the longest overdue first."""
        return [identifier for (identifier,) in self._session.rows(_DUE, now=to_ms(now), most=most)]

    def fetch(self, identifier: str, now: datetime) -> bool:
        """READY → FETCHED; False if it was not READY any more."""
        return self._session.run(_FETCH, of=identifier, before=DeliveryState.READY, now=to_ms(now)) == 1

    def note_fetch(self, identifier: str, now: datetime) -> None:
        """Keeps the date of the first whole reading of a delivery whose state does not change by it."""
        self._session.run(_NOTE_FETCH, of=identifier, now=to_ms(now))

    def close(
        self,
        identifier: str,
        before: DeliveryState,
        after: DeliveryState,
        now: datetime,
        *,
        door: Door,
        actor: str,
        gesture: Gesture | None = None,
        fetched: bool = False,
        unread: bool = False,
        shown: bool = False,
        listed_until: datetime | None = None,
    ) -> bool:
        """Ends a delivery, guarded by the state it starts from; False if somebody else moved it.

        `fetched`: the same gesture was the first whole reading. `shown`: its notification stays until its client
        deletes it. `listed_until`: its archive stays listed until then.
        """
        changed = self._session.run(
            _CLOSE,
            of=identifier,
            before=before,
            after=after,
            now=to_ms(now),
            fetched=to_ms(now) if fetched else None,
            by_door=door,
            by=actor,
            by_gesture=gesture,
            is_unread=unread,
            still_shown=shown or listed_until is not None,
            until=to_ms(listed_until),
        )
        return changed == 1

    def dismiss(self, identifier: str) -> None:
        """Takes it out of every inbox."""
        self._session.run(_DISMISS, of=identifier)

    def unlist(self, now: datetime) -> int:
        """Takes out of the listings what was there for a grace time only; answers how many."""
        return self._session.run(_UNLIST, now=to_ms(now))

    def carry(self, identifier: str, event_id: str) -> None:
        """Makes a delivery that carries no event yet carry this one."""
        self._session.run(_CARRY, of=identifier, event=event_id)

    def open_of(self, subscription: str, now: datetime) -> OpenDeliveries:
        """How many of a subscription are open, whichever door owns them."""
        return self.opened(subscription, now)[0]

    def open_ids(self, subscription: str) -> list[str]:
        """The ids of those, in their order."""
        return [row[0] for row in self._session.rows(_OPEN, subscription=subscription, now=0)]

    def opened(self, subscription: str, now: datetime) -> tuple[OpenDeliveries, list[str]]:
        """Both, with one look."""
        rows = self._session.rows(_OPEN, subscription=subscription, now=to_ms(now))
        ready = sum(row[1] == DeliveryState.READY for row in rows)
        return OpenDeliveries(ready, len(rows) - ready, sum(row[2] for row in rows)), [row[0] for row in rows]

    def pin(self, subscription: str, mode: Mode, until: datetime, now: datetime) -> int:
        """Lets the open ones finish through a door of that mode until a date, but for those pinned already."""
        return self._session.run(_PIN, subscription=subscription, mode=mode, until=to_ms(until), now=to_ms(now))


def delivery(row: Row) -> Delivery:
    """The delivery in a row of COLUMNS."""
    return Delivery(
        id=row[0],
        case_id=row[1],
        subscription_id=row[2],
        process=row[3],
        kind=DeliveryKind(row[4]),
        state=DeliveryState(row[5]),
        number=row[6],
        sequence=row[7],
        publication=row[8],
        archive_name=row[9],
        archive_size=row[10],
        published_at=at(row[11]),
        event_id=row[12],
        notify=bool(row[13]),
        fetched_at=from_ms(row[14]),
        closed_at=from_ms(row[15]),
        closed_door=None if row[16] is None else Door(row[16]),
        expires_at=from_ms(row[17]),
        pinned_mode=None if row[18] is None else Mode(row[18]),
        pinned_until=from_ms(row[19]),
        unread=bool(row[20]),
    )
