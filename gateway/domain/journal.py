"""The journal's verbs, and the salted commitment by which a line vouches for personal data it does not hold."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Entry(StrEnum):
    """What a journal line tells."""

    FOLDER_CREATED = "folder.created"
    FOLDER_COMPLETED = "folder.completed"
    FOLDER_DELETED = "folder.deleted"
    FOLDER_STATUS = "folder.status"
    ATTACHMENT_RECEIVED = "attachment.received"
    DELIVERY_PUBLISHED = "delivery.published"
    DELIVERY_FETCHED = "delivery.fetched"
    DELIVERY_ACCEPTED = "delivery.accepted"
    DELIVERY_REJECTED = "delivery.rejected"
    DELIVERY_EXPIRED = "delivery.expired"
    DELIVERY_WITHDRAWN = "delivery.withdrawn"
    DELIVERY_REPEATED = "delivery.repeated"
    DELIVERY_REFUSED = "delivery.refused"
    DELIVERY_PLACED = "delivery.placed"
    DELIVERY_PUSHED = "delivery.pushed"
    EXPIRY_UNDONE = "delivery.expiry-undone"
    CASE_STATUS = "case.status"
    EVENT_POSTED = "event.posted"
    EVENT_STATUS = "event.status"
    EVENT_DELETED = "event.deleted"
    ANSWER_QUEUED = "answer.queued"
    ANSWER_TAKEN = "answer.taken"
    ANSWER_REFUSED = "answer.refused"
    ANSWER_DUPLICATE = "answer.duplicate"
    OUTGOING_SENT = "outgoing.sent"
    OUTGOING_DEAD = "outgoing.dead"
    OUTGOING_REPLAYED = "outgoing.replayed"
    IMPORTED = "imported"
    ORGANIZATION_CREATED = "organization.created"
    ORGANIZATION_CHANGED = "organization.changed"
    PROCESS_CREATED = "process.created"
    PROCESS_CHANGED = "process.changed"
    SUBSCRIPTION_CREATED = "subscription.created"
    SUBSCRIPTION_CHANGED = "subscription.changed"
    CASES_MIGRATED = "cases.migrated"
    COPIES_PURGED = "copies.purged"
    ATTACHMENT_CORRUPTED = "attachment.corrupted"
    ATTACHMENT_REJECTED = "attachment.rejected"
    TOKENS_REVOKED = "tokens.revoked"
    PENALTY_IMPOSED = "penalty.imposed"
    PENALTIES_LIFTED = "penalties.lifted"
    CREDENTIAL_EXPIRING = "credential.expiring"
    CERTIFICATES_REVOKED = "certificates.revoked"
    CERTIFICATES_RESTORED = "certificates.restored"
    CREDENTIAL_ADDED = "credential.added"
    CREDENTIAL_ENDED = "credential.ended"
    WEBHOOK_TESTED = "webhook.tested"
    WEBHOOK_ROTATED = "webhook.rotated"
    SUBSCRIPTION_SWITCHED = "subscription.switched"
    DELIVERY_SERVED = "delivery.served"
    DELIVERY_MOVED = "delivery.moved"
    REHEARSAL_STARTED = "rehearsal.started"
    REHEARSAL_ENDED = "rehearsal.ended"
    MOVE_PLANNED = "move.planned"
    MOVE_APPROVED = "move.approved"
    MOVE_APPLIED = "move.applied"
    MOVE_WAVE = "move.wave"
    MOVE_PAUSED = "move.paused"
    MOVE_RESUMED = "move.resumed"
    MOVE_ROLLED_BACK = "move.rolled-back"
    MOVE_ENDED = "move.ended"


def commitment(salt: bytes, payload: bytes) -> str:
    """SHA-256 over salt and payload, in hexadecimal. Once salt and payload are erased it tells nothing."""
    return hashlib.sha256(salt + payload).hexdigest()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal; `seq` orders lines, with gaps. `digest` is hexadecimal."""

    seq: int
    at: datetime
    entry: str
    door: str
    actor: str
    organization: str
    folder_id: str | None
    case_id: str | None
    delivery_id: str | None
    subscription_id: str | None
    epoch: int | None
    digest: str | None
    detail: Any
    commitment: str | None
