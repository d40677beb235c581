"""What was served of each delivery, through which door, to whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, func, select

from gateway.domain.deliveries import Serving
from gateway.domain.identity import Door
from gateway.store.session import Session
from gateway.store.statement import Statement
from gateway.store.tables import deliveries, servings
from gateway.store.values import from_json, from_ms, to_json, to_ms

_c = servings.c
_GET = Statement(
    select(_c.owned, _c.epoch, _c.coverage, _c.whole_at).where(
        _c.delivery_id == bindparam("delivery"), _c.door == bindparam("door"), _c.actor == bindparam("actor")
    )
)
_SAVE = Statement(
    lambda insert: (
        insert(servings)
        .values({column.name: bindparam(column.name) for column in servings.columns})
        .on_conflict_do_update(
            index_elements=[_c.delivery_id, _c.door, _c.actor],
            set_={
                "owned": bindparam("owned"),
                "epoch": bindparam("epoch"),
                "coverage": bindparam("coverage"),
                "whole_at": func.coalesce(_c.whole_at, bindparam("whole_at")),
                "updated_at": bindparam("updated_at"),
            },
        )
    )
)
_OWNED = Statement(
    select(_c.delivery_id)
    .join(deliveries, deliveries.c.id == _c.delivery_id)
    .where(
        deliveries.c.case_id == bindparam("case"),
        _c.door == bindparam("door"),
        _c.actor == bindparam("actor"),
        _c.owned,
    )
)


class Servings:
    """Rows of `servings`, one for each (delivery, door, actor)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, delivery_id: str, door: Door, actor: str) -> Serving | None:
        """What was served so far."""
        row = self._session.row(_GET, delivery=delivery_id, door=door, actor=actor)
        if row is None:
            return None
        coverage = {item: tuple((start, end) for start, end in ranges) for item, ranges in from_json(row[2]).items()}
        return Serving(bool(row[0]), row[1], coverage, from_ms(row[3]))

    def save(self, delivery_id: str, door: Door, actor: str, serving: Serving, now: datetime) -> None:
        """Writes what was served so far."""
        self._session.run(
            _SAVE,
            delivery_id=delivery_id,
            door=door,
            actor=actor,
            owned=serving.owned,
            epoch=serving.epoch,
            coverage=to_json(serving.coverage),
            whole_at=to_ms(serving.whole_at),
            updated_at=to_ms(now),
        )

    def owned_of_case(self, case_id: str, door: Door, actor: str) -> set[str]:
        """The deliveries of a case that `actor` opened through `door` while that door owned them."""
        return {identifier for (identifier,) in self._session.rows(_OWNED, case=case_id, door=door, actor=actor)}
