"""What travels: folders, their cases, attachments and events, and the notifications that tell of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.domain.blob import Blob
from gateway.domain.identity import Partner
from gateway.domain.statuses import Status


class AttachmentStatus(StrEnum):
    """Where the bytes of an attachment stand (hub v1, Deposit)."""

    PENDING = "PENDING"
    RECEIVED = "RECEIVED"
    CORRUPTED = "CORRUPTED"
    REJECTED = "REJECTED"


class ActionType(StrEnum):
    """What an event tells (hub v1, Events and statuses)."""

    STATUS_UPDATE = "STATUS_UPDATE"
    ATTACH_DEPOSIT = "ATTACH_DEPOSIT"
    ATTACH_DL = "ATTACH_DL"
    ATTACH_DL_ALL = "ATTACH_DL_ALL"
    COM_ADD = "COM_ADD"
    SENDING_MESSAGE = "SENDING_MESSAGE"


class EventStatus(StrEnum):
    """IN_PROGRESS while its files are being put, SENT once they are, RECEIVED when the other side has taken it."""

    IN_PROGRESS = "IN_PROGRESS"
    SENT = "SENT"
    RECEIVED = "RECEIVED"


@dataclass(frozen=True, slots=True)
class Applicant:
    """The citizen. Personal data: never logged, never in the journal's lines."""

    first_name: str
    last_name: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """Metadata of one file of a folder (`event_id` None) or of an event; `blob` once its bytes are kept."""

    id: str
    folder_id: str
    event_id: str | None
    file_name: str
    type: str
    size: int
    mime_type: str
    status: AttachmentStatus = AttachmentStatus.PENDING
    blob: Blob | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """What a depositor handed in. `pinned` : its status was set by the depositor and stands until a case moves.

    `synthetic`: made up by the migration team to try a subscriber out; it is left out of statistics.
    """

    id: str
    depositor: str
    process: str
    external_id: str
    status: Status
    created_at: datetime
    updated_at: datetime | None = None
    close_at: datetime | None = None
    applicant: Applicant | None = None
    partner: Partner | None = None
    pinned: bool = False
    completed_at: datetime | None = None
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class Parties:
    """Who may see a case: all that has to be known of it before its bytes are served."""

    depositor: str
    recipient: str
    process: str
    publication: int


@dataclass(frozen=True, slots=True)
class Case:
    """The part of a folder for one recipient. `publication` counts how often it was published; 0: not yet.

    `reopening`: it was re-opened and its delivery waits for the depositor's event in progress to be sent.
    """

    id: str
    folder_id: str
    depositor: str
    recipient: str
    subscription_id: str
    process: str
    external_id: str
    status: Status
    created_at: datetime
    updated_at: datetime | None = None
    transmitted_at: datetime | None = None
    closed_at: datetime | None = None
    partner_attributes: str | None = None
    publication: int = 0
    reopening: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a case. `comment` is for the recipient's own people, never for a depositor.

    `inserted`: recorded by the gateway because the sender skipped a status that its process requires.
    """

    id: str
    case_id: str
    transmitter: str
    action: ActionType
    status: EventStatus
    created_at: datetime
    updated_at: datetime
    author: str | None = None
    message: str | None = None
    comment: str | None = None
    notification: bool | None = None
    current_status: str | None = None
    new_status: str | None = None
    partner_attributes: str | None = None
    partner: Partner | None = None
    inserted: bool = False


@dataclass(frozen=True, slots=True)
class Notification:
    """One line in an organization's API inbox; `action` and `event_status` are those of its event, as they are now.

    `sequence` is the number of the delivery's archive; None for a notice, which has none.
    """

    id: str
    recipient: str
    transmitter: str
    process: str
    case_id: str | None
    event_id: str | None
    created_at: datetime
    action: str | None = None
    event_status: str | None = None
    fetched: bool = False
    sequence: int | None = None
