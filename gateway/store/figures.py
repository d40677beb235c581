"""The figures that health and metrics show."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, or_, select

from gateway.domain.figures import Snapshot
from gateway.domain.moves import MoveState
from gateway.store.answers import UNSETTLED
from gateway.store.deliveries import OPEN
from gateway.store.outbox import UNSENT
from gateway.store.session import Session
from gateway.store.statement import Statement
from gateway.store.synthetic import MADE_UP
from gateway.store.tables import answers, breakers, deliveries, moves, outbox, sftp_accounts, subscriptions
from gateway.store.values import from_ms

_d, _s, _a = deliveries.c, subscriptions.c, sftp_accounts.c
_DELIVERIES = Statement(
    select(_d.state, _s.access_mode, func.count(), func.min(_d.published_at))
    .join(subscriptions, _s.id == _d.subscription_id)
    .where(OPEN, _d.case_id.not_in(MADE_UP))
    .group_by(_d.state, _s.access_mode)
)
_OUTBOX = Statement(
    select(outbox.c.state, func.count())
    .where(UNSENT, or_(outbox.c.case_id.is_(None), outbox.c.case_id.not_in(MADE_UP)))
    .group_by(outbox.c.state)
)
_ANSWERS = Statement(select(answers.c.state, func.count()).where(UNSETTLED).group_by(answers.c.state))
_FAILING = Statement(select(func.count()).select_from(breakers))
_MOVES = Statement(
    select(moves.c.state, func.count())
    .where(moves.c.state.not_in([MoveState.ABANDONED, MoveState.DONE, MoveState.ROLLED_BACK]))
    .group_by(moves.c.state)
)
_LEGACY = Statement(
    select(_a.username, _a.legacy_algorithms_until)
    .where(_a.enabled, _a.legacy_algorithms_until.is_not(None))
    .order_by(_a.username)
)


class Figures:
    """Counts over open rows only, so that their cost does not grow with the archive; made-up dossiers are left out."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def snapshot(self) -> Snapshot:
        """The figures now."""
        rows = self._session.rows(_DELIVERIES)
        oldest = [row[3] for row in rows if row[0] == "READY"]
        return Snapshot(
            deliveries={(state, mode): count for state, mode, count, _ in rows},
            oldest_undelivered=from_ms(min(oldest)) if oldest else None,
            outgoing=dict(self._session.rows(_OUTBOX)),
            answers=dict(self._session.rows(_ANSWERS)),
            failing_servers=self._session.rows(_FAILING)[0][0],
            moves=dict(self._session.rows(_MOVES)),
        )

    def legacy_until(self) -> dict[str, date]:
        """The last day on which each enabled account may use legacy algorithms, by username; those that may at all."""
        return {username: date.fromisoformat(until) for username, until in self._session.rows(_LEGACY)}
