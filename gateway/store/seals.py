"""Seals of the journal."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select

from gateway.domain.seals import Seal
from gateway.store.session import Row, Session
from gateway.store.statement import Statement
from gateway.store.tables import seals
from gateway.store.values import at, from_json, to_json, to_ms

_c = seals.c
_COLUMNS = [*(column for column in seals.columns if column is not _c.number), _c.number]
_INSERT = Statement(
    lambda insert: (
        insert(seals)
        .values({column.name: bindparam(column.name) for column in _COLUMNS[:-1]})
        .on_conflict_do_nothing(index_elements=[_c.previous])
    )
)
_LAST = Statement(select(*_COLUMNS).order_by(_c.number.desc()).limit(1))
_AFTER = Statement(
    select(*_COLUMNS).where(_c.number > bindparam("behind")).order_by(_c.number).limit(bindparam("most"))
)
_MISSING = Statement(select(_c.missing, _c.late).where(_c.sealed_at > bindparam("since")).order_by(_c.number))


class Seals:
    """Rows of `seals`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def last(self) -> Seal | None:
        """The newest one."""
        row = self._session.row(_LAST)
        return None if row is None else _seal(row)

    def after(self, number: int, most: int) -> list[Seal]:
        """Those that were made after one, in their order."""
        return [_seal(row) for row in self._session.rows(_AFTER, behind=number, most=most)]

    def missing(self, since: datetime) -> set[int]:
        """The numbers that seals made after `since` did not find, and none held later."""
        found: set[int] = set()
        for missing, late in self._session.rows(_MISSING, since=to_ms(since)):
            found |= set(from_json(missing))
            found -= set(from_json(late))
        return found

    def add(self, new: Seal) -> bool:
        """Adds the newest one, unless another follows the same one by now."""
        added = self._session.run(
            _INSERT,
            first_seq=new.first,
            last_seq=new.last,
            missing=to_json(list(new.missing)),
            late=to_json(list(new.late)),
            digests=new.digests,
            previous=new.previous,
            digest=new.digest,
            key_id=new.key_id,
            signature=new.signature,
            sealed_at=to_ms(new.sealed_at),
        )
        return added == 1


def _seal(row: Row) -> Seal:
    return Seal(
        first=row[0],
        last=row[1],
        missing=tuple(from_json(row[2])),
        late=tuple(from_json(row[3])),
        digests=bytes(row[4]),
        previous=bytes(row[5]),
        digest=bytes(row[6]),
        key_id=row[7],
        signature=bytes(row[8]),
        sealed_at=at(row[9]),
        number=row[10],
    )
