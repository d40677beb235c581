"""The copies that recipients keep of their attachments: which may go, and which are gone."""

from __future__ import annotations

from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy import case as when

from gateway.domain.copies import Copy, deletable
from gateway.domain.dossiers import AttachmentStatus, Case
from gateway.domain.statuses import RANK, Status
from gateway.store.cases import COLUMNS, case
from gateway.store.processes import COLUMNS as PROCESS_COLUMNS
from gateway.store.processes import process as process_in
from gateway.store.session import Session
from gateway.store.statement import Statement
from gateway.store.tables import attachment_cases, attachments, cases, folders, processes, subscriptions
from gateway.store.values import to_ms

_c, _a, _l = cases.c, attachments.c, attachment_cases.c

_PROCESSES = Statement(select(*PROCESS_COLUMNS))
_PROCESS = Statement(select(*PROCESS_COLUMNS).where(processes.c.code == bindparam("code")))
_rank = when({str(status): rank for status, rank in RANK.items()}, value=_c.status, else_=-1)
_due = (
    select(_c.created_at, _c.id, _a.position, _l.attachment_id)
    .select_from(attachment_cases)
    .join(cases, _c.id == _l.case_id)
    .join(attachments, _a.id == _l.attachment_id)
    .where(
        _l.purged_at.is_(None),
        _a.status == str(AttachmentStatus.RECEIVED),
        _c.publication > 0,
        _c.process_code == bindparam("process"),
        _rank >= bindparam("rank"),
    )
    .order_by(_c.created_at, _c.id, _a.position, _l.attachment_id)
    .limit(bindparam("most"))
)
_ALL = Statement(_due)
# By the subscriptions and folders of an organization: cases have no index of their own on it.
_OF_RECIPIENT = Statement(
    _due.where(
        _c.subscription_id.in_(
            select(subscriptions.c.id).where(subscriptions.c.organization_id == bindparam("recipient"))
        )
    )
)
_OF_DEPOSITOR = Statement(
    _due.join(folders, folders.c.id == _c.folder_id).where(folders.c.depositor_id == bindparam("depositor"))
)
_CASE = Statement(
    select(*COLUMNS)
    .join(attachment_cases, _l.case_id == _c.id)
    .where(_l.case_id == bindparam("case"), _l.attachment_id == bindparam("attachment"))
)
_PURGE = Statement(
    update(attachment_cases)
    .where(_l.case_id == bindparam("case"), _l.attachment_id == bindparam("attachment"), _l.purged_at.is_(None))
    .values(purged_at=bindparam("now"))
)


class Copies:
    """Rows of `attachment_cases` as copies that their recipients keep."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def due(self, most: int, *, process: str | None = None) -> list[Copy]:
        """At most `most` copies that may be deleted and are not known to be, those of the oldest cases first."""
        return self._due(_ALL, most, process)

    def due_of_recipient(self, recipient: str, most: int, *, process: str | None = None) -> list[Copy]:
        """The same, of the cases of one recipient."""
        return self._due(_OF_RECIPIENT, most, process, recipient=recipient)

    def due_of_depositor(self, depositor: str, most: int, *, process: str | None = None) -> list[Copy]:
        """The same, of the cases of one depositor."""
        return self._due(_OF_DEPOSITOR, most, process, depositor=depositor)

    def case(self, copy: Copy) -> Case | None:
        """The case of a copy, if that case shows that attachment."""
        row = self._session.row(_CASE, case=copy.case_id, attachment=copy.attachment_id)
        return None if row is None else case(row)

    def purge(self, copy: Copy, now: datetime) -> bool:
        """Notes that the copy is deleted; False if that was known."""
        return self._session.run(_PURGE, case=copy.case_id, attachment=copy.attachment_id, now=to_ms(now)) == 1

    def _due(self, statement: Statement, most: int, process: str | None, **of: Any) -> list[Copy]:
        """Process by process, since each has its own rule, put together in the order of the cases."""
        session = self._session
        declared = session.rows(_PROCESSES) if process is None else session.rows(_PROCESS, code=process)
        found = []
        for one in map(process_in, declared):
            rule = one.status_before_file_deletion
            rank = min(RANK[status] for status in deletable(None if rule is None else Status(rule)))
            found.append(session.rows(statement, process=one.code, rank=rank, most=most, **of))
        return [Copy(row[3], row[1]) for row in islice(merge(*found), most)]
