"""Archives to be delivered to subscribers' servers: the rows of `outbox` whose id is that of a delivery."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, func, or_, select, text, update

from gateway.domain.outgoing import Outgoing
from gateway.domain.pushing import Breaker, PushState
from gateway.domain.referential import SERVED
from gateway.store.outbox import COLUMNS, UNSENT, outgoing
from gateway.store.owning import owner
from gateway.store.push_targets import target
from gateway.store.session import Session
from gateway.store.statement import Statement
from gateway.store.tables import breakers, deliveries, outbox, subscriptions
from gateway.store.values import from_ms, to_ms

_o, _s, _d, _b = outbox.c, subscriptions.c, deliveries.c, breakers.c
_DUE = text("outbox.state = 'PENDING' AND outbox.kind = 'push'")  # these two are spelt as the indexes spell them
_PUSHED = text("subscriptions.transport = 'push'")
_OPEN = _d.state.in_(["READY", "FETCHED"])  # spelt unlike the index of expiry: it is not where to begin here
_SERVED = _s.status.in_([str(status) for status in SERVED])

_oldest = (
    select(func.min(_o.next_at)).where(_DUE, _o.subscription_id == _s.id).correlate(subscriptions).scalar_subquery()
)
_WAITING = Statement(
    select(_s.id, func.coalesce(_b.failures, 0))
    .outerjoin(breakers, _b.subscription_id == _s.id)
    .where(
        _PUSHED,
        _s.push.is_not(None),
        _SERVED,
        or_(_b.open_until.is_(None), _b.open_until <= bindparam("now")),
        _oldest <= bindparam("now"),
    )
    .order_by(_oldest, _s.id)
    .limit(bindparam("most"))
)
_TARGETS = Statement(
    select(_s.id, _s.push)
    .outerjoin(breakers, _b.subscription_id == _s.id)
    .where(
        _PUSHED,
        _s.push.is_not(None),
        _SERVED,
        or_(_b.open_until.is_(None), _b.open_until <= bindparam("now")),
    )
    .order_by(_s.id)
)
_NEXT = Statement(
    select(_o.id)
    .where(_DUE, _o.subscription_id == bindparam("subscription"), _o.next_at <= bindparam("now"))
    .order_by(_o.next_at, _o.id)
    .limit(1)
)
_BEGIN = Statement(
    update(outbox)
    .where(_o.id == bindparam("of"), _o.state == "PENDING")
    .values(fence=_o.fence + 1, attempts=_o.attempts + 1)
    .returning(*COLUMNS)
)
_DROP = Statement(delete(outbox).where(_o.id == bindparam("of"), _o.fence == bindparam("under"), _o.state == "PENDING"))
_MISSING = Statement(
    select(_d.id, _s.id, _d.case_id)
    .select_from(subscriptions)
    .join(
        deliveries, _d.subscription_id == _s.id.concat("")
    )  # begins with the few subscriptions, not with what is open
    .outerjoin(outbox, _o.id == _d.id)
    .where(_PUSHED, _s.push.is_not(None), _SERVED, _d.shown, _OPEN, owner() == "SFTP", _o.id.is_(None))
    .order_by(_d.published_at, _d.id)
    .limit(bindparam("most"))
)
_STRAY = Statement(
    delete(outbox).where(
        _DUE,
        _o.subscription_id.in_(select(_s.id).where(or_(_s.transport != "push", _s.push.is_(None)))),
    )
)
_STATES = Statement(
    select(_s.id, _s.organization_id, _s.process_code, _s.push, _b.failures, _b.open_until, _b.last_error)
    .outerjoin(breakers, _b.subscription_id == _s.id)
    .where(_PUSHED, _s.push.is_not(None))
    .order_by(_s.organization_id, _s.process_code)
)
_KEPT = Statement(
    select(_o.state, func.count(), func.min(_o.created_at), func.max(_o.last_error))
    .where(UNSENT, _o.subscription_id == bindparam("subscription"), _o.kind == "push")
    .group_by(_o.state)
)
_RETRY = Statement(
    update(outbox)
    .where(UNSENT, _o.subscription_id == bindparam("subscription"), _o.kind == "push")
    .values(state="PENDING", attempts=0, next_at=bindparam("now"), done_at=None)
)


class Pushes:
    """Those rows, and which subscribers they wait for."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def waiting(self, now: datetime, most: int) -> list[tuple[str, int]]:
        """The subscriptions for which something is due and whose server may be tried, with its failures so far.

        Whoever has waited longest comes first.
        """
        return [(row[0], row[1]) for row in self._session.rows(_WAITING, now=to_ms(now), most=most)]

    def answering(self, now: datetime) -> list[str]:
        """The subscriptions whose server has a directory of answers, and may be tried."""
        found = self._session.rows(_TARGETS, now=to_ms(now))
        return [identifier for identifier, push in found if target(push).answers is not None]

    def begin(self, subscription: str, now: datetime) -> Outgoing | None:
        """The delivery of a subscription that has been due for longest, with one more attempt counted."""
        row = self._session.row(_NEXT, subscription=subscription, now=to_ms(now))
        claimed = None if row is None else self._session.row(_BEGIN, of=row[0])
        return None if claimed is None else outgoing(claimed)

    def drop(self, call: Outgoing) -> None:
        """Forgets what is not to be delivered this way any more; see `missing` for when it is again."""
        self._session.run(_DROP, of=call.id, under=call.fence)

    def missing(self, now: datetime, most: int) -> list[tuple[str, str, str]]:
        """Open deliveries (with their subscription and case) that are to be pushed and for which no row says so."""
        return [(row[0], row[1], row[2]) for row in self._session.rows(_MISSING, now=to_ms(now), most=most)]

    def sweep(self) -> int:
        """Forgets what waits for subscribers that nothing is pushed to any more."""
        return self._session.run(_STRAY)

    def states(self) -> list[PushState]:
        """How pushing stands, subscriber by subscriber."""
        found = []
        for row in self._session.rows(_STATES):
            kept = {state: rest for state, *rest in self._session.rows(_KEPT, subscription=row[0])}
            waiting, dead = kept.get("PENDING", [0, None, None]), kept.get("DEAD", [0, None, None])
            since = [each[1] for each in (waiting, dead) if each[1] is not None]
            breaker = Breaker(row[4] or 0, from_ms(row[5]), row[6])
            found.append(
                PushState(
                    subscription_id=row[0],
                    organization=row[1],
                    process=row[2],
                    host=target(row[3]).host,
                    waiting=waiting[0],
                    dead=dead[0],
                    oldest=from_ms(min(since)) if since else None,
                    breaker=breaker,
                    last_error=breaker.last_error or waiting[2] or dead[2],
                )
            )
        return found

    def retry(self, subscription: str, now: datetime) -> int:
        """Makes everything that waits or was given up due at once, with all its attempts; answers how many."""
        return self._session.run(_RETRY, subscription=subscription, now=to_ms(now))
