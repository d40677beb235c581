"""The journal: lines that are only ever appended, personal data beside them where it can be erased."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, or_, select

from gateway.domain.deliveries import Gesture
from gateway.domain.identity import Caller
from gateway.domain.journal import Entry, Line, commitment
from gateway.store.session import Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import journal, journal_payloads, repetitions
from gateway.store.values import at, from_json, to_json, to_ms

_c = journal.c
_WRITTEN: dict[str, Any] = {column.name: bindparam(column.name) for column in journal.columns if column is not _c.seq}
_INSERT = Statement(lambda insert: insert(journal).values(_WRITTEN))
_INSERT_NUMBERED = Statement(lambda insert: insert(journal).values(_WRITTEN).returning(_c.seq))
_INSERT_PAYLOAD = insert_into(journal_payloads)
_REPEAT = Statement(
    lambda insert: (
        insert(repetitions)
        .values(
            delivery_id=bindparam("delivery"),
            actor=bindparam("by"),
            gesture=bindparam("made"),
            day=bindparam("on"),
            times=1,
        )
        .on_conflict_do_update(
            index_elements=[
                repetitions.c.delivery_id,
                repetitions.c.actor,
                repetitions.c.gesture,
                repetitions.c.day,
            ],
            set_={"times": repetitions.c.times + 1},
        )
        .returning(repetitions.c.times)
    )
)
_ALL = select(
    _c.seq,
    _c.at,
    _c.entry,
    _c.door,
    _c.actor,
    _c.organization_id,
    _c.folder_id,
    _c.case_id,
    _c.delivery_id,
    _c.subscription_id,
    _c.epoch,
    _c.digest,
    _c.detail,
    _c.commitment,
).order_by(_c.seq)
_LINES = _ALL.limit(bindparam("most"))
_OF_FOLDER = Statement(_LINES.where(_c.folder_id == bindparam("folder")))
_AFTER = Statement(_LINES.where(_c.seq > bindparam("after")))
_BETWEEN = Statement(_ALL.where(_c.seq >= bindparam("first"), _c.seq <= bindparam("last")))
_NUMBERED = Statement(_ALL.where(_c.seq == bindparam("number")))
# The numbers are found in the subscription's index alone; without the sum the engine would rather walk the whole
# journal in its order, and find hardly any line of the subscription on its way.
_numbers = (
    select(_c.seq)
    .where(_c.subscription_id == bindparam("subscription"), _c.seq > bindparam("after"))
    .order_by(_c.seq + 0)
    .limit(bindparam("most"))
)
_OF_SUBSCRIPTION = Statement(_ALL.where(_c.seq.in_(_numbers)))


class Journal:
    """Rows of `journal`, `journal_payloads` and `repetitions`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def write(
        self,
        entry: Entry,
        caller: Caller,
        now: datetime,
        *,
        folder_id: str | None = None,
        case_id: str | None = None,
        delivery_id: str | None = None,
        subscription_id: str | None = None,
        epoch: int | None = None,
        digest: bytes | None = None,
        detail: Mapping[str, Any] | None = None,
        personal: Mapping[str, Any] | None = None,
    ) -> None:
        """Appends a line. `detail` holds no personal data; `personal` may, and goes where it can be erased."""
        values = {
            "at": to_ms(now),
            "entry": entry,
            "door": caller.door,
            "actor": caller.actor,
            "organization_id": caller.organization,
            "folder_id": folder_id,
            "case_id": case_id,
            "delivery_id": delivery_id,
            "subscription_id": subscription_id,
            "epoch": epoch,
            "digest": None if digest is None else digest.hex(),
            "detail": None if detail is None else to_json(detail),
            "commitment": None,
        }
        if personal is None:
            self._session.run(_INSERT, **values)
            return
        salt, payload = os.urandom(16), to_json(personal)
        row = self._session.row(_INSERT_NUMBERED, **(values | {"commitment": commitment(salt, payload.encode())}))
        assert row is not None
        self._session.run(_INSERT_PAYLOAD, seq=row[0], salt=salt, payload=payload)

    def repeated(self, delivery_id: str, actor: str, gesture: Gesture, now: datetime) -> bool:
        """Counts a repetition; True for the first one of its day, which is the one that gets a line."""
        row = self._session.row(_REPEAT, delivery=delivery_id, by=actor, made=gesture, on=now.date().isoformat())
        return row is not None and row[0] == 1

    def of_folder(self, folder_id: str, most: int = 1000) -> list[Line]:
        """The lines about a folder, its cases and their deliveries, oldest first."""
        return [_line(row) for row in self._session.rows(_OF_FOLDER, folder=folder_id, most=most)]

    def of_case(
        self, folder_id: str, case_id: str, entries: frozenset[Entry] | None, after: int, most: int, *, whole: bool
    ) -> list[Line]:
        """The lines about a case of a folder behind a number, oldest first: those of `entries`, or all for None.

        `whole`: also those about the folder as such.
        """
        rows = self._session.rows(_of_case(entries, whole), folder=folder_id, case=case_id, after=after, most=most)
        return [_line(row) for row in rows]

    def after(self, seq: int, most: int = 1000) -> list[Line]:
        """The lines behind a number."""
        return [_line(row) for row in self._session.rows(_AFTER, after=seq, most=most)]

    def between(self, first: int, last: int) -> list[Line]:
        """The lines with these numbers and all between."""
        return [_line(row) for row in self._session.rows(_BETWEEN, first=first, last=last)]

    def numbered(self, numbers: Sequence[int]) -> list[Line]:
        """The lines with these numbers, of those that exist."""
        return [_line(row) for number in numbers for row in self._session.rows(_NUMBERED, number=number)]

    def of_subscription(self, subscription: str, after: int, most: int) -> list[Line]:
        """The lines about a subscription and its deliveries behind a number, oldest first."""
        rows = self._session.rows(_OF_SUBSCRIPTION, subscription=subscription, after=after, most=most)
        return [_line(row) for row in rows]


@lru_cache(maxsize=8)
def _of_case(entries: frozenset[Entry] | None, whole: bool) -> Statement:
    about = _c.case_id == bindparam("case")
    found = _LINES.where(_c.folder_id == bindparam("folder"), _c.seq > bindparam("after"))
    found = found.where(or_(about, _c.case_id.is_(None)) if whole else about)
    return Statement(found if entries is None else found.where(_c.entry.in_(sorted(entries))))


def _line(row: tuple[Any, ...]) -> Line:
    return Line(
        seq=row[0],
        at=at(row[1]),
        entry=row[2],
        door=row[3],
        actor=row[4],
        organization=row[5],
        folder_id=row[6],
        case_id=row[7],
        delivery_id=row[8],
        subscription_id=row[9],
        epoch=row[10],
        digest=row[11],
        detail=from_json(row[12]),
        commitment=row[13],
    )
