"""What can be understood of a body that is wrong somewhere, so that all that speaks against it is said at once."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from gateway.api import bodies
from gateway.domain.dossiers import ActionType
from gateway.domain.identity import OrganizationId
from gateway.services.deposit_checks import AttachmentDraft, CaseDraft, FolderDraft
from gateway.services.event_checks import EventDraft

T = TypeVar("T")
_NAME30: Final[TypeAdapter[str]] = TypeAdapter(bodies.Name30)
_NAME100: Final[TypeAdapter[str]] = TypeAdapter(bodies.Name100)
_NAME255: Final[TypeAdapter[str]] = TypeAdapter(bodies.Name255)
_MESSAGE: Final[TypeAdapter[str]] = TypeAdapter(bodies.Text1000)
_STATUS: Final[TypeAdapter[str]] = TypeAdapter(bodies.Status15)
_SIZE: Final[TypeAdapter[int]] = TypeAdapter(bodies.Size)
_ORGANIZATION: Final = TypeAdapter(bodies.OrganizationBody)


def folder(raw: bytes) -> FolderDraft:
    """A folder to be created."""
    body = _object(_json(raw))
    cases, attachments = _list(body.get("cases")), _list(body.get("attachments"))
    return FolderDraft(
        _part(_NAME30, body.get("processCode")),
        None if cases is None else tuple(_case(_object(each)) for each in cases),
        None if attachments is None else tuple(_attachment(_object(each)) for each in attachments),
    )


def event(raw: bytes) -> EventDraft:
    """An event to be posted."""
    body = _object(_json(raw))
    action, attachments = body.get("actionType"), body.get("attachments", [])
    files = attachments if isinstance(attachments, list) else None
    return EventDraft(
        ActionType(action) if isinstance(action, str) and action in ActionType.__members__ else None,
        _part(_MESSAGE, body.get("message")),
        _part(_STATUS, body.get("caseNewStatus")),
        None if files is None else tuple(_attachment(_object(each)) for each in files),
    )


def _case(body: dict[str, Any]) -> CaseDraft:
    found = _part(_ORGANIZATION, body.get("recipient"))
    recipient = None if found is None else OrganizationId(found.type, found.company_register, found.branch_code)
    return CaseDraft(_part(_NAME100, body.get("externalId")), recipient)


def _attachment(body: dict[str, Any]) -> AttachmentDraft:
    names = _list(body.get("recipients"))
    return AttachmentDraft(
        type=_part(_NAME100, body.get("type")),
        size=_part(_SIZE, body.get("size")),
        mime_type=_part(_NAME255, body.get("mimeType")),
        recipients=None if names is None else tuple(_part(_NAME100, name) for name in names),
    )


def _part(kind: TypeAdapter[T], value: object) -> T | None:
    try:
        return kind.validate_python(value, strict=True)
    except ValidationError:
        return None


def _json(raw: bytes) -> object:
    try:
        return from_json(raw)
    except ValueError:
        return None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any] | None:
    """A list with something in it; the body's own check says what is wrong with any other."""
    return value if isinstance(value, list) and value else None
