"""What speaks against an event, every fault of it, also where only a part of what was sent makes sense."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.domain.dossiers import ActionType, Case
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller
from gateway.services.access import is_recipient, process_of
from gateway.services.cases import known_status
from gateway.services.deposit_checks import AttachmentLike, attachment_faults
from gateway.services.office import Office
from gateway.services.ports import Transaction


@dataclass(frozen=True, slots=True)
class EventDraft:
    """What was understood of an event to be posted: None for what was not, or was not sent."""

    action: ActionType | None
    message: str | None
    new_status: str | None
    attachments: Sequence[AttachmentLike] | None


def event_faults(tx: Transaction, office: Office, caller: Caller, case: Case, draft: EventDraft) -> list[str]:
    """What speaks against the event on that case."""
    process = process_of(tx, case.process)
    recipient = is_recipient(caller, case)
    faults = attachment_faults(office, process, draft.attachments or (), recipient=recipient)
    if draft.attachments is not None and draft.action is not None:
        deposit = draft.action is ActionType.ATTACH_DEPOSIT
        if deposit and not draft.attachments:
            faults.append("attachments: an ATTACH_DEPOSIT event needs at least one attachment")
        if not deposit and draft.attachments:
            faults.append(f"attachments: an event of type {draft.action} has no attachments; use ATTACH_DEPOSIT")
    if recipient and draft.message and not process.message_to_transmitter:
        faults.append(f"message: process {process.code} takes no messages to the transmitter")
    if draft.new_status is not None:
        try:
            known_status("caseNewStatus", draft.new_status)
        except InvalidRequestError as fault:
            faults.append(fault.message)
    return faults
