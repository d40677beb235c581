"""The shape of an onboarding file: one model per kind of row, spelt as the file spells them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic.alias_generators import to_camel

from gateway.api.referential_bodies import EMAIL
from gateway.config import ProcessDefaults
from gateway.domain.deliveries import Gesture
from gateway.domain.identity import Mode, OrganizationId, Right, Role, Transport
from gateway.domain.pushing import PushTarget
from gateway.domain.referential import Complement, SubscriptionStatus


def _organization(text: str) -> str:
    OrganizationId.parse(text)
    return text


def _secret(value: SecretStr) -> SecretStr:
    if not 1 <= len(value.get_secret_value()) <= 1024:
        raise ValueError("must have 1 to 1024 characters; leave it out to have one generated")
    return value


def _aware(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ValueError("needs an offset, for example 2027-01-04T00:01:00+01:00")
    return value


OrganizationName = Annotated[str, AfterValidator(_organization)]
Code = Annotated[str, Field(pattern=r"^[^\s/\\]+$", max_length=30)]
Text = Annotated[str, Field(min_length=1, max_length=255)]
Login = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.@+-]*$", max_length=64)]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9]{10,20}$")]
Secret = Annotated[SecretStr, AfterValidator(_secret)]
Moment = Annotated[datetime, AfterValidator(_aware)]


class Row(BaseModel):
    """A row: unknown keys are refused, values are not converted."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", hide_input_in_errors=True, validate_by_name=True
    )


class CamelRow(Row):
    """A row that has the hub's spelling."""

    model_config = ConfigDict(alias_generator=to_camel)


class OrganizationRow(CamelRow):
    """One organization (hub v1, Referential)."""

    type: Literal["OSL", "SI", "ADMIN"]
    company_register: str = Field(pattern=r"^[0-9]{14}$")
    branch_code: str = Field(pattern=r"^[0-9A-Za-z]{1,10}$")
    name: Text = ""
    code: Text | None = None
    country: Text | None = None
    postal_code: Text | None = None
    territory: Text | None = None
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=320)] | None = None
    phone_number: Text | None = None
    status: Literal["Actif", "Inactif"] = "Actif"


class ProcessRow(ProcessDefaults):
    """One process; what is left out is taken from what is known beforehand."""

    name: Text = ""
    osl: OrganizationName | None = None
    is_activated: bool = True


class PushRow(CamelRow):
    """A subscriber's own SFTP server."""

    host: Text
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    username: Text
    host_key: str | tuple[str, ...] = Field(validation_alias=AliasChoices("hostKey", "host_key"))
    directory: Text = Field(default=".", validation_alias=AliasChoices("directory", "path"))
    answers: Text | None = None
    password: Secret | None = None
    key: Annotated[SecretStr, Field(max_length=16_384)] | None = None
    acknowledge_on: tuple[Gesture, ...] = Field(
        default=(Gesture.READ, Gesture.ANSWER), validation_alias=AliasChoices("acknowledgeOn", "acknowledge_on")
    )

    def target(self) -> PushTarget:
        """The record, its secrets not sealed yet."""
        return PushTarget(
            host=self.host,
            username=self.username,
            host_keys=(self.host_key,) if isinstance(self.host_key, str) else self.host_key,
            port=self.port,
            directory=self.directory,
            answers=self.answers,
            password=self.password.get_secret_value() if self.password else None,
            key=self.key.get_secret_value() if self.key else None,
            acknowledge_on=frozenset(self.acknowledge_on),
        )


class PersonRow(CamelRow):
    """Who answers for a subscription."""

    email: Annotated[str, Field(pattern=EMAIL, max_length=320)]
    first_name: Text | None = None
    last_name: Text | None = None
    function: Text | None = None
    phone_number: Phone | None = None
    mobile_number: Phone | None = None


class SubscriptionRow(CamelRow):
    """One subscription."""

    subscriber: OrganizationName
    process: Code
    access_mode: Mode = Mode.API
    transport: Transport = Transport.PULL
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE
    activate_date_time: Moment | None = None
    end_date_time: Moment | None = None
    template: Text | None = None
    complement: Complement = Complement.WHOLE
    webhook: Annotated[str, Field(max_length=2000)] | None = None
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=320)] | None = None
    notification_frequency: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    datapass_id: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None
    local_administrator: PersonRow | None = None
    push: PushRow | None = None


class ApiCredential(Row):
    """A client of the API."""

    organization: OrganizationName
    role: Role
    client_id: Login
    client_secret: Secret | None = None
    process: Code | None = None
    rights: tuple[Right, ...] = ()
    enabled: bool = True


class ServedRow(Row):
    """A subscription that an SFTP account serves."""

    subscriber: OrganizationName
    process: Code


class SftpCredential(Row):
    """An SFTP account."""

    organization: OrganizationName
    username: Login
    password: Secret | None = None
    password_hash: SecretStr | None = Field(default=None, alias="passwordHash")
    password_until: date | None = None
    public_keys: tuple[Annotated[str, Field(max_length=16_384)], ...] = ()
    authorities: tuple[Annotated[str, Field(max_length=16_384)], ...] = ()
    processes: tuple[Code, ...] | None = None
    subscriptions: tuple[ServedRow, ...] | None = None
    flat: bool = False
    acknowledge_on: tuple[Gesture, ...] = (Gesture.RENAME, Gesture.DELETE, Gesture.ANSWER)
    allow_unread: bool = False
    networks: tuple[str, ...] = ()
    legacy_algorithms_until: date | None = None
    enabled: bool = True

    @model_validator(mode="after")
    def _one_list(self) -> SftpCredential:
        if self.processes is not None and self.subscriptions is not None:
            raise ValueError("give either processes (of its own organization) or subscriptions, not both")
        if self.password is not None and self.password_hash is not None:
            raise ValueError("give either password or passwordHash, not both")
        return self


class CredentialRow(Row):
    """One credential: `api:` or `sftp:`."""

    api: ApiCredential | None = None
    sftp: SftpCredential | None = None

    @model_validator(mode="after")
    def _one(self) -> CredentialRow:
        if (self.api is None) == (self.sftp is None):
            raise ValueError("must be either `api: {…}` or `sftp: {…}`")
        return self


class OnboardingFile(Row):
    """The document."""

    organizations: tuple[OrganizationRow, ...] = ()
    processes: tuple[ProcessRow, ...] = ()
    subscriptions: tuple[SubscriptionRow, ...] = ()
    credentials: tuple[CredentialRow, ...] = ()


def given(row: BaseModel, names: Mapping[str, str], *without: str) -> frozenset[str]:
    """The fields that a row of the file gives, by the names that the records have for them."""
    return frozenset(names.get(name, name) for name in row.model_fields_set if name not in without)
