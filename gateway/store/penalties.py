"""Failed logins, counted for every process and node together."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, case, delete, select, update

from gateway.domain.penalties import Penalty, PenaltyName
from gateway.store.session import Session
from gateway.store.statement import Statement
from gateway.store.tables import penalties
from gateway.store.values import from_ms, to_ms

_c = penalties.c
# A row whose time is over counts as none until housekeeping takes it away.
_FAILURES = case((_c.expires_at <= bindparam("now"), 1), else_=_c.failures + 1)
_BLOCKED = case((_c.expires_at <= bindparam("now"), None), else_=_c.blocked_until)
_FAIL = Statement(
    lambda insert: (
        insert(penalties)
        .values(name=bindparam("who"), failures=1, blocked_until=None, expires_at=bindparam("ends"))
        .on_conflict_do_update(
            index_elements=[_c.name],
            set_={"failures": _FAILURES, "blocked_until": _BLOCKED, "expires_at": bindparam("ends")},
        )
        .returning(_c.failures)
    )
)
_BLOCK = Statement(
    update(penalties)
    .where(_c.name == bindparam("who"))
    .values(blocked_until=bindparam("until"), expires_at=bindparam("ends"))
)
_GET = Statement(
    select(_c.failures, _c.blocked_until).where(_c.name == bindparam("who"), _c.expires_at > bindparam("now"))
)
_AFTER = Statement(
    select(_c.name, _c.failures, _c.blocked_until)
    .where(_c.name > bindparam("start"), _c.expires_at > bindparam("now"))
    .order_by(_c.name)
    .limit(bindparam("most"))
)
_LIFT = Statement(delete(penalties).where(_c.name == bindparam("who")))
_RELENT = Statement(
    update(penalties).where(_c.name == bindparam("who"), _c.failures > 1).values(failures=_c.failures - 1)
)
_EMPTY = Statement(delete(penalties).where(_c.name == bindparam("who"), _c.failures <= 1, _c.blocked_until.is_(None)))
_FORGET = Statement(delete(penalties).where(_c.expires_at <= bindparam("now")))


class Penalties:
    """Rows of `penalties`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, name: PenaltyName, now: datetime) -> Penalty | None:
        """How it stands with one; None when nothing is counted."""
        row = self._session.row(_GET, who=str(name), now=to_ms(now))
        return None if row is None else Penalty(name, row[0], from_ms(row[1]))

    def fail(self, name: PenaltyName, now: datetime, expires_at: datetime) -> int:
        """Counts one more failure, and tells how many there are."""
        row = self._session.row(_FAIL, who=str(name), now=to_ms(now), ends=to_ms(expires_at))
        assert row is not None
        failures: int = row[0]
        return failures

    def block(self, name: PenaltyName, until: datetime, expires_at: datetime) -> None:
        """Refuses logins until then."""
        self._session.run(_BLOCK, who=str(name), until=to_ms(until), ends=to_ms(expires_at))

    def after(self, start: str, now: datetime, most: int) -> list[Penalty]:
        """At most `most` of them in the order of their names, from behind `start` on."""
        rows = self._session.rows(_AFTER, start=start, now=to_ms(now), most=most)
        return [Penalty(PenaltyName.parse(name), failures, from_ms(until)) for name, failures, until in rows]

    def lift(self, name: PenaltyName) -> bool:
        """Forgets one; False when there was none."""
        return self._session.run(_LIFT, who=str(name)) == 1

    def relent(self, name: PenaltyName) -> None:
        """Counts one failure less; who waits goes on waiting."""
        if not self._session.run(_RELENT, who=str(name)):
            self._session.run(_EMPTY, who=str(name))

    def forget(self, now: datetime) -> int:
        """Drops those whose time is over."""
        return self._session.run(_FORGET, now=to_ms(now))
