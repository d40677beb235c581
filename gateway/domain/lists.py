"""What is asked of the lists of the referential, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar

from gateway.domain.identity import OrganizationId

T = TypeVar("T")

SUBSCRIPTION_ORDERS: Final = (
    "id",
    "datapass_id",
    "si_type",
    "si_company_register",
    "si_branch_code",
    "notification_frequency",
    "access_mode",
    "delegation_actor",
    "email",
    "local_admin",
    "rejection_reason",
    "status",
    "activate_date_time",
    "validate_date_time",
    "reject_date_time",
    "end_date_time",
    "update_date_time",
    "process_code",
)
"""What subscriptions can be ordered by (hub v1, Referential)."""
ORGANIZATION_ORDERS: Final = (
    "type",
    "company_register",
    "branch_code",
    "name",
    "code",
    "country",
    "postal_code",
    "territory",
    "email",
    "phone_number",
    "status",
    "create_date_time",
    "update_date_time",
)
PROCESS_ORDERS: Final = ("code", "name", "osl", "is_activated", "create_date_time", "update_date_time")


@dataclass(frozen=True, slots=True)
class Page:
    """At most `most` rows behind the first `offset`, ordered by a field; None: by the list's own order."""

    offset: int = 0
    most: int = 25
    order: str | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Paged(Generic[T]):
    """One page; `total` is the number of rows on all pages together."""

    items: tuple[T, ...]
    offset: int
    total: int


@dataclass(frozen=True, slots=True)
class SubscriptionFilter:
    """Which subscriptions; `status` as it is shown. `osl`: those to its processes, and to processes without owner."""

    processes: tuple[str, ...] = ()
    status: str | None = None
    company_register: str | None = None
    delegation_actor_email: str | None = None
    osl: str | None = None
    process: str | None = None


@dataclass(frozen=True, slots=True)
class OrganizationFilter:
    """Which organizations; `only` is the name of the one that may be seen."""

    type: str | None = None
    company_register: str | None = None
    only: str | None = None


@dataclass(frozen=True, slots=True)
class ProcessFilter:
    """Which processes: of an owner; seen by an owner, who sees those without one too; subscribed to; of a code."""

    osl: str | None = None
    seen_by: str | None = None
    subscriber: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class CapabilityFilter:
    """Which capabilities; `osl` and `process` are what the caller is narrowed to."""

    processes: tuple[str, ...] = ()
    company_register: str | None = None
    branch_code: str | None = None
    postal_code: str | None = None
    osl: str | None = None
    process: str | None = None


@dataclass(frozen=True, slots=True)
class Capability:
    """That an organization takes dossiers of a process now. Ordered by process and organization."""

    process: str
    organization: OrganizationId
    name: str
    postal_code: str | None
    territory: str | None
    activate_at: datetime | None
    end_at: datetime | None
