"""Journal lines in words: what a person wants to read of a dossier's life."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.domain.journal import Entry, Line

ZONE: Final = ZoneInfo("Europe/Paris")
Detail = Mapping[str, Any]

_KINDS: Final = {
    "PUBLICATION": "published to its recipient",
    "REOPENING": "re-opened and published again",
    "COMPLEMENT": "complement published",
    "MESSAGE": "message published",
}
_GESTURES: Final = {
    "read": "read whole",
    "rename": "moved to DONE",
    "delete": "deleted after reading",
    "fail": "moved to FAILED",
    "answer": "answered",
    "refusal": "answered: could not be taken in",
    "status": "status set",
    "integration-error": "integration error reported",
    "receipt": "receipt confirmed",
    "dismiss": "notification deleted",
    "open-page": "opened on the portal",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a time line: local time, who, through which door, about which case (None: the folder), what."""

    at: datetime
    who: str
    door: str
    case_id: str | None
    what: str


def told(line: Line) -> Told:
    """A journal line in words; entries that are not known here keep their own name."""
    detail: Detail = line.detail if isinstance(line.detail, Mapping) else {}
    phrase = _PHRASES.get(line.entry)
    what = phrase(detail) if phrase else line.entry.replace(".", " ")
    return Told(line.at.astimezone(ZONE), line.actor, line.door, line.case_id, what)


def _gesture(verb: str) -> Callable[[Detail], str]:
    def phrase(detail: Detail) -> str:
        made = _GESTURES.get(str(detail.get("gesture")), "")
        unread = ", without having been read" if detail.get("unread") else ""
        return f"{verb}: {made}{unread}" if made else f"{verb}{unread}"

    return phrase


def _published(detail: Detail) -> str:
    kind = _KINDS.get(str(detail.get("kind")), "published")
    return f"{kind} as {detail['archive']}" if detail.get("archive") else kind


def _status(detail: Detail) -> str:
    inserted = " (recorded on the way)" if detail.get("inserted") else ""
    before = f"{detail['from']} → " if detail.get("from") else ""
    return f"status {before}{detail.get('to', '?')}{inserted}"


def counted(number: object, noun: str) -> str:
    """`1 case`, `2 cases`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


_PHRASES: Final[Mapping[str, Callable[[Detail], str]]] = {
    Entry.FOLDER_CREATED: lambda d: (
        f"handed in: {counted(d.get('cases', '?'), 'case')}, {counted(d.get('attachments', '?'), 'attachment')}"
    ),
    Entry.FOLDER_COMPLETED: lambda _: "deposit completed",
    Entry.FOLDER_DELETED: lambda _: "deposit taken back",
    Entry.FOLDER_STATUS: _status,
    Entry.ATTACHMENT_RECEIVED: lambda d: f"attachment received, {d.get('size', '?')} bytes",
    Entry.DELIVERY_PUBLISHED: _published,
    Entry.DELIVERY_FETCHED: lambda _: "fetched to its last byte",
    Entry.DELIVERY_ACCEPTED: _gesture("accepted"),
    Entry.DELIVERY_REJECTED: _gesture("rejected"),
    Entry.DELIVERY_EXPIRED: lambda _: "expired: nobody took it",
    Entry.DELIVERY_WITHDRAWN: lambda _: "withdrawn",
    Entry.DELIVERY_REPEATED: _gesture("repeated"),
    Entry.DELIVERY_REFUSED: _gesture("refused"),
    Entry.DELIVERY_PLACED: _gesture("put aside"),
    Entry.EXPIRY_UNDONE: lambda _: "expiry undone",
    Entry.CASE_STATUS: _status,
    Entry.EVENT_POSTED: lambda d: f"event {d.get('action', '')}".rstrip(),
    Entry.EVENT_STATUS: lambda d: f"event {str(d.get('to', 'changed')).lower()}",
    Entry.EVENT_DELETED: lambda _: "event deleted",
    Entry.ANSWER_QUEUED: lambda _: "answer received",
    Entry.ANSWER_TAKEN: lambda d: f"answer taken in, code {d['code']}" if d.get("code") is not None else "answer taken",
    Entry.ANSWER_REFUSED: lambda d: f"answer refused: {d.get('reason', '')}".rstrip(": "),
    Entry.ANSWER_DUPLICATE: lambda _: "the same answer again: counted once",
}
