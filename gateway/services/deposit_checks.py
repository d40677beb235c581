"""What speaks against a folder or files, every fault of it, also where only a part of what was sent makes sense."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.domain.content import unmeasured
from gateway.domain.errors import ForbiddenError
from gateway.domain.identity import Caller, OrganizationId, Role
from gateway.domain.referential import Process
from gateway.services.access import out_of_process
from gateway.services.office import Office
from gateway.services.ports import Transaction


class CaseLike(Protocol):
    """A case to be created, as far as it is known."""

    @property
    def external_id(self) -> str | None: ...
    @property
    def recipient(self) -> OrganizationId | None: ...


class AttachmentLike(Protocol):
    """Metadata of a file, as far as they are known."""

    @property
    def type(self) -> str | None: ...
    @property
    def size(self) -> int | None: ...
    @property
    def mime_type(self) -> str | None: ...
    @property
    def recipients(self) -> tuple[str | None, ...] | None: ...


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """What was understood of a case: None for what was not."""

    external_id: str | None
    recipient: OrganizationId | None


@dataclass(frozen=True, slots=True)
class AttachmentDraft:
    """What was understood of a file's metadata: None for what was not."""

    type: str | None
    size: int | None
    mime_type: str | None
    recipients: tuple[str | None, ...] | None


@dataclass(frozen=True, slots=True)
class FolderDraft:
    """What was understood of a folder to be created: None for what was not."""

    process: str | None
    cases: Sequence[CaseLike] | None
    attachments: Sequence[AttachmentLike] | None


def folder_faults(tx: Transaction, office: Office, caller: Caller, draft: FolderDraft, now: datetime) -> list[str]:
    """What speaks against the folder. Raises ForbiddenError when the process is another operator's."""
    process = None if draft.process is None else tx.processes.get(draft.process)
    faults = []
    if process is None or not process.is_activated:
        process = None
        if draft.process is not None:
            faults.append(f"Process {draft.process} does not exist")
        if caller.role not in (Role.OSL, Role.ADMIN):
            raise ForbiddenError
    else:
        operator = caller.role is Role.OSL and process.osl in (None, caller.organization)
        if not (operator or caller.role is Role.ADMIN) or out_of_process(caller, process.code):
            raise ForbiddenError
    faults += _recipient_faults(tx, draft.cases or (), process, now)
    faults += _shape_faults(draft)
    faults += attachment_faults(office, process, draft.attachments or ())
    return faults


def attachment_faults(
    office: Office, process: Process | None, attachments: Sequence[AttachmentLike], *, recipient: bool = False
) -> list[str]:
    """What a process has against these attachments. For a depositor, a list that is empty allows anything that can be
    measured when it is unpacked; other archives have to be on it.

    Of a process that is not known, only the gateway's own limits are looked at.
    """
    faults = []
    most = office.policy.attachment_max_size
    if process is not None:
        most = min(process.attachment_max_size or most, most)
    for position, one in enumerate(attachments):
        where = f"attachments[{position}]"
        if process is not None:
            types = () if recipient else process.attachment_types
            formats = process.recipient_formats if recipient else process.attachment_formats
            if one.type is not None and types and one.type not in types:
                faults.append(f"{where}.type: {one.type} is not allowed by {process.code}")
            listed = recipient or bool(formats) or unmeasured(one.mime_type or "")
            if one.mime_type is not None and listed and one.mime_type not in formats:
                faults.append(f"{where}.mimeType: {one.mime_type} is not allowed by {process.code}")
        if one.size is not None and not 0 < one.size <= most:
            faults.append(f"{where}.size: must be between 1 and {most} bytes")
    return faults


def _recipient_faults(
    tx: Transaction, cases: Sequence[CaseLike], process: Process | None, now: datetime
) -> Iterator[str]:
    for recipient in (str(case.recipient) for case in cases if case.recipient is not None):
        if tx.organizations.get(recipient) is None:
            yield f"Case recipient {recipient} does not exist"
        elif process is not None:
            subscription = tx.subscriptions.find(recipient, process.code)
            if subscription is None or not subscription.active(now):
                # existing clients match this spelling
                yield f"Case recipient {recipient} does not suscribed to {process.code}"


def _shape_faults(draft: FolderDraft) -> Iterator[str]:
    """How cases and attachments belong together; silent about what an unreadable part may have been about."""
    cases, attachments = draft.cases, draft.attachments
    if cases is not None and not cases:
        yield "cases: a folder has at least one case"
    if attachments is not None and not attachments:
        yield "attachments: a folder has at least one attachment"
    names = [case.external_id for case in cases or ()]
    seen: set[str | None] = set()
    for position, attachment in enumerate(attachments or ()):
        seen |= {None} if attachment.recipients is None else set(attachment.recipients)
        if attachment.recipients == ():
            yield f"attachments[{position}].recipients: at least one case has to see the attachment"
        for name in attachment.recipients or ():
            if cases is not None and None not in names and name is not None and name not in names:
                yield f"attachments[{position}].recipients: no case of the folder has externalId {name}"
    for name in dict.fromkeys(names):
        if attachments is not None and None not in seen and name is not None and name not in seen:
            yield f"cases: no attachment is for the case {name}"
