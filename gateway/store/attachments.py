"""Attachments and which cases see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, select, update

from gateway.domain.blob import Blob
from gateway.domain.dossiers import Attachment, AttachmentStatus
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import attachment_cases, attachments, events
from gateway.store.values import to_ms

_c = attachments.c
COLUMNS = [
    _c.id,
    _c.folder_id,
    _c.event_id,
    _c.file_name,
    _c.type,
    _c.size,
    _c.mime_type,
    _c.status,
    _c.blob_key,
    _c.sha256,
    _c.crc32,
]
_INSERT = insert_into(attachments)
_LINK = insert_into(attachment_cases)
_GET = Statement(select(*COLUMNS).where(_c.id == bindparam("id")))
_HOLD = Statement(select(*COLUMNS).where(_c.id == bindparam("id")).with_for_update())
_OF_FOLDER = Statement(
    select(*COLUMNS).where(_c.folder_id == bindparam("folder"), _c.event_id.is_(None)).order_by(_c.position)
)
_OF_EVENT = Statement(select(*COLUMNS).where(_c.event_id == bindparam("event")).order_by(_c.position))
_OF_CASE = Statement(
    select(*COLUMNS)
    .join(attachment_cases, attachment_cases.c.attachment_id == _c.id)
    .where(attachment_cases.c.case_id == bindparam("case"))
    .order_by(_c.position)
)
_OF_EVENTS = Statement(
    select(*COLUMNS)
    .join(events, events.c.id == _c.event_id)
    .where(events.c.case_id == bindparam("case"))
    .order_by(events.c.created_at, events.c.id, _c.position)
)
_DEPOSITED = Statement(
    select(*COLUMNS)
    .join(events, events.c.id == _c.event_id)
    .where(
        events.c.case_id == bindparam("case"),
        events.c.transmitter_id == bindparam("depositor"),
        events.c.status != "IN_PROGRESS",
    )
    .order_by(events.c.created_at, events.c.id, _c.position)
)
_LINKS = Statement(
    select(attachment_cases.c.attachment_id, attachment_cases.c.case_id)
    .join(attachments, _c.id == attachment_cases.c.attachment_id)
    .where(_c.folder_id == bindparam("folder"))
)
_SHOWS = Statement(
    select(attachment_cases.c.case_id).where(
        attachment_cases.c.case_id == bindparam("case"), attachment_cases.c.attachment_id == bindparam("attachment")
    )
)
_RECEIVE = Statement(
    update(attachments)
    .where(_c.id == bindparam("of"))
    .values({name: bindparam(name) for name in ("status", "blob_key", "sha256", "crc32", "received_at")})
)


class Attachments:
    """Rows of `attachments` and `attachment_cases`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, identifier: str) -> Attachment | None:
        """The attachment of that id."""
        row = self._session.row(_GET, id=identifier)
        return None if row is None else attachment(row)

    def hold(self, identifier: str) -> Attachment | None:
        """The same; nobody else changes it before this transaction ends."""
        row = self._session.row(_HOLD, id=identifier)
        return None if row is None else attachment(row)

    def of_folder(self, folder_id: str) -> list[Attachment]:
        """Those handed in with the folder, in the order of the request."""
        return [attachment(row) for row in self._session.rows(_OF_FOLDER, folder=folder_id)]

    def of_case(self, case_id: str) -> list[Attachment]:
        """Those of the folder that this case shows."""
        return [attachment(row) for row in self._session.rows(_OF_CASE, case=case_id)]

    def of_event(self, event_id: str) -> list[Attachment]:
        """Those of an event."""
        return [attachment(row) for row in self._session.rows(_OF_EVENT, event=event_id)]

    def of_events(self, case_id: str) -> list[Attachment]:
        """Those of all events of a case."""
        return [attachment(row) for row in self._session.rows(_OF_EVENTS, case=case_id)]

    def deposited(self, case_id: str, depositor: str) -> list[Attachment]:
        """Those that the depositor sent to the case later, by events that are not in progress any more."""
        return [attachment(row) for row in self._session.rows(_DEPOSITED, case=case_id, depositor=depositor)]

    def cases_by_attachment(self, folder_id: str) -> dict[str, list[str]]:
        """Which cases of the folder see which attachment."""
        found: dict[str, list[str]] = {}
        for attachment_id, case_id in self._session.rows(_LINKS, folder=folder_id):
            found.setdefault(attachment_id, []).append(case_id)
        return found

    def shown_by(self, attachment_id: str, case_id: str) -> bool:
        """Whether the case shows the attachment."""
        return self._session.row(_SHOWS, case=case_id, attachment=attachment_id) is not None

    def add(self, new: Attachment, position: int, case_ids: Iterable[str] = ()) -> None:
        """Adds a new one, without bytes; `case_ids` are the cases that see it, none for an event's."""
        self._session.run(
            _INSERT,
            id=new.id,
            folder_id=new.folder_id,
            event_id=new.event_id,
            position=position,
            file_name=new.file_name,
            type=new.type,
            size=new.size,
            mime_type=new.mime_type,
            received_at=None,
            **_bytes(new.status, new.blob),
        )
        for case_id in case_ids:
            self._session.run(_LINK, purged_at=None, case_id=case_id, attachment_id=new.id)

    def receive(self, identifier: str, status: AttachmentStatus, blob: Blob | None, now: datetime) -> None:
        """Writes what became of the bytes."""
        self._session.run(_RECEIVE, of=identifier, received_at=to_ms(now), **_bytes(status, blob))


def _bytes(status: AttachmentStatus, blob: Blob | None) -> dict[str, object]:
    if blob is None:
        return {"status": status, "blob_key": None, "sha256": None, "crc32": None}
    return {"status": status, "blob_key": blob.key, "sha256": blob.sha256, "crc32": blob.crc32}


def attachment(row: Row) -> Attachment:
    """The attachment in a row of COLUMNS."""
    size, key = row[5], row[8]
    return Attachment(
        id=row[0],
        folder_id=row[1],
        event_id=row[2],
        file_name=row[3],
        type=row[4],
        size=size,
        mime_type=row[6],
        status=AttachmentStatus(row[7]),
        blob=None if key is None else Blob(key, size, bytes(row[9]), row[10]),
    )
