"""What is declared before any dossier travels: organizations, processes, subscriptions, accounts and clients."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from gateway.domain.deliveries import Gesture
from gateway.domain.identity import Mode, OrganizationId, Right, Role, Transport
from gateway.domain.pushing import ACCOUNT_PREFIX, PushTarget
from gateway.domain.statuses import StatusRules


@dataclass(frozen=True, slots=True)
class Organization:
    """One organization of the exchange (hub v1, Referential)."""

    id: OrganizationId
    name: str
    code: str | None = None
    country: str | None = None
    postal_code: str | None = None
    territory: str | None = None
    email: str | None = None
    phone_number: str | None = None
    status: str = "Actif"
    created_at: datetime | None = field(default=None, compare=False)
    updated_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Process:
    """A démarche: what its folders may hold and how they live. Days and bytes where nothing else is said.

    `supporting_types` are the attachment types that legacy archives carry as supporting files rather than documents.
    `expire_after` is how long a delivery may stay unacknowledged; None: for ever.
    """

    code: str
    name: str
    osl: str | None = None
    description: str | None = None
    is_activated: bool = True
    attachment_types: tuple[str, ...] = ()
    attachment_formats: tuple[str, ...] = ()
    recipient_formats: tuple[str, ...] = ()
    attachment_max_size: int | None = None
    supporting_types: tuple[str, ...] = ()
    rules: StatusRules = field(default_factory=StatusRules)
    message_to_transmitter: bool = True
    message_with_status: bool = True
    status_before_file_deletion: str | None = None
    time_before_file_deletion: int | None = None
    time_before_archiving: int | None = None
    time_before_folder_deletion: int | None = None
    subscription_validation: str = "Auto"
    legal_justification: str | None = None
    expire_after: timedelta | None = None
    created_at: datetime | None = field(default=None, compare=False)
    updated_at: datetime | None = field(default=None, compare=False)


class SubscriptionStatus(StrEnum):
    """As the hub spells them (hub v1, Referential)."""

    ACTIVE = "Actif"
    INACTIVE = "Inactif"
    REFUSED = "Refusé"
    SUSPENDED = "Suspendu"


SERVED: Final = (SubscriptionStatus.ACTIVE, SubscriptionStatus.INACTIVE)
"""The statuses whose subscribers may still fetch what lies in their inbox."""


class Complement(StrEnum):
    """What a further archive holds: the whole dossier with what is new, or only what is new."""

    WHOLE = "whole"
    DELTA = "delta"


@dataclass(frozen=True, slots=True)
class Contact:
    """A person who answers for a subscription: its local administrator, or whom it delegated the technical side to."""

    email: str | None
    first_name: str | None = None
    last_name: str | None = None
    function: str | None = None
    phone_number: str | None = None
    mobile_number: str | None = None


_ZONE: Final = ZoneInfo("Europe/Paris")
_MIDNIGHT_ROUND: Final = timedelta(minutes=1)


def begun_before(now: datetime) -> datetime:
    """Activation dates before this moment have come by `now`.

    A subscription begins at 00:01, Europe/Paris, of the day of its activation date, whatever the hour it names (hub v1,
    Referential).
    """
    day = (now.astimezone(_ZONE) - _MIDNIGHT_ROUND).date() + timedelta(days=1)
    return datetime.combine(day, time.min, _ZONE)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A recipient's right to a process. `epoch` grows with every switch of `access_mode`.

    `rehearsal_id`: the dual run under way, in which the door of `rehearsal_mode` shows the inbox as if it were the
    owner; both None at other times.
    """

    id: str
    organization: str
    process: str
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE
    access_mode: Mode = Mode.API
    transport: Transport = Transport.PULL
    epoch: int = 1
    activate_at: datetime | None = None
    end_at: datetime | None = None
    template: str | None = None
    complement: Complement = Complement.WHOLE
    webhook: str | None = None
    email: str | None = None
    notification_frequency: str | None = None
    validate_at: datetime | None = None
    reject_at: datetime | None = None
    rejection_reason: str | None = None
    datapass_id: int | None = None
    local_administrator: Contact | None = None
    delegation_actor: Contact | None = None
    rehearsal_id: str | None = None
    rehearsal_mode: Mode | None = None
    push: PushTarget | None = None
    updated_at: datetime | None = field(default=None, compare=False)

    def active(self, now: datetime) -> bool:
        """Whether folders may be deposited for this subscriber now."""
        begun = self.activate_at is None or self.activate_at < begun_before(now)
        return self.status is SubscriptionStatus.ACTIVE and begun and not self.ended(now)

    def ended(self, now: datetime) -> bool:
        """Whether its end date has come."""
        return self.end_at is not None and self.end_at <= now

    def shown(self, now: datetime) -> SubscriptionStatus:
        """Its status as the world sees it: an active one is Inactif before its first day and after its end."""
        outside = self.status is SubscriptionStatus.ACTIVE and not self.active(now)
        return SubscriptionStatus.INACTIVE if outside else self.status

    def due(self, now: datetime) -> bool:
        """Whether it waits for nothing more to become active: validated, its day has come, its end has not."""
        validated = self.validate_at is not None and self.validate_at <= now
        begun = self.activate_at is not None and self.activate_at < begun_before(now)
        return self.status is SubscriptionStatus.INACTIVE and validated and begun and not self.ended(now)


@dataclass(frozen=True, slots=True)
class SftpAccount:
    """A login at the SFTP door; it may serve many subscriptions, and a subscription may have several accounts.

    `flat`: its one subscription shows as /in and /out instead of /<process>/in and /<process>/out. `version` grows
    with every change, so that a cached login of an older version is worth nothing. `imported_hash`: the SHA-256 of the
    hash that an older platform handed over, by which a second import of it is known. `public_keys` and `authorities`
    (whose certificates log in too) are lines as OpenSSH keeps them, options included; a password stops being taken at
    the end of the day `password_until`, old algorithms at the end of `legacy_algorithms_until`.
    """

    id: str
    organization: str
    username: str
    password_hash: str | None = None
    public_keys: tuple[str, ...] = ()
    flat: bool = False
    acknowledge_on: frozenset[Gesture] = frozenset({Gesture.RENAME, Gesture.DELETE, Gesture.ANSWER})
    allow_unread: bool = False
    networks: tuple[str, ...] = ()
    legacy_algorithms_until: date | None = None
    authorities: tuple[str, ...] = ()
    password_until: date | None = None
    imported_hash: str | None = None
    enabled: bool = True
    version: int = 1
    processes: tuple[str, ...] = ()

    @property
    def pushed(self) -> bool:
        """Whether it stands for a subscriber's own server, to which the gateway goes; nobody logs in by it."""
        return self.username.startswith(ACCOUNT_PREFIX)


@dataclass(frozen=True, slots=True)
class ApiClient:
    """A credential of the API: what it may do, for which organization and, where given, which process only."""

    client_id: str
    organization: str
    role: Role
    process: str | None = None
    secret_hashes: tuple[str, ...] = ()
    enabled: bool = True
    rights: frozenset[Right] = frozenset()
