"""Giving the cases of one recipient to another: every row that names the organization or its subscription."""

from __future__ import annotations

from sqlalchemy import bindparam, func, or_, select, update

from gateway.domain.deliveries import OPEN
from gateway.domain.transfers import Transferred
from gateway.store.session import Session
from gateway.store.statement import Statement
from gateway.store.tables import cases, deliveries, events, folders, notifications

_c, _d, _e, _n = cases.c, deliveries.c, events.c, notifications.c

_HELD = Statement(
    select(_c.process_code, _c.subscription_id).where(_c.recipient_id == bindparam("recipient")).distinct()
)
_COUNT = Statement(select(func.count()).where(_c.subscription_id == bindparam("subscription")))
_LOCK = Statement(
    select(_c.id)
    .join(folders, folders.c.id == _c.folder_id)
    .where(_c.subscription_id == bindparam("subscription"))
    .order_by(folders.c.id, _c.id)
    .with_for_update()
)
_CASES = Statement(
    update(cases)
    .where(_c.subscription_id == bindparam("of"))
    .values(recipient_id=bindparam("target"), subscription_id=bindparam("to"))
)
_theirs = select(_c.id).where(_c.subscription_id == bindparam("to")).scalar_subquery()
_EVENTS = Statement(
    update(events)
    .where(_e.transmitter_id == bindparam("source"), _e.case_id.in_(_theirs))
    .values(transmitter_id=bindparam("target"))
)
_RECEIVED = Statement(
    update(notifications)
    .where(_n.recipient_id == bindparam("source"), _n.case_id.in_(_theirs))
    .values(recipient_id=bindparam("target"))
)
_SENT = Statement(
    update(notifications)
    .where(_n.transmitter_id == bindparam("source"), _n.case_id.in_(_theirs))
    .values(transmitter_id=bindparam("target"))
)
_DELIVERIES = Statement(
    update(deliveries)
    .where(
        _d.subscription_id == bindparam("of"),
        or_(_d.state.in_(sorted(OPEN)), _d.shown),
    )
    .values(subscription_id=bindparam("to"), pinned_mode=None, pinned_until=None)
)


class Transfers:
    """Changes of the recipient of cases, over all tables."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def held(self, recipient: str) -> list[tuple[str, str]]:
        """The (process, subscription id) by which a recipient has cases, in the order of the processes."""
        return sorted((process, found) for process, found in self._session.rows(_HELD, recipient=recipient))

    def count(self, subscription: str) -> int:
        """How many cases a subscription has."""
        row = self._session.row(_COUNT, subscription=subscription)
        return int(row[0]) if row else 0

    def hold(self, subscription: str) -> None:
        """Holds the cases of a subscription, in one order, so that nobody is in the middle of a verb on them."""
        self._session.rows(_LOCK, subscription=subscription)

    def move(self, source: str, of: str, target: str, to: str) -> Transferred:
        """Makes all that `source` has by the subscription `of`, which is held, that of `target` by `to`.

        Deliveries that are closed and in no inbox stay: they are history. A pin was the source's drain, and ends.
        """
        run = self._session.run
        moved = run(_CASES, of=of, to=to, target=target)
        said = run(_EVENTS, source=source, target=target, to=to)
        told = run(_RECEIVED, source=source, target=target, to=to)
        told += run(_SENT, source=source, target=target, to=to)
        return Transferred(moved, said, told, run(_DELIVERIES, of=of, to=to))
