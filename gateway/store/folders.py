"""Folders."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from gateway.domain.dossiers import Applicant, Folder
from gateway.domain.identity import Partner
from gateway.domain.statuses import Status
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import folders
from gateway.store.values import at, from_json, from_ms, to_json, to_ms

_c = folders.c
COLUMNS = [
    _c.id,
    _c.depositor_id,
    _c.process_code,
    _c.external_id,
    _c.status,
    _c.created_at,
    _c.updated_at,
    _c.close_at,
    _c.applicant,
    _c.partner,
    _c.pinned,
    _c.completed_at,
    _c.synthetic,
]
_INSERT = insert_into(folders)
_get = select(*COLUMNS).where(_c.id == bindparam("id"))
_GET = Statement(_get)
_HOLD = Statement(_get.with_for_update())
_SET_STATUS = Statement(
    update(folders)
    .where(_c.id == bindparam("of"))
    .values(status=bindparam("status"), pinned=bindparam("pinned"), updated_at=bindparam("updated_at"))
)
_SET_CLOSE = Statement(
    update(folders)
    .where(_c.id == bindparam("of"))
    .values(close_at=bindparam("close_at"), updated_at=bindparam("updated_at"))
)
_COMPLETE = Statement(
    update(folders)
    .where(_c.id == bindparam("of"), _c.completed_at.is_(None))
    .values(status=bindparam("status"), completed_at=bindparam("now"), updated_at=bindparam("now"))
)
_DELETE = Statement(delete(folders).where(_c.id == bindparam("of"), _c.completed_at.is_(None)))


class Folders:
    """Rows of `folders`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, identifier: str) -> Folder | None:
        """The folder of that id."""
        row = self._session.row(_GET, id=identifier)
        return None if row is None else folder(row)

    def hold(self, identifier: str) -> Folder | None:
        """The folder of that id; nobody else changes it or its cases before this transaction ends."""
        row = self._session.row(_HOLD, id=identifier)
        return None if row is None else folder(row)

    def add(self, new: Folder) -> None:
        """Adds a new one."""
        self._session.run(
            _INSERT,
            id=new.id,
            depositor_id=new.depositor,
            process_code=new.process,
            external_id=new.external_id,
            status=new.status,
            pinned=new.pinned,
            applicant=None if new.applicant is None else to_json(asdict(new.applicant)),
            partner=partner_json(new.partner),
            close_at=to_ms(new.close_at),
            created_at=to_ms(new.created_at),
            updated_at=to_ms(new.updated_at),
            completed_at=to_ms(new.completed_at),
            purged_at=None,
            synthetic=new.synthetic,
        )

    def set_status(self, identifier: str, status: Status, now: datetime, *, pinned: bool) -> None:
        """Writes the status; `pinned` when the depositor set it itself."""
        self._session.run(_SET_STATUS, of=identifier, status=status, pinned=pinned, updated_at=to_ms(now))

    def set_close_date(self, identifier: str, close_at: datetime, now: datetime) -> None:
        """Writes the date at which the depositor closed it."""
        self._session.run(_SET_CLOSE, of=identifier, close_at=to_ms(close_at), updated_at=to_ms(now))

    def complete(self, identifier: str, status: Status, now: datetime) -> bool:
        """Marks it complete; False if somebody else has."""
        return self._session.run(_COMPLETE, of=identifier, status=status, now=to_ms(now)) == 1

    def delete(self, identifier: str) -> bool:
        """Deletes a folder that was never completed, with all that belongs to it."""
        return self._session.run(_DELETE, of=identifier) == 1


def partner_json(partner: Partner | None) -> str | None:
    """The partner information as a column holds it."""
    return None if partner is None else to_json(asdict(partner))


def partner_of(text: str | None) -> Partner | None:
    """The partner information in a column."""
    return None if text is None else Partner(**from_json(text))


def folder(row: Row) -> Folder:
    """The folder in a row of COLUMNS."""
    return Folder(
        id=row[0],
        depositor=row[1],
        process=row[2],
        external_id=row[3],
        status=Status(row[4]),
        created_at=at(row[5]),
        updated_at=from_ms(row[6]),
        close_at=from_ms(row[7]),
        applicant=None if row[8] is None else Applicant(**from_json(row[8])),
        partner=partner_of(row[9]),
        pinned=bool(row[10]),
        completed_at=from_ms(row[11]),
        synthetic=bool(row[12]),
    )
