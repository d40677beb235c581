"""What each side of a case may read of its journal, and how a line is told to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from gateway.domain.journal import Entry, Line

_BOTH: Final = frozenset(
    {
        Entry.DELIVERY_PUBLISHED,
        Entry.DELIVERY_FETCHED,
        Entry.DELIVERY_ACCEPTED,
        Entry.DELIVERY_REJECTED,
        Entry.DELIVERY_EXPIRED,
        Entry.DELIVERY_WITHDRAWN,
        Entry.EXPIRY_UNDONE,
        Entry.CASE_STATUS,
        Entry.EVENT_POSTED,
        Entry.EVENT_STATUS,
        Entry.EVENT_DELETED,
        Entry.ANSWER_TAKEN,
    }
)
DEPOSITORS: Final = _BOTH | {
    Entry.FOLDER_CREATED,
    Entry.FOLDER_COMPLETED,
    Entry.FOLDER_STATUS,
    Entry.ATTACHMENT_RECEIVED,
    Entry.ATTACHMENT_REJECTED,
    Entry.ATTACHMENT_CORRUPTED,
}
"""What a depositor reads: of the case, and of the folder as a whole."""
RECIPIENTS: Final = _BOTH | {
    Entry.DELIVERY_REPEATED,
    Entry.DELIVERY_REFUSED,
    Entry.DELIVERY_PLACED,
    Entry.ANSWER_DUPLICATE,
    Entry.ANSWER_REFUSED,
}
"""What a recipient reads: of the case alone, with what its own gestures met."""
_TOLD: Final = ("from", "to", "inserted", "kind", "gesture", "unread", "action", "reason", "etat")
"""What of a line's detail is told: words of the rules, nothing that anybody wrote and no name of a file."""


class Side(StrEnum):
    """Who did it, as seen from the case."""

    DEPOSITOR = "depositor"
    RECIPIENT = "recipient"
    GATEWAY = "gateway"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the journal of a case: `organization` None for those who may know everybody.

    `depositor` and `recipient` are those of the case now, `gateway` the organization that runs the gateway.
    """

    organization: str | None
    depositor: str
    recipient: str
    gateway: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a case; `organization` and `actor` are None where the reader is not to know them."""

    seq: int
    at: datetime
    entry: str
    door: str
    side: Side
    organization: str | None
    actor: str | None
    delivery_id: str | None
    detail: Mapping[str, Any]


def step(line: Line, reader: Reader) -> Step:
    """The line as its reader may see it.

    Both sides of a case know each other's organization, but which account or client of another one it was, or that a
    third one acted (its recipient of an earlier time, the operator of a shared account), is nobody else's business.
    """
    side = Side.OTHER
    for name, found in (
        (reader.gateway, Side.GATEWAY),
        (reader.recipient, Side.RECIPIENT),
        (reader.depositor, Side.DEPOSITOR),
    ):
        side = found if line.organization == name else side
    whole = reader.organization is None
    known = whole or side in (Side.DEPOSITOR, Side.RECIPIENT) or line.organization == reader.organization
    told = line.detail if isinstance(line.detail, Mapping) else {}
    return Step(
        seq=line.seq,
        at=line.at,
        entry=line.entry,
        door=line.door,
        side=side,
        organization=line.organization if known else None,
        actor=line.actor if whole or line.organization == reader.organization else None,
        delivery_id=line.delivery_id,
        detail={name: told[name] for name in _TOLD if name in told},
    )
