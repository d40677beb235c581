"""Leases: who may run a named job until when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, case, or_, update

from gateway.domain.outgoing import Lease
from gateway.store.session import Session
from gateway.store.statement import Statement
from gateway.store.tables import leases
from gateway.store.values import to_ms

_c = leases.c
# Prolonging keeps the number; whoever comes after an end, be it the same holder, gets a higher one.
_FENCE = case((_c.until > bindparam("now"), _c.fence), else_=_c.fence + 1)
_TAKE = Statement(
    lambda insert: (
        insert(leases)
        .values(name=bindparam("job"), holder=bindparam("who"), fence=1, until=bindparam("ends"))
        .on_conflict_do_update(
            index_elements=[_c.name],
            set_={"holder": bindparam("who"), "fence": _FENCE, "until": bindparam("ends")},
            where=or_(_c.until <= bindparam("now"), _c.holder == bindparam("who")),
        )
        .returning(_c.fence)
    )
)
# The row stays, since its number must never come back.
_RELEASE = Statement(
    update(leases)
    .where(_c.name == bindparam("job"), _c.holder == bindparam("who"), _c.until > 0)
    .values(until=bindparam("ends"))
)


class Leases:
    """Rows of `leases`, by the job's name."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        """Takes or prolongs the lease; None while another holder's has not ended."""
        row = self._session.row(_TAKE, job=name, who=holder, now=to_ms(now), ends=to_ms(until))
        return None if row is None else Lease(name, holder, row[0], until)

    def release(self, name: str, holder: str) -> bool:
        """Gives the lease back early; False if the holder does not have it."""
        return self._session.run(_RELEASE, job=name, who=holder, ends=0) == 1
