"""The frozen bundle of ports and figures that every verb is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.domain.alerts import AlertChannel
from gateway.domain.identity import Caller, Door, Role
from gateway.domain.penalties import PenaltyRules
from gateway.domain.retry import RetryPolicy
from gateway.domain.statuses import Status
from gateway.pec.returns import Limits, etat_table
from gateway.pec.zip_bounds import Bounds
from gateway.services.logins import VerifiedLogins
from gateway.services.ports import Blobs, Clock, Meter, Secrets, Signer, Store
from gateway.services.ports.scanning import Scanner
from gateway.services.signals import Signals

PARIS: Final = ZoneInfo("Europe/Paris")


def _codes() -> Mapping[int, Status]:
    return {code: Status(status) for code, status in etat_table.items()}


@dataclass(frozen=True, slots=True)
class Policy:
    """What the configuration decides for verbs. Sizes in bytes.

    `expire_after`: for processes that do not say. `grace`: how long an answer that was taken in, or an archive accepted
    by reading, stays where it was. `partial_after`: when an incomplete answer is given up. `retention`: how long doors
    keep what is closed. `penalties`: how long who fails to log in waits. `upload_lifetime`: how long an upload may rest
    before it is given up. `accept_unscanned`, `accept_too_large`: whether bytes pass when the antivirus is away, or are
    too large for it. `two_people`: whether a move is approved by another than who planned it.
    `alert_channels`: how the people who run the gateway are told of trouble; `alert_again`: how long they are not told
    the same again.
    """

    token_lifetime: timedelta = timedelta(hours=1)
    attachment_max_size: int = 2**30
    answer_max_size: int = 2**30
    answer_limits: Limits = field(default_factory=Limits)
    answer_codes: Mapping[int, Status] = field(default_factory=_codes)
    expire_after: timedelta | None = timedelta(days=60)
    grace: timedelta = timedelta(minutes=10)
    partial_after: timedelta = timedelta(hours=1)
    retention: timedelta = timedelta(days=30)
    upload_lifetime: timedelta = timedelta(days=1)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    outgoing_timeout: timedelta = timedelta(seconds=10)
    outgoing_batch: int = 20
    zone: ZoneInfo = PARIS
    zip_bounds: Bounds = field(default_factory=Bounds)
    penalties: PenaltyRules = field(default_factory=PenaltyRules)
    accept_unscanned: bool = False
    accept_too_large: bool = False
    alert_channels: tuple[AlertChannel, ...] = ()
    alert_again: timedelta = timedelta(hours=1)
    two_people: bool = False


@dataclass(frozen=True, slots=True)
class Office:
    """What a verb works with. `gateway` is the gateway's own organization, the author of what it does itself.

    Frozen, but for the one way in which a changed configuration comes in: `adopt`.
    """

    store: Store
    blobs: Blobs
    clock: Clock
    secrets: Secrets
    meter: Meter
    gateway: str
    policy: Policy = field(default_factory=Policy)
    logins: VerifiedLogins = field(default_factory=VerifiedLogins)
    signals: Signals = field(default_factory=Signals)
    scanner: Scanner | None = None
    signer: Signer | None = None

    def adopt(self, policy: Policy, scanner: Scanner | None) -> None:
        """Gives verbs that begin from now on another policy and antivirus; what runs may see either."""
        object.__setattr__(self, "policy", policy)
        object.__setattr__(self, "scanner", scanner)


def gateway_caller(office: Office, actor: str) -> Caller:
    """The gateway itself, or an operator at its command line; `actor` says which job or command."""
    return Caller(office.gateway, Role.ADMIN, Door.GATEWAY, actor)
