"""Resumable uploads: how far each has come, and when it is given up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from gateway.domain.uploads import Upload
from gateway.store.session import Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import attachments, events, uploads
from gateway.store.values import at, to_ms

_c = uploads.c
_INSERT = insert_into(uploads)
_GET = Statement(
    select(
        _c.id,
        _c.attachment_id,
        _c.client,
        _c.size,
        _c.offset,
        _c.blob_key,
        _c.sha256,
        _c.created_at,
        _c.expires_at,
        attachments.c.folder_id,
        attachments.c.event_id,
        events.c.case_id,
    )
    .select_from(uploads)
    .join(attachments, attachments.c.id == _c.attachment_id)
    .outerjoin(events, events.c.id == attachments.c.event_id)
    .where(_c.id == bindparam("id"))
)
_ADVANCE = Statement(
    update(uploads)
    .where(_c.id == bindparam("of"), _c.blob_key != "")
    .values(offset=bindparam("reached"), expires_at=bindparam("ends"))
)
_COMPLETE = Statement(
    update(uploads).where(_c.id == bindparam("of"), _c.blob_key != "").values(offset=_c.size, blob_key="")
)
_DELETE = Statement(delete(uploads).where(_c.id == bindparam("of")).returning(_c.blob_key))
_DELETE_OF = Statement(delete(uploads).where(_c.attachment_id == bindparam("attachment")).returning(_c.blob_key))
_FORGET = Statement(delete(uploads).where(_c.expires_at <= bindparam("now")))


class Uploads:
    """Rows of `uploads`. One that is complete names no bytes: they are the attachment's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, identifier: str) -> Upload | None:
        """The upload, with where its attachment belongs."""
        row = self._session.row(_GET, id=identifier)
        if row is None:
            return None
        return Upload(
            id=row[0],
            attachment_id=row[1],
            client=row[2],
            size=row[3],
            offset=row[4],
            blob_key=row[5],
            sha256=None if row[6] is None else bytes(row[6]),
            created_at=at(row[7]),
            expires_at=at(row[8]),
            folder_id=row[9],
            event_id=row[10],
            case_id=row[11],
        )

    def add(self, new: Upload) -> None:
        """Adds a new one."""
        self._session.run(
            _INSERT,
            id=new.id,
            attachment_id=new.attachment_id,
            client=new.client,
            size=new.size,
            offset=new.offset,
            blob_key=new.blob_key,
            sha256=new.sha256,
            created_at=to_ms(new.created_at),
            expires_at=to_ms(new.expires_at),
        )

    def advance(self, identifier: str, offset: int, expires_at: datetime) -> bool:
        """Notes how much is durable now; False if the upload is gone or complete."""
        return self._session.run(_ADVANCE, of=identifier, reached=offset, ends=to_ms(expires_at)) == 1

    def complete(self, identifier: str) -> bool:
        """Notes that the bytes are the attachment's; False if the upload is gone, or was complete before."""
        return self._session.run(_COMPLETE, of=identifier) == 1

    def delete(self, identifier: str) -> str | None:
        """Drops an upload and tells which blob it named; None if it named none, or was not there."""
        row = self._session.row(_DELETE, of=identifier)
        return row[0] or None if row is not None else None

    def delete_of(self, attachment_id: str) -> list[str]:
        """Drops every upload for an attachment and tells which blobs they named."""
        return [key for (key,) in self._session.rows(_DELETE_OF, attachment=attachment_id) if key]

    def forget(self, now: datetime) -> int:
        """Drops what has expired; the sweep finds the bytes."""
        return self._session.run(_FORGET, now=to_ms(now))
