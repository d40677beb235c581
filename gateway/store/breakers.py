"""What is known of subscribers' servers that fail. A server that answers has no row."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from gateway.domain.pushing import Breaker
from gateway.store.session import Session
from gateway.store.statement import Statement
from gateway.store.tables import breakers
from gateway.store.values import from_ms, to_ms

_c = breakers.c
_GET = Statement(
    select(_c.failures, _c.open_until, _c.last_error).where(_c.subscription_id == bindparam("subscription"))
)
_PUT = Statement(
    lambda insert: (
        insert(breakers)
        .values({column.name: bindparam(column.name) for column in breakers.columns})
        .on_conflict_do_update(
            index_elements=[_c.subscription_id],
            set_={name: bindparam(name) for name in ("failures", "open_until", "last_error")},
        )
    )
)
_DROP = Statement(delete(breakers).where(_c.subscription_id == bindparam("subscription")))


class Breakers:
    """Rows of `breakers`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, subscription: str) -> Breaker:
        """The breaker of a subscriber's server; a fresh one when nothing failed."""
        row = self._session.row(_GET, subscription=subscription)
        return Breaker() if row is None else Breaker(row[0], from_ms(row[1]), row[2])

    def put(self, subscription: str, breaker: Breaker) -> None:
        """Keeps it."""
        self._session.run(
            _PUT,
            subscription_id=subscription,
            failures=breaker.failures,
            open_until=to_ms(breaker.open_until),
            last_error=breaker.last_error,
        )

    def drop(self, subscription: str) -> bool:
        """Forgets it: the server answers, or shall be tried at once. False when nothing had failed."""
        return self._session.run(_DROP, subscription=subscription) == 1
