"""Planned moves with their waves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select, update

from gateway.domain.moves import Move, MoveState, Wave, WaveState
from gateway.domain.specs import spec_of, spec_value
from gateway.store.session import Row, Session
from gateway.store.statement import POSTGRES, Statement, insert_into
from gateway.store.tables import move_rows, move_waves, moves
from gateway.store.values import at, from_json, from_ms, to_json, to_ms

_c, _w = moves.c, move_waves.c
_COLUMNS = list(moves.columns)
_INSERT = insert_into(moves)
_INSERT_WAVE = insert_into(move_waves)
_named = select(*_COLUMNS).where(_c.name == bindparam("named"))
_NAMED = Statement(_named)
_HOLD = Statement(_named.with_for_update())
_GET = Statement(select(*_COLUMNS).where(_c.id == bindparam("of")))
_RESERVE = Statement(select(func.pg_advisory_xact_lock(func.hashtext(bindparam("named")))))
_AFTER = Statement(
    select(*_COLUMNS)
    .where(_c.name > bindparam("after"), _c.state != MoveState.ABANDONED)
    .order_by(_c.name)
    .limit(bindparam("most"))
)
_UNDER_WAY = Statement(
    select(*_COLUMNS).where(_c.state.in_([MoveState.RUNNING, MoveState.ROLLBACK])).order_by(_c.applied_at, _c.id)
)
_STALE = Statement(
    select(_c.id).where(_c.state == MoveState.ABANDONED, _c.planned_at < bindparam("before")).order_by(_c.id)
)
_NAME = Statement(
    update(moves)
    .where(_c.id == bindparam("of"), _c.state == MoveState.ABANDONED)
    .values(name=bindparam("named"), state=MoveState.PLANNED)
)
_UNNAME = Statement(
    update(moves)
    .where(_c.id == bindparam("of"), _c.state.in_([MoveState.PLANNED, MoveState.APPROVED]))
    .values(name=_c.id, state=MoveState.ABANDONED)
)
_CHANGING = ("state", "approved_by", "approved_at", "applied_by", "applied_at", "resumed_at", "ended_at", "reason")
_CHANGE = Statement(
    update(moves)
    .where(_c.id == bindparam("of"), _c.state == bindparam("before"))
    .values({name: bindparam(name) for name in _CHANGING})
)
_WAVES = Statement(select(*list(move_waves.columns)[1:]).where(_w.move_id == bindparam("of")).order_by(_w.number))
_WAVE = Statement(
    update(move_waves)
    .where(_w.move_id == bindparam("of"), _w.number == bindparam("wave"), _w.state == bindparam("before"))
    .values(
        state=bindparam("after"),
        started_at=func.coalesce(_w.started_at, bindparam("now")),
        ended_at=bindparam("ended"),
    )
)
_DELETE = (
    Statement(delete(move_rows).where(move_rows.c.move_id == bindparam("of"))),
    Statement(delete(move_waves).where(_w.move_id == bindparam("of"))),
    Statement(delete(moves).where(_c.id == bindparam("of"))),
)


class Moves:
    """Rows of `moves` and `move_waves`. A move whose rows are still being written is ABANDONED, named by its id."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self, new: Move, waves: Iterable[Wave]) -> None:
        """Adds a move that is not to be seen yet, with its waves; its rows come next, and then `name`."""
        self._session.run(
            _INSERT,
            id=new.id,
            name=new.id,
            state=MoveState.ABANDONED,
            spec=to_json(spec_value(new.spec)),
            plan_digest=new.plan_digest,
            size=new.size,
            planned_by=new.planned_by,
            planned_at=to_ms(new.planned_at),
            **dict.fromkeys(_CHANGING[1:]),
        )
        for wave in waves:
            self._session.run(
                _INSERT_WAVE,
                move_id=new.id,
                number=wave.number,
                state=wave.state,
                size=wave.size,
                starts_at=to_ms(wave.starts_at),
                started_at=to_ms(wave.started_at),
                ended_at=to_ms(wave.ended_at),
            )

    def name(self, move: str, name: str) -> bool:
        """Makes a move that was begun a PLANNED one of that name; False if it was swept meanwhile."""
        return self._session.run(_NAME, of=move, named=name) == 1

    def abandon(self, move: str) -> bool:
        """Gives up a move that has not begun, and its name; False if it has."""
        return self._session.run(_UNNAME, of=move) == 1

    def get(self, move: str) -> Move | None:
        """The move of that id."""
        row = self._session.row(_GET, of=move)
        return None if row is None else _move(row)

    def named(self, name: str) -> Move | None:
        """The move of that name."""
        row = self._session.row(_NAMED, named=name)
        return None if row is None else _move(row)

    def hold(self, name: str) -> Move | None:
        """The move of that name, kept from changes by others until the transaction ends."""
        row = self._session.row(_HOLD, named=name)
        return None if row is None else _move(row)

    def reserve(self, name: str) -> None:
        """Keeps a name, of a move or of none yet, from being given by others until the transaction ends."""
        if self._session.dialect is POSTGRES:  # SQLite has one writer at a time
            self._session.rows(_RESERVE, named=name)

    def after(self, name: str, most: int) -> list[Move]:
        """Those whose name comes after one, in their order."""
        return [_move(row) for row in self._session.rows(_AFTER, after=name, most=most)]

    def under_way(self) -> list[Move]:
        """Those that run or are rolled back, the earliest applied first."""
        return [_move(row) for row in self._session.rows(_UNDER_WAY)]

    def stale(self, before: datetime) -> list[str]:
        """The ids of those that were begun before a date and never named."""
        return [identifier for (identifier,) in self._session.rows(_STALE, before=to_ms(before))]

    def change(self, move: Move, before: MoveState) -> bool:
        """Writes what becomes of a move, guarded by the state it comes from; False if somebody else moved it."""
        changed = self._session.run(
            _CHANGE,
            of=move.id,
            before=before,
            state=move.state,
            approved_by=move.approved_by,
            approved_at=to_ms(move.approved_at),
            applied_by=move.applied_by,
            applied_at=to_ms(move.applied_at),
            resumed_at=to_ms(move.resumed_at),
            ended_at=to_ms(move.ended_at),
            reason=None if move.reason is None else move.reason[:500],
        )
        return changed == 1

    def waves(self, move: str) -> list[Wave]:
        """Its waves, by number."""
        return [_wave(row) for row in self._session.rows(_WAVES, of=move)]

    def change_wave(self, move: str, number: int, before: WaveState, after: WaveState, now: datetime) -> bool:
        """Moves a wave on, guarded by its state; False if somebody else did."""
        ended = to_ms(now) if after is WaveState.DONE else None
        changed = self._session.run(
            _WAVE, of=move, wave=number, before=before, after=after, now=to_ms(now), ended=ended
        )
        return changed == 1

    def delete(self, move: str) -> None:
        """Takes a move away, with its waves and rows."""
        for statement in _DELETE:
            self._session.run(statement, of=move)


def _move(row: Row) -> Move:
    return Move(
        id=row[0],
        name=row[1],
        state=MoveState(row[2]),
        spec=spec_of(from_json(row[3])),
        plan_digest=row[4],
        size=row[5],
        planned_by=row[6],
        planned_at=at(row[7]),
        approved_by=row[8],
        approved_at=from_ms(row[9]),
        applied_by=row[10],
        applied_at=from_ms(row[11]),
        resumed_at=from_ms(row[12]),
        ended_at=from_ms(row[13]),
        reason=row[14],
    )


def _wave(row: Row) -> Wave:
    return Wave(
        number=row[0],
        state=WaveState(row[1]),
        size=row[2],
        starts_at=at(row[3]),
        started_at=from_ms(row[4]),
        ended_at=from_ms(row[5]),
    )
