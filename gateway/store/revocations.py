"""Revoked certificates, by the authority that signed them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, or_, select

from gateway.domain.revocations import Means, Presented, Revocation, named
from gateway.store.session import Session
from gateway.store.statement import Statement
from gateway.store.tables import revocations
from gateway.store.values import to_ms

_c = revocations.c
_ADD = Statement(
    lambda insert: (
        insert(revocations)
        .values(
            authority=bindparam("by"),
            means=bindparam("how"),
            first=bindparam("since"),
            last=bindparam("until"),
            revoked_at=bindparam("now"),
        )
        .on_conflict_do_nothing(index_elements=[_c.authority, _c.means, _c.first, _c.last])
    )
)
_LIFT = Statement(
    delete(revocations).where(
        _c.authority == bindparam("by"),
        _c.means == bindparam("how"),
        _c.first == bindparam("since"),
        _c.last == bindparam("until"),
    )
)
_FITTING = Statement(
    select(_c.means)
    .where(
        _c.authority == bindparam("by"),
        or_(
            and_(_c.means == "serial", _c.first <= bindparam("serial"), _c.last >= bindparam("serial")),
            and_(_c.means == "id", _c.first == bindparam("id")),
            and_(_c.means == "key", _c.first == bindparam("key")),
        ),
    )
    .limit(1)
)
_AFTER = Statement(
    select(_c.authority, _c.means, _c.first, _c.last).order_by(_c.authority, _c.means, _c.first, _c.last)
)


class Revocations:
    """Rows of `revocations`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, new: Iterable[Revocation], now: datetime) -> int:
        """Adds them; tells how many were not there yet."""
        return sum(self._session.run(_ADD, **_named(one), now=to_ms(now)) for one in new)

    def lift(self, those: Iterable[Revocation]) -> int:
        """Takes them back; tells how many were there."""
        return sum(self._session.run(_LIFT, **_named(one)) for one in those)

    def fits(self, presented: Presented) -> bool:
        """Whether that certificate is revoked."""
        values = {str(means): value for means, value in named(presented)}
        return self._session.row(_FITTING, by=presented.authority, **values) is not None

    def all(self) -> list[Revocation]:
        """Everything that is revoked, by authority."""
        return [Revocation(by, Means(how), first, last) for by, how, first, last in self._session.rows(_AFTER)]


def _named(one: Revocation) -> dict[str, str]:
    return {"by": one.authority, "how": str(one.means), "since": one.first, "until": one.last}
