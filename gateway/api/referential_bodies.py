"""The JSON bodies of the referential: types, lengths, patterns and nullability as the interface file gives them.

A body that changes something changes what it names: `given` says which fields those are.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from gateway.api.bodies import (
    Body,
    Line10,
    Line20,
    Line40,
    Line255,
    Moment,
    Name30,
    Name255,
    OrganizationBody,
    Status50,
    Text1000,
)
from gateway.domain.identity import Mode, Transport
from gateway.domain.referential import SubscriptionStatus

EMAIL: Final = r"^[a-zA-Z0-9._-]+@[a-zA-Z0-9._-]{2,}\.[a-z]{2,4}$"
"""The interface file's pattern of a person's address."""
_LONGEST_WAIT: Final = 36_500  # days

Email = Annotated[str, StringConstraints(max_length=320, pattern=EMAIL)]
AnyEmail = Annotated[str, StringConstraints(max_length=320, pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$")]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[0-9]{10,20}$|^[0-9]{10,20}$")]
Int64 = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
Days = Annotated[int, Field(ge=0, le=_LONGEST_WAIT)]
Bytes = Annotated[int, Field(ge=1, le=2**53)]
ProcessCode = Annotated[Name30, Field(pattern=r"^[^\s/\\]+$")]
OrganizationName = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,5}-[0-9]{14}-[0-9A-Za-z]{1,10}$")]


class DelegationActorChange(Body):
    """The technical delegate of a subscription."""

    email: Email | None
    first_name: Line255 = ""
    last_name: Line255 = ""
    function: Line255 | None = None
    phone_number: Phone | None = None
    mobile_number: Phone | None = None


class ContactBody(DelegationActorChange):
    """A local administrator, or the technical delegate of a new subscription: its address is a must."""

    email: Email


class SubscriptionBody(Body):
    """A subscription to be changed. `transport` is the gateway's own, for access mode SFTP."""

    datapass_id: Int64
    process_code: Name30
    subscriber: OrganizationBody
    access_mode: Mode | None = None
    transport: Transport | None = None
    notification_frequency: Line20
    activate_date_time: Moment | None = None
    validate_date_time: Moment | None = None
    reject_date_time: Moment | None = None
    end_date_time: Moment | None = None
    delegation_actor: DelegationActorChange | None = None
    rejection_reason: Text1000 | None = None
    status: SubscriptionStatus | None = None
    email: AnyEmail | None = None
    local_administrator: ContactBody


class NewSubscriptionBody(SubscriptionBody):
    """A subscription to be created."""

    delegation_actor: ContactBody | None = None


class OrganizationWhole(Body):
    """An organization to be created or changed; its name is made of the first three fields."""

    type: Literal["OSL", "SI", "ADMIN"]
    company_register: Annotated[str, StringConstraints(pattern=r"^[0-9]{14}$")]
    branch_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,10}$")]
    name: Name255
    code: Line255 | None = None
    country: Line255 | None = None
    postal_code: Line10 | None = None
    territory: Line255 | None = None
    email: AnyEmail | None = None
    phone_number: Line40 | None = None
    status: Annotated[Line20, Field(min_length=1)] | None = None


class ProcessBody(Body):
    """A process to be created or changed. Sizes in bytes, times in days."""

    code: ProcessCode
    name: Name255
    description: Text1000 | None = None
    is_activated: bool | None = None
    osl: OrganizationBody | OrganizationName | None = None
    attachment_formats_enabled: list[Name255] | None = None
    si_attachment_formats_enabled: list[Name255] | None = None
    attachment_types_enabled: list[Name255] | None = None
    attachment_max_size_enabled: Bytes | None = None
    status_before_file_deletion: Status50 | None = None
    time_before_file_deletion: Days | None = None
    time_before_archiving: Days | None = None
    time_before_folder_deletion: Days | None = None
    message_to_transmitter: bool | None = None
    message_with_status: bool | None = None
    authorized_awaiting: bool | None = None
    subscription_validation: Literal["Auto", "Manual"] | None = None
    legal_justification: Text1000 | None = None


def given(body: Body, names: Mapping[str, str], never_null: Container[str] = ()) -> dict[str, Any]:
    """The values that a body names, lists as tuples, under what `names` calls them; fields not in `names` stay out.

    Null in a field of `never_null` says nothing: the field counts as left out.
    """
    values = {
        names[name]: getattr(body, name)
        for name in body.model_fields_set
        if name in names and not (name in never_null and getattr(body, name) is None)
    }
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
