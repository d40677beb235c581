"""Allowances shared by every process and node: how much of each was taken in a period."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete

from gateway.store.session import Session
from gateway.store.statement import Statement
from gateway.store.tables import rates
from gateway.store.values import to_ms

_c = rates.c
_TAKE = Statement(
    lambda insert: (
        insert(rates)
        .values(
            name=bindparam("who"), period=bindparam("number"), taken=bindparam("share"), expires_at=bindparam("ends")
        )
        .on_conflict_do_update(
            index_elements=[_c.name, _c.period],
            set_={"taken": _c.taken + bindparam("share")},
            where=_c.taken < bindparam("most"),
        )
        .returning(_c.taken)
    )
)
_FORGET = Statement(delete(rates).where(_c.expires_at <= bindparam("now")))


class Rates:
    """Rows of `rates`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self, name: str, period: int, share: int, limit: int, expires_at: datetime) -> tuple[int, int]:
        """Takes up to `share` of an allowance of `limit`: how much was had, and how much is left to others."""
        row = self._session.row(_TAKE, who=name, number=period, share=share, most=limit, ends=to_ms(expires_at))
        if row is None:
            return 0, 0
        taken: int = row[0]
        return share - max(0, taken - limit), max(0, limit - taken)

    def forget(self, now: datetime) -> int:
        """Drops the periods that are over."""
        return self._session.run(_FORGET, now=to_ms(now))
