"""The JSON bodies of requests: types, lengths and required fields as the interface file gives them (hub v1).

Strings are strings and numbers numbers; unknown and readOnly fields are ignored. Beyond the hub, characters that no
XML file can hold are refused, since every dossier may have to be written as one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from gateway.api import faults
from gateway.domain.dossiers import ActionType
from gateway.domain.errors import InvalidRequestError

_NOT_IN_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NOT_IN_A_LINE: Final = re.compile("[\x00-\x1f\x7f\ufffe\uffff]")


def _text(value: str) -> str:
    if _NOT_IN_TEXT.search(value):
        raise PydanticCustomError("control_character", "String holds a control character")
    return value


def _line(value: str) -> str:
    if _NOT_IN_A_LINE.search(value):
        raise PydanticCustomError("control_character", "String holds a control character or a line break")
    return value


def _utc(value: datetime) -> datetime:
    try:
        moment = value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("date_range", "String is a date-time out of range") from None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def line(longest: int, shortest: int = 0) -> StringConstraints:
    """Constraints of a string without line breaks, lengths in characters."""
    return StringConstraints(min_length=shortest, max_length=longest)


Line255 = Annotated[str, line(255), AfterValidator(_line)]
Line40 = Annotated[str, line(40), AfterValidator(_line)]
Line20 = Annotated[str, line(20), AfterValidator(_line)]
Line10 = Annotated[str, line(10), AfterValidator(_line)]
Name255 = Annotated[str, line(255, 1), AfterValidator(_line)]
Name100 = Annotated[str, line(100, 1), AfterValidator(_line)]
Name30 = Annotated[str, line(30, 1), AfterValidator(_line)]
Status50 = Annotated[str, line(50, 1), AfterValidator(_line)]
Status15 = Annotated[str, line(15), AfterValidator(_line)]
Text1000 = Annotated[str, line(1000), AfterValidator(_text)]
Text1024 = Annotated[str, line(1024), AfterValidator(_text)]
Size = Annotated[int, Field(ge=1)]
Moment = Annotated[AwareDatetime, AfterValidator(_utc)]


class Body(BaseModel):
    """What every body has in common."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, alias_generator=to_camel)


class OrganizationBody(Body):
    """An organization, by its identifier."""

    type: Annotated[str, line(20, 1), AfterValidator(_line)]
    company_register: Annotated[str, StringConstraints(pattern=r"^[0-9]{14}$")]
    branch_code: Annotated[str, line(10, 1), AfterValidator(_line)]


class ApplicantBody(Body):
    """The citizen."""

    first_name: Line255
    last_name: Line255
    email: Annotated[str, line(320), AfterValidator(_line), Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None


class CaseBody(Body):
    """A case of a new folder."""

    external_id: Name100
    recipient: OrganizationBody
    partner_attributes: Text1024 | None = None


class AttachmentBody(Body):
    """The metadata of a file that an event carries; `size` in bytes."""

    file_name: Name255
    type: Name100
    size: Size
    mime_type: Name255


class FolderAttachmentBody(AttachmentBody):
    """The metadata of a file of a folder, with the external ids of the cases that see it."""

    recipients: Annotated[list[Name100], Field(min_length=1)]


class FolderBody(Body):
    """A folder to be created."""

    process_code: Name30
    external_id: Name30
    applicant: ApplicantBody
    cases: Annotated[list[CaseBody], Field(min_length=1)]
    attachments: Annotated[list[FolderAttachmentBody], Field(min_length=1)]
    close_date_time: Moment | None = None


class FolderChange(Body):
    """What a folder is to become."""

    global_status: Status50
    close_date_time: Moment | None = None


class CaseChange(Body):
    """What a case is to become."""

    status: Status50


class EventChange(Body):
    """What an event is to become."""

    status: Annotated[str, line(12, 1), AfterValidator(_line)]


class EventBody(Body):
    """An event to be created."""

    action_type: ActionType
    author: Line255 | None = None
    message: Text1000 | None = None
    comment: Text1000 | None = None
    notification: bool | None = None
    case_current_status: Status15 | None = None
    case_new_status: Status15 | None = None
    partner_attributes: Text1024 | None = None
    attachments: list[AttachmentBody] | None = None


B = TypeVar("B", bound=BaseModel)


def parse(model: type[B], raw: bytes) -> B:
    """The body as `model`. Raises InvalidRequestError that lists every fault."""
    body, found = understood(model, raw)
    if body is None:
        raise InvalidRequestError(*found)
    return body


def understood(model: type[B], raw: bytes) -> tuple[B | None, tuple[str, ...]]:
    """The body as `model`, or None and every fault of it."""
    try:
        return model.model_validate_json(raw), ()
    except ValidationError as error:
        return None, faults.sentences(error.errors(include_url=False))
