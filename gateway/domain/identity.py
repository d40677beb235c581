"""Who is who: organizations, roles, doors and callers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a credential may do; the scopes of the hub's tokens (hub v1, Token)."""

    OSL = "OSL"
    SI = "SI"
    ADMIN = "ADMIN"
    DATAPASS = "DATAPASS"


class Right(StrEnum):
    """Which steps of a planned move a credential may take; separate, so that two people can be asked for."""

    PLAN = "plan"
    APPROVE = "approve"
    APPLY = "apply"


class Mode(StrEnum):
    """Access mode: the door that owns a subscription."""

    SFTP = "SFTP"
    API = "API"
    PORTAIL = "PORTAIL"


class Transport(StrEnum):
    """How archives travel in mode SFTP: the subscriber pulls, or the gateway pushes to the subscriber's server."""

    PULL = "pull"
    PUSH = "push"


class Door(StrEnum):
    """Where a gesture came in. GATEWAY is the gateway itself: its scheduler and its operators' commands."""

    SFTP = "SFTP"
    PUSH = "PUSH"
    API = "API"
    PORTAL = "PORTAL"
    GATEWAY = "GATEWAY"

    @property
    def mode(self) -> Mode | None:
        """The access mode whose subscriptions this door owns."""
        return _MODES.get(self)


_MODES = {Door.SFTP: Mode.SFTP, Door.PUSH: Mode.SFTP, Door.API: Mode.API, Door.PORTAL: Mode.PORTAIL}

_IDENTIFIER = re.compile(r"(OSL|SI|ADMIN)-([0-9]{14})-([0-9A-Za-z]{1,10})\Z")


@dataclass(frozen=True, slots=True)
class OrganizationId:
    """An organization's name: type, SIRET and branch (routing) code, spelt `TYPE-siret-branch`."""

    type: str
    company_register: str
    branch_code: str

    def __str__(self) -> str:
        return f"{self.type}-{self.company_register}-{self.branch_code}"

    @classmethod
    def parse(cls, text: str) -> OrganizationId:
        """Raises ValueError, saying what the name must look like."""
        found = _IDENTIFIER.match(text)
        if found is None:
            raise ValueError("an organization is named TYPE-siret-branch, for example SI-21350238800019-35238")
        return cls(*found.groups())


@dataclass(frozen=True, slots=True)
class Partner:
    """The client software, as it names itself in its headers (hub v1, partner information)."""

    editor_name: str | None = None
    application_name: str | None = None
    software_version: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a verb runs. Every verb takes one, and every query is scoped by it.

    `actor` is the credential (client id, account name, command) and is what the journal shows. `process` narrows
    the caller to one process. `account` is the SFTP account, for the gestures that are counted per account. `rights`
    are the steps of moves that it may take. `lent`: the role is not its credential's own.
    """

    organization: str
    role: Role
    door: Door
    actor: str
    process: str | None = None
    account: str | None = None
    partner: Partner | None = None
    rights: frozenset[Right] = frozenset()
    lent: bool = False

    @property
    def reader(self) -> str:
        """Whose reading is counted: the SFTP account, or else the credential."""
        return self.account or self.actor
