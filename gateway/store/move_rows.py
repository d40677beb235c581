"""The subscriptions of planned moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Insert, and_, bindparam, case, func, literal, or_, select, update

from gateway.domain.deliveries import DeliveryState
from gateway.domain.identity import Mode, Transport
from gateway.domain.journal import Entry
from gateway.domain.moves import Row, RowState
from gateway.store.session import Row as Found
from gateway.store.session import Session
from gateway.store.statement import Statement, insert_into
from gateway.store.synthetic import MADE_UP
from gateway.store.tables import deliveries, journal, move_rows
from gateway.store.values import at, from_ms, to_ms

_c = move_rows.c
_TOGETHER: Final = 20
"""So many rows in one statement: few ways to a server, and not yet the parameters that SQLite is slow to name."""
_COLUMNS = list(move_rows.columns)[1:]
_NAMES = [column.name for column in move_rows.columns]
_INSERT = insert_into(move_rows)
_INSERT_TOGETHER = Statement(
    Insert(move_rows).values(
        [{name: bindparam(f"{name}_{position}") for name in _NAMES} for position in range(_TOGETHER)]
    )
)
_of_move = _c.move_id == bindparam("move")
_page = select(*_COLUMNS).where(_of_move).limit(bindparam("most"))
_AFTER = Statement(_page.where(_c.position > bindparam("after")).order_by(_c.position))
_IN_STATE = Statement(
    _page.where(_c.position > bindparam("after"), _c.state == bindparam("state")).order_by(_c.position)
)
_OF_WAVE = Statement(
    _page.where(
        _c.wave == bindparam("wave"), _c.state == bindparam("state"), _c.position > bindparam("after")
    ).order_by(_c.position)
)
_RESTED = Statement(
    _page.where(
        _c.wave == bindparam("wave"), _c.state == bindparam("state"), _c.changed_at <= bindparam("before")
    ).order_by(_c.position)
)
_LOOKED_AT = Statement(
    select(func.min(_c.changed_at)).where(
        _of_move, _c.wave == bindparam("wave"), _c.state == literal(RowState.REHEARSING)
    )
)
_LATEST = Statement(
    _page.where(_c.state == bindparam("state"), _c.position < bindparam("before")).order_by(_c.position.desc())
)
AMONG: Final = 50
"""How many rows one statement asks for by their positions."""
_positions: list[Any] = [bindparam(f"position_{number}") for number in range(AMONG)]
_AT = Statement(select(*_COLUMNS).where(_of_move, _c.position.in_(_positions)))
_OF_SUBSCRIPTION = Statement(
    select(*_COLUMNS).where(_of_move, _c.subscription_id == bindparam("subscription")).order_by(_c.position)
)
_CHANGE = Statement(
    update(move_rows)
    .where(_of_move, _c.position == bindparam("at"), _c.state == bindparam("before"))
    .values(
        state=bindparam("after"),
        reason=bindparam("reason"),
        rehearsal_id=bindparam("rehearsal"),
        epoch=bindparam("epoch"),
        changed_at=bindparam("now"),
    )
)
_COUNTS = Statement(select(_c.wave, _c.state, func.count()).where(_of_move).group_by(_c.wave, _c.state))
_ENDINGS = Statement(
    select(journal.c.entry, func.count())
    .select_from(move_rows.join(journal, journal.c.subscription_id == _c.subscription_id))
    .where(
        _of_move,
        _c.state == RowState.SWITCHED,
        journal.c.at > _c.changed_at,
        journal.c.at > bindparam("since"),
        or_(journal.c.case_id.is_(None), journal.c.case_id.not_in(MADE_UP)),
        journal.c.entry.in_(
            [
                Entry.DELIVERY_ACCEPTED,
                Entry.DELIVERY_REJECTED,
                Entry.DELIVERY_EXPIRED,
                Entry.OUTGOING_SENT,
                Entry.OUTGOING_DEAD,
            ]
        ),
    )
    .group_by(journal.c.entry)
)
_later = case((deliveries.c.published_at > _c.changed_at, deliveries.c.published_at), else_=_c.changed_at)
_OLDEST = Statement(
    select(func.min(_later))
    .select_from(move_rows.join(deliveries, deliveries.c.subscription_id == _c.subscription_id))
    .where(
        _of_move,
        _c.state == RowState.SWITCHED,
        deliveries.c.shown,
        deliveries.c.state == literal(DeliveryState.READY),
        deliveries.c.case_id.not_in(MADE_UP),
        or_(
            deliveries.c.pinned_mode.is_(None),
            and_(deliveries.c.pinned_until.is_not(None), deliveries.c.pinned_until <= bindparam("now")),
        ),
    )
)


class MoveRows:
    """Rows of `move_rows`; every page goes on behind a position."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, move: str, rows: Sequence[Row]) -> None:
        """Adds rows; many go in one statement, since a plan may have hundreds of thousands."""
        whole = len(rows) - len(rows) % _TOGETHER
        for start in range(0, whole, _TOGETHER):
            values: dict[str, Any] = {}
            for position, row in enumerate(rows[start : start + _TOGETHER]):
                for name, value in _values(move, row).items():
                    values[f"{name}_{position}"] = value
            self._session.run(_INSERT_TOGETHER, **values)
        for row in rows[whole:]:
            self._session.run(_INSERT, **_values(move, row))

    def page(self, move: str, after: int, most: int, state: RowState | None = None) -> list[Row]:
        """Those behind a position, by position; `state`: only those in it."""
        if state is None:
            return [_row(row) for row in self._session.rows(_AFTER, move=move, after=after, most=most)]
        return [_row(row) for row in self._session.rows(_IN_STATE, move=move, after=after, most=most, state=state)]

    def of_wave(self, move: str, wave: int, state: RowState, after: int, most: int) -> list[Row]:
        """Those of a wave in a state, behind a position."""
        found = self._session.rows(_OF_WAVE, move=move, wave=wave, state=state, after=after, most=most)
        return [_row(row) for row in found]

    def rested(self, move: str, wave: int, state: RowState, before: datetime, most: int) -> list[Row]:
        """Those of a wave in a state that nobody has changed or looked at since a date."""
        found = self._session.rows(_RESTED, move=move, wave=wave, state=state, before=to_ms(before), most=most)
        return [_row(row) for row in found]

    def looked_at(self, move: str, wave: int) -> datetime | None:
        """When that of a wave's rehearsing ones was looked at that was looked at longest ago."""
        row = self._session.row(_LOOKED_AT, move=move, wave=wave)
        return None if row is None else from_ms(row[0])

    def latest(self, move: str, state: RowState, before: int, most: int) -> list[Row]:
        """Those in a state before a position, the last one first."""
        return [_row(row) for row in self._session.rows(_LATEST, move=move, state=state, before=before, most=most)]

    def at(self, move: str, positions: Sequence[int]) -> list[Row]:
        """Those at these positions, in no order."""
        found: list[Row] = []
        for start in range(0, len(positions), AMONG):
            asked = positions[start : start + AMONG]
            padded = {f"position_{number}": asked[min(number, len(asked) - 1)] for number in range(AMONG)}
            found += [_row(row) for row in self._session.rows(_AT, move=move, **padded)]
        return found

    def of_subscription(self, move: str, subscription: str) -> list[Row]:
        """Those about a subscription."""
        return [_row(row) for row in self._session.rows(_OF_SUBSCRIPTION, move=move, subscription=subscription)]

    def change(self, move: str, changed: Row, before: RowState, now: datetime) -> bool:
        """Writes what became of a row, guarded by the state it comes from; False if somebody else moved it."""
        touched = self._session.run(
            _CHANGE,
            move=move,
            at=changed.position,
            before=before,
            after=changed.state,
            reason=None if changed.reason is None else changed.reason[:500],
            rehearsal=changed.rehearsal_id,
            epoch=changed.epoch,
            now=to_ms(now),
        )
        return touched == 1

    def counts(self, move: str) -> dict[int, dict[RowState, int]]:
        """How many rows are in which state, by wave."""
        found: dict[int, dict[RowState, int]] = {}
        for wave, state, count in self._session.rows(_COUNTS, move=move):
            found.setdefault(wave, {})[RowState(state)] = int(count)
        return found

    def endings(self, move: str, since: datetime) -> dict[Entry, int]:
        """How the deliveries and outgoing calls of switched subscriptions ended, by the journal's entries.

        Counted for each from its switch on, and not before `since`.
        """
        found = self._session.rows(_ENDINGS, move=move, since=to_ms(since))
        return {Entry(entry): int(count) for entry, count in found}

    def undelivered_since(self, move: str, now: datetime) -> datetime | None:
        """Since when the longest waiting READY delivery waits in its new inbox: its publication, or the switch."""
        row = self._session.row(_OLDEST, move=move, now=to_ms(now))
        return None if row is None else from_ms(row[0])


def _values(move: str, row: Row) -> dict[str, Any]:
    return {
        "move_id": move,
        "position": row.position,
        "subscription_id": row.subscription_id,
        "wave": row.wave,
        "from_mode": row.from_mode,
        "from_transport": row.from_transport,
        "from_epoch": row.from_epoch,
        "in_flight": row.in_flight,
        "state": row.state,
        "reason": row.reason,
        "rehearsal_id": row.rehearsal_id,
        "epoch": row.epoch,
        "changed_at": to_ms(row.changed_at),
    }


def _row(row: Found) -> Row:
    return Row(
        position=row[0],
        subscription_id=row[1],
        wave=row[2],
        from_mode=Mode(row[3]),
        from_transport=Transport(row[4]),
        from_epoch=row[5],
        in_flight=row[6],
        state=RowState(row[7]),
        reason=row[8],
        rehearsal_id=row[9],
        epoch=row[10],
        changed_at=None if row[11] is None else at(row[11]),
    )
