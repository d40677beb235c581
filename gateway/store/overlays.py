"""What a rehearsing door wrote of cases: statuses, events and files, read by that door alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from gateway.domain.blob import Blob
from gateway.domain.dossiers import ActionType, Attachment, AttachmentStatus, Event, EventStatus
from gateway.domain.identity import Partner
from gateway.domain.rehearsals import RehearsedCase, Way
from gateway.domain.statuses import Status, Step
from gateway.store.attachments import attachment
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import rehearsed_attachments, rehearsed_cases, rehearsed_events
from gateway.store.values import at, from_json, to_json, to_ms

_c, _e, _a = rehearsed_cases.c, rehearsed_events.c, rehearsed_attachments.c

_CASE = Statement(
    select(_c.case_id, _c.begun, _c.status, _c.way).where(
        _c.rehearsal_id == bindparam("rehearsal"), _c.case_id == bindparam("case")
    )
)
_SAVE_CASE = Statement(
    lambda insert: (
        insert(rehearsed_cases)
        .values({column.name: bindparam(column.name) for column in rehearsed_cases.columns})
        .on_conflict_do_update(
            index_elements=[_c.rehearsal_id, _c.case_id], set_={"status": bindparam("status"), "way": bindparam("way")}
        )
    )
)
_NOTES = Statement(
    select(_e.id, _e.content)
    .where(_e.rehearsal_id == bindparam("rehearsal"), _e.case_id == bindparam("case"))
    .order_by(_e.created_at, _e.id)
)
_SAVE_NOTE = Statement(
    lambda insert: (
        insert(rehearsed_events)
        .values({column.name: bindparam(column.name) for column in rehearsed_events.columns})
        .on_conflict_do_update(index_elements=[_e.id], set_={"content": bindparam("content")})
    )
)
_CASE_OF = Statement(select(_e.case_id).where(_e.id == bindparam("id"), _e.rehearsal_id == bindparam("rehearsal")))
_DROP_NOTE = Statement(delete(rehearsed_events).where(_e.id == bindparam("of")))
_FILE_COLUMNS = [
    _a.id,
    _a.folder_id,
    _a.event_id,
    _a.file_name,
    _a.type,
    _a.size,
    _a.mime_type,
    _a.status,
    _a.blob_key,
    _a.sha256,
    _a.crc32,
]
_ADD_FILE = insert_into(rehearsed_attachments)
_FILE = Statement(select(*_FILE_COLUMNS).where(_a.id == bindparam("id"), _a.rehearsal_id == bindparam("rehearsal")))
_FILES = Statement(select(*_FILE_COLUMNS).where(_a.event_id == bindparam("event")).order_by(_a.position))
_FILES_OF_CASE = Statement(
    select(*_FILE_COLUMNS)
    .join(rehearsed_events, _e.id == _a.event_id)
    .where(_a.rehearsal_id == bindparam("rehearsal"), _e.case_id == bindparam("case"))
    .order_by(_e.created_at, _e.id, _a.position)
)
_RECEIVE = Statement(
    update(rehearsed_attachments)
    .where(_a.id == bindparam("of"))
    .values({name: bindparam(name) for name in ("status", "blob_key", "sha256", "crc32")})
)


class Overlays:
    """Rows of `rehearsed_cases`, `rehearsed_events` and `rehearsed_attachments`.

    A row of `rehearsed_events` is an event that was posted, or what was noted of something that exists elsewhere: of
    the depositor's events that they were received, of answers their digest.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def case(self, rehearsal: str, case_id: str) -> RehearsedCase | None:
        """The case as the rehearsing door has it."""
        row = self._session.row(_CASE, rehearsal=rehearsal, case=case_id)
        if row is None:
            return None
        way = tuple(Step(Status(status), inserted) for status, inserted in from_json(row[3]))
        return RehearsedCase(row[0], Status(row[2]), Way(Status(row[1]), way))

    def save_case(self, rehearsal: str, case: RehearsedCase) -> None:
        """Writes it."""
        self._session.run(
            _SAVE_CASE,
            rehearsal_id=rehearsal,
            case_id=case.case_id,
            begun=case.way.begun,
            status=case.status,
            way=to_json([(step.status, step.inserted) for step in case.way.set]),
        )

    def events(self, rehearsal: str, case_id: str) -> list[Event]:
        """The events that were posted, oldest first."""
        found = [_read(row) for row in self._session.rows(_NOTES, rehearsal=rehearsal, case=case_id)]
        return [_event(note["event"]) for _, note in found if "event" in note]

    def case_of_event(self, rehearsal: str, identifier: str) -> str | None:
        """The case on which the event was posted, or of which it was noted that it was received."""
        row = self._session.row(_CASE_OF, id=identifier, rehearsal=rehearsal)
        return None if row is None else str(row[0])

    def save_event(self, rehearsal: str, event: Event) -> None:
        """Writes an event."""
        self._note(rehearsal, event.id, event.case_id, {"event": _content(event)}, event.created_at)

    def drop_event(self, identifier: str) -> None:
        """Deletes an event with its files."""
        self._session.run(_DROP_NOTE, of=identifier)

    def received(self, rehearsal: str, case_id: str) -> set[str]:
        """The depositor's events that the rehearsing door has acknowledged."""
        found = [_read(row) for row in self._session.rows(_NOTES, rehearsal=rehearsal, case=case_id)]
        return {identifier for identifier, note in found if "received" in note}

    def receive_event(self, rehearsal: str, case_id: str, identifier: str, now: datetime) -> None:
        """Notes that one of the depositor's events was acknowledged."""
        self._note(rehearsal, identifier, case_id, {"received": True}, now)

    def answered(self, rehearsal: str, case_id: str, publication: int, digest: bytes) -> bool:
        """Whether that answer was taken in before."""
        wanted = [publication, digest.hex()]
        found = [_read(row) for row in self._session.rows(_NOTES, rehearsal=rehearsal, case=case_id)]
        return any(note.get("answer") == wanted for _, note in found)

    def note_answer(
        self, rehearsal: str, identifier: str, case_id: str, publication: int, digest: bytes, now: datetime
    ) -> None:
        """Notes an answer that was taken in."""
        self._note(rehearsal, identifier, case_id, {"answer": [publication, digest.hex()]}, now)

    def add_attachment(self, rehearsal: str, new: Attachment, position: int) -> None:
        """Adds a file of an event, without bytes."""
        self._session.run(
            _ADD_FILE,
            id=new.id,
            rehearsal_id=rehearsal,
            event_id=new.event_id,
            folder_id=new.folder_id,
            position=position,
            file_name=new.file_name,
            type=new.type,
            size=new.size,
            mime_type=new.mime_type,
            **_bytes(new.status, new.blob),
        )

    def attachment(self, rehearsal: str, identifier: str) -> Attachment | None:
        """The file of that id. Its case is held by whoever changes it."""
        row = self._session.row(_FILE, id=identifier, rehearsal=rehearsal)
        return None if row is None else attachment(row)

    def attachments_of_event(self, event_id: str) -> list[Attachment]:
        """Those of an event."""
        return [attachment(row) for row in self._session.rows(_FILES, event=event_id)]

    def attachments_of_case(self, rehearsal: str, case_id: str) -> list[Attachment]:
        """Those of all events of a case."""
        return [attachment(row) for row in self._session.rows(_FILES_OF_CASE, rehearsal=rehearsal, case=case_id)]

    def receive(self, identifier: str, status: AttachmentStatus, blob: Blob | None) -> bool:
        """Writes what became of the bytes; False if there is no such file."""
        return self._session.run(_RECEIVE, of=identifier, **_bytes(status, blob)) == 1

    def _note(self, rehearsal: str, identifier: str, case_id: str, content: Mapping[str, Any], when: datetime) -> None:
        self._session.run(
            _SAVE_NOTE,
            id=identifier,
            rehearsal_id=rehearsal,
            case_id=case_id,
            content=to_json(content),
            created_at=to_ms(when),
        )


def _read(row: Row) -> tuple[str, dict[str, Any]]:
    return row[0], from_json(row[1])


def _bytes(status: AttachmentStatus, blob: Blob | None) -> dict[str, object]:
    if blob is None:
        return {"status": status, "blob_key": None, "sha256": None, "crc32": None}
    return {"status": status, "blob_key": blob.key, "sha256": blob.sha256, "crc32": blob.crc32}


def _content(event: Event) -> dict[str, Any]:
    return asdict(event) | {"created_at": to_ms(event.created_at), "updated_at": to_ms(event.updated_at)}


def _event(content: dict[str, Any]) -> Event:
    partner = content["partner"]
    return Event(
        **content
        | {
            "action": ActionType(content["action"]),
            "status": EventStatus(content["status"]),
            "created_at": at(content["created_at"]),
            "updated_at": at(content["updated_at"]),
            "partner": None if partner is None else Partner(**partner),
        }
    )
