"""What was served of each delivery, through which door, to whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, bindparam, exists, func, or_, select

from gateway.domain.deliveries import Serving, Standing
from gateway.domain.dossiers import Attachment, Parties
from gateway.domain.identity import Door, Mode
from gateway.store.attachments import COLUMNS as ATTACHMENT_COLUMNS
from gateway.store.attachments import attachment
from gateway.store.deliveries import OPEN
from gateway.store.owning import owner
from gateway.store.session import Row, Session
from gateway.store.statement import Statement
from gateway.store.tables import (
    archive_blobs,
    attachment_cases,
    attachments,
    cases,
    deliveries,
    servings,
    subscriptions,
)
from gateway.store.values import from_json, from_ms, to_json, to_ms

_c = servings.c
_GET = Statement(
    select(_c.owned, _c.epoch, _c.coverage, _c.whole_at, _c.closed_at).where(
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
                "closed_at": bindparam("closed_at"),
                "updated_at": bindparam("updated_at"),
            },
        )
    )
)
_OF_DELIVERY = Statement(
    select(_c.owned, _c.epoch, _c.coverage, _c.whole_at, _c.closed_at, _c.door).where(
        _c.delivery_id == bindparam("delivery")
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
_holds = exists().where(
    archive_blobs.c.delivery_id == deliveries.c.id, archive_blobs.c.attachment_id == bindparam("item")
)
_of_reader = and_(_c.delivery_id == deliveries.c.id, _c.door == bindparam("door"), _c.actor == bindparam("actor"))
# What another door has settled is noted too: that it was served whole twice is evidence. An expiry is the owner's: a
# door that rehearses is still shown the delivery, and compared by what it fetches.
_noted = or_(
    OPEN,
    and_(deliveries.c.state.in_(["ACCEPTED", "REJECTED"]), deliveries.c.closed_door != bindparam("door")),
    and_(deliveries.c.state == "EXPIRED", subscriptions.c.rehearsal_mode == bindparam("mode")),
)
# So is what its own client settled while the bytes were on their way: it has them before their sending is noted.
_noted_since = or_(
    _noted, and_(deliveries.c.state.in_(["ACCEPTED", "REJECTED"]), deliveries.c.closed_at >= bindparam("began"))
)
_STANDINGS = Statement(
    select(
        deliveries.c.id,
        owner(),
        subscriptions.c.epoch,
        _holds,
        _c.owned,
        _c.epoch,
        _c.coverage,
        _c.whole_at,
        _c.closed_at,
        subscriptions.c.rehearsal_mode,
    )
    .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
    .outerjoin(servings, _of_reader)
    .where(deliveries.c.case_id == bindparam("case"), _noted_since)
    .order_by(deliveries.c.published_at, deliveries.c.id)
)
_whole = exists().where(_of_reader, _c.whole_at.is_not(None), or_(_c.owned, owner() != bindparam("mode")))
_lacking = exists().where(
    deliveries.c.case_id == cases.c.id, _noted, subscriptions.c.id == deliveries.c.subscription_id, ~_whole
)
_SOUGHT = Statement(
    select(
        cases.c.depositor_id,
        cases.c.recipient_id,
        cases.c.process_code,
        cases.c.publication,
        _lacking.correlate(cases),
        *ATTACHMENT_COLUMNS,
    )
    .outerjoin(
        attachment_cases,
        and_(attachment_cases.c.case_id == cases.c.id, attachment_cases.c.attachment_id == bindparam("attachment")),
    )
    .outerjoin(attachments, attachments.c.id == attachment_cases.c.attachment_id)
    .where(cases.c.id == bindparam("case"))
)


class Servings:
    """Rows of `servings`, one for each (delivery, door, actor)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, delivery_id: str, door: Door, actor: str) -> Serving | None:
        """What was served so far."""
        row = self._session.row(_GET, delivery=delivery_id, door=door, actor=actor)
        return None if row is None else _serving(row)

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
            closed_at=to_ms(serving.closed_at),
            updated_at=to_ms(now),
        )

    def standings(
        self, case_id: str, item: str, door: Door, actor: str, now: datetime, began: datetime
    ) -> list[Standing]:
        """How the deliveries of a case stand towards a reader who is served the item since `began`, oldest first.

        Those that are open, those that another door has settled, or anybody since then, and for a door that rehearses
        those that have expired.
        """
        rows = self._session.rows(
            _STANDINGS,
            case=case_id,
            item=item,
            door=door,
            actor=actor,
            mode=door.mode,
            now=to_ms(now),
            began=to_ms(began),
        )
        return [
            Standing(
                row[0],
                Mode(row[1]),
                row[2],
                bool(row[3]),
                None if row[4] is None else _serving(row[4:9]),
                row[9] is not None and row[9] == door.mode,
            )
            for row in rows
        ]

    def sought(
        self, case_id: str, attachment_id: str, door: Door, actor: str, now: datetime
    ) -> tuple[Parties, Attachment | None, bool] | None:
        """All that a download begins with, in one statement.

        Who may see the case; the attachment, if the case shows it; and whether an open delivery of the case was not
        served whole to the actor through the door while that door owned it, or owns by now what it was served before.
        """
        row = self._session.row(
            _SOUGHT,
            case=case_id,
            attachment=attachment_id,
            door=door,
            actor=actor,
            mode=door.mode,
            now=to_ms(now),
        )
        if row is None:
            return None
        return Parties(*row[:4]), None if row[5] is None else attachment(row[5:]), bool(row[4])

    def of_delivery(self, delivery_id: str) -> list[tuple[Door, Serving]]:
        """All that was served of a delivery, and through which doors."""
        return [(Door(row[5]), _serving(row)) for row in self._session.rows(_OF_DELIVERY, delivery=delivery_id)]

    def owned_of_case(self, case_id: str, door: Door, actor: str) -> set[str]:
        """The deliveries of a case that `actor` opened through `door` while that door owned them."""
        return {identifier for (identifier,) in self._session.rows(_OWNED, case=case_id, door=door, actor=actor)}


def _serving(row: Row) -> Serving:
    """The serving in a row of owned, epoch, coverage, whole_at and closed_at."""
    coverage = {item: tuple((start, end) for start, end in ranges) for item, ranges in from_json(row[2]).items()}
    return Serving(bool(row[0]), row[1], coverage, from_ms(row[3]), from_ms(row[4]))
